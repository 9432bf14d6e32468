"""Makes the warnings of pydantic's serializers errors, at no cost.

pydantic writes a value that isn't of its declared type all the same, with a warning;
`warnings="error"` makes it an error. But pydantic-core first tries to read that word as a boolean,
and the exception of this attempt takes three times as long as writing a small record. So the
keyword is left out, and the warning itself is made to raise: the interpreter looks up the
``__warningregistry__`` of the running function, and raises `TypeError` if that is no dictionary,
before it applies filters or prints anything.

A function with such a registry must catch `TypeError`, and then do the work again with
`warnings="error"`, which names the wrong value.
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
    """Return a copy of a function in which warnings, also those of the C functions that it calls,
    are raised as `TypeError`.

    Its globals are a copy as well. So other functions aren't affected, and code that resets the
    registries of all modules, as unittest does, doesn't find this one. Names that the module
    defines further down are missing in the copy.
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
    """Whether this interpreter raises as described above."""
    serializer = SchemaSerializer(core_schema.str_schema())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            serializer.to_json(0)
        except TypeError:
            return True
    return False


WORKS: Final = _is_raised()
"""Whether `raises_warnings` works; if not, `warnings="error"` is passed."""
