"""What a hook of the application answers, be it a function or a coroutine function."""

from __future__ import annotations

import inspect


async def text_of(answer: object) -> str | None:
    """Return what a hook has answered, which is awaited where that is needed.

    Raises:
        TypeError: the answer is neither a text nor `None`.
    """
    if inspect.isawaitable(answer):
        answer = await answer
    if answer is None or isinstance(answer, str):
        return answer
    raise TypeError(f"it must return a text or None, but has returned {type(answer).__name__}")
