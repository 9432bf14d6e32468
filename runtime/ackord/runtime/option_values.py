"""Checks of options where they are given: an unknown option, or a value of another type, raises
`UsageError`.

The annotation of an option decides which values are valid, so each option is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from math import isnan
from re import Pattern
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from ackord.runtime.errors import UsageError
from typing_extensions import get_protocol_members, is_protocol

_WORDS: Final[Mapping[Any, str]] = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    bytes: "bytes",
    NoneType: "None",
    Pattern: "a compiled pattern",
}
_NUMBERS: Final[Mapping[Any, Any]] = {int: int, float: int | float}
_SHOWN: Final = (bool, int, float, str, NoneType)
_MAX_SHOWN: Final = 50


def check_names(given: Collection[str], known: Collection[str], owner: str) -> None:
    """Check that all given options exist.

    Raises:
        UsageError: `owner` has no such option; the nearest one is named.
    """
    for name in given:
        if name not in known:
            near = get_close_matches(_as_python(name), known, n=1)
            raise UsageError(
                f"{owner} has no option {name!r}{f'; did you mean {near[0]!r}?' if near else ''}"
            )


def check_values(values: Mapping[str, Any], where: Any, *, signed: Collection[str] = ()) -> None:
    """Check values against the annotations of `where`, and that numbers aren't negative, unless the
    option is in `signed`.

    `where` is a class or a function that has the options as fields or parameters.

    Raises:
        UsageError: a value is wrong; the message has the option, what it takes, and what was given.
    """
    annotations = _annotations(where)
    for name, value in values.items():
        expected = annotations[name]
        if not _fits(value, expected):
            raise UsageError(f"{name} must be {_describe(expected)}, not {_show(value)}")
        if name not in signed and isinstance(value, int | float) and (value < 0 or isnan(value)):
            raise UsageError(f"{name} must be zero or more, but is {value!r}")


@cache
def _annotations(where: Any) -> Mapping[str, Any]:
    return get_type_hints(where)


def _as_python(name: str) -> str:
    """Return a name of JavaScript, such as ``pingInterval``, as Python writes it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _fits(value: object, expected: Any) -> bool:
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in (Union, UnionType):
        fits = any(_fits(value, each) for each in arguments)
    elif origin is Literal:
        fits = any(value == each and type(value) is type(each) for each in arguments)
    elif expected in _NUMBERS:
        fits = isinstance(value, _NUMBERS[expected]) and not isinstance(value, bool)
    elif origin in (tuple, Sequence):
        # A list is valid for a tuple; a string isn't valid for a sequence of strings, although
        # Python takes it for one.
        fits = (
            isinstance(value, Sequence)
            and not isinstance(value, str | bytes)
            and _all_fit(value, arguments[0])
        )
    elif origin is Mapping:
        fits = isinstance(value, Mapping) and _all_fit(value, arguments[0])
    elif origin is Callable:
        fits = callable(value)
    elif is_protocol(expected):
        fits = not isinstance(value, type) and all(
            hasattr(value, member) for member in get_protocol_members(expected)
        )
    else:
        fits = isinstance(value, origin or expected)
    return fits


def _all_fit(values: Any, expected: Any) -> bool:
    return all(_fits(each, expected) for each in values)


def _describe(expected: Any) -> str:
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in (Union, UnionType):
        *others, last = dict.fromkeys(_describe(each) for each in arguments)
        return f"{', '.join(others)} or {last}" if others else last
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in (tuple, Sequence):
        return f"a list, each of its items {_describe(arguments[0])}"
    if origin is Callable:
        return "a function"
    if origin is Mapping:
        return "a mapping"
    kind = origin or expected
    name = str(getattr(kind, "__name__", kind))
    return _WORDS.get(kind) or f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"


def _show(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    shown = repr(value) if isinstance(value, _SHOWN) else ""
    return shown if 0 < len(shown) <= _MAX_SHOWN else f"a value of the type {type(value).__name__}"
