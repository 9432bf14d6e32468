"""What pydantic's serializers warn of, as an error and at no cost.

A value that isn't of its declared type is written all the same, with a warning; `warnings="error"`
makes an error of that. But pydantic-core tries to take the word for a boolean first, and the
exception of that attempt takes three times as long as writing a small record. So we leave the
keyword out and have the warning fail: the interpreter looks for the ``__warningregistry__`` of the
function that is running, and raises `TypeError` where it is no dictionary, before any filter is
asked and before anything is printed.

Whoever runs with such a registry must be prepared for the `TypeError` of any warning that is meant
for it, and do the work again with `warnings="error"` then, which says what was wrong.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, TypeVar

from pydantic_core import SchemaSerializer, core_schema

F = TypeVar("F", bound=Callable[..., Any])

_NO_REGISTRY: Final = 0


def raises_warnings(function: F) -> F:
    """Return a copy of a function whose own warnings, those of the C functions that it calls
    included, are raised as `TypeError`.

    Its globals are a copy too: so no other function is concerned, nobody who resets the registries
    of all modules (unittest does) finds this one, and what the module defines further down isn't
    there.
    """
    names = {**function.__globals__, "__warningregistry__": _NO_REGISTRY}
    copy: Any = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__ = function.__qualname__
    copy.__doc__ = function.__doc__
    copy.__annotations__ = function.__annotations__
    return copy  # type: ignore[no-any-return]


@raises_warnings
def _is_raised() -> bool:
    """Tell whether this interpreter does what is said above."""
    serializer = SchemaSerializer(core_schema.str_schema())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            serializer.to_json(0)
        except TypeError:
            return True
    return False


WORKS: Final = _is_raised()
"""Whether `raises_warnings` does: elsewhere `warnings="error"` has to be passed."""
