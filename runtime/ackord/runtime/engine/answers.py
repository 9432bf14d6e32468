"""Answers of the application's hooks, which are functions or coroutine functions."""

from __future__ import annotations

import inspect


async def text_of(answer: object) -> str | None:
    """Return the answer of a hook; await it if the hook is a coroutine function.

    Raises:
        TypeError: the answer is neither a string nor `None`.
    """
    if inspect.isawaitable(answer):
        answer = await answer
    if answer is None or isinstance(answer, str):
        return answer
    raise TypeError(f"it must return a text or None, but has returned {type(answer).__name__}")
