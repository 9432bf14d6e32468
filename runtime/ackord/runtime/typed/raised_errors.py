"""Errors of the contract that the application raises, instead of returning them."""

from __future__ import annotations

from typing import Any, Final

from ackord.runtime.typed.model import DeclaredError, Error

_NO_EXCEPTION: Final = "exceptions must derive from BaseException"
"""Python's text of the `TypeError` for whatever else stands after `raise`."""


def declared_error(
    raised: BaseException, declared: tuple[type[Error], ...], *, owner: str, key: str
) -> Any:
    """Return the error of the contract that `raised` stands for (`Error.exception`): it is an
    answer as well. Raise any other exception again; if it was meant to be an error of the contract,
    a note says how to write that.

    `owner` is what declares the errors, under `key` in the contract.
    """
    if isinstance(raised, DeclaredError):
        if isinstance(raised.error, declared):
            return raised.error
        name = type(raised.error).__name__
        raised.add_note(
            f"{owner} doesn't declare {name}, so the client gets the error 'internal': add {name} "
            f"to its `{key}` in the contract, or catch it"
        )
    elif isinstance(raised, TypeError) and str(raised) == _NO_EXCEPTION:
        name = declared[0].__name__ if declared else "SomeError"
        raised.add_note(
            "An error of the contract is no exception: return it, or raise what its method "
            f"`exception` makes: raise {name}(...).exception()"
        )
    raise raised
