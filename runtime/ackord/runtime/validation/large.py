"""Validators for large payloads: they report fewer issues, at a bounded cost.

pydantic makes an error for each wrong value, with a copy of that value. Half a million wrong items
in a megabyte take more than half a second, and a record without its thirty fields in a megabyte of
unknown ones is copied thirty times. So, here:

- Validation of a list, a map or a tuple stops at the first wrong item.
- A list or a map of JSON values is searched for infinities once, not once for each value.
- A message may have at most `MAX_URLS` URLs, because pydantic makes each one in Python.
- A missing field gets the value `MISSING`, which no type accepts, rather than an error with a copy
  of the record.

Defaults that are lists are copied for each record, as pydantic does, but faster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ackord.runtime.validation.scalars import refuse_non_finite
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class UrlCount:
    """Counts the URLs of one payload."""

    __slots__ = ("is_needed", "read")

    def __init__(self) -> None:
        self.read = 0
        self.is_needed = False
        """Whether the type has URLs."""

    def limited(self, validate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Wrap the function that makes a URL, so that a payload has no more than `MAX_URLS`."""
        self.is_needed = True

        def validate_limited(value: Any, handler: Any) -> Any:
            self.read += 1
            if self.read > MAX_URLS:
                raise PydanticCustomError(
                    "too_many_urls", "At most {limit} URLs in a message", {"limit": MAX_URLS}
                )
            return validate(value, handler)

        return validate_limited


class _Missing:
    """The type of `MISSING`."""

    __slots__ = ()


MISSING: Final = _Missing()
"""The value of a missing field, and the input of its issue."""

MAX_URLS: Final = 15_000
"""URLs in one large payload."""

_REFUSING: Final = frozenset(
    {
        *(
            "str",
            "int",
            "float",
            "bool",
            "none",
            "list",
            "tuple",
            "dict",
            "model",
            "typed-dict",
            "literal",
            "enum",
        ),
        *("date", "time", "datetime", "timedelta", "decimal", "uuid", "tagged-union"),
    }
)
"""Types of schemas that accept no instance of `_Missing`."""
_MUTABLE: Final[frozenset[type]] = frozenset({list})
_SCALARS: Final[frozenset[type]] = frozenset({str, int, float, bool, type(None)})
_ITEMS: Final = frozenset({"items_schema", "values_schema"})
"""Keys that a schema has, and a record's table of fields hasn't, even with a field named
``type``.
"""


def for_large(schema: CoreSchema, urls: UrlCount) -> CoreSchema:
    """Return a copy of a core schema for large payloads, which counts URLs in `urls`."""
    whole: Any = schema
    definitions: list[Any] = whole["definitions"] if whole["type"] == "definitions" else []
    by_ref = {definition["ref"]: definition for definition in definitions}
    copied: CoreSchema = _copy(schema, by_ref, urls)
    return copied


def _copy(part: Any, definitions: Mapping[str, Any], urls: UrlCount) -> Any:
    """Copy a core schema; values that are no dictionaries and sequences aren't copied."""
    kind = part.__class__
    if kind is dict:
        copied = {
            key: value if key == "metadata" else _copy(value, definitions, urls)
            for key, value in part.items()
        }
        return _rewrite(part, copied, definitions, urls)
    if kind is list:
        return [_copy(value, definitions, urls) for value in part]
    if kind is tuple:
        return tuple(_copy(value, definitions, urls) for value in part)
    return part


def _rewrite(
    part: dict[str, Any], copied: dict[str, Any], definitions: Mapping[str, Any], urls: UrlCount
) -> Any:
    match part.get("type"):
        case "list" | "tuple" | "dict" if not part.keys().isdisjoint(_ITEMS):
            copied["fail_fast"] = True
            return _check_items_together(copied)
        case "function-wrap" if part["schema"].get("type") == "url":
            function = part["function"]
            copied["function"] = {**function, "function": urls.limited(function["function"])}
        case "model-field":
            copied["schema"] = _with_missing(part["schema"], copied["schema"], definitions)
        case "typed-dict-field" if part.get("required") is not False:
            copied["schema"] = _with_missing(part["schema"], copied["schema"], definitions)
        case "default" if part.get("default").__class__ in _MUTABLE and all(
            item.__class__ in _SCALARS for item in part["default"]
        ):
            copied["default_factory"] = copied.pop(
                "default"
            ).copy  # has the effect of pydantic's deep copy, in a twentieth of the time
        case _:
            pass
    return copied


def _check_items_together(container: dict[str, Any]) -> Any:
    """Check the numbers of a list or map of JSON values in one call rather than one for each."""
    for key in _ITEMS & container.keys():
        items = container[key]
        if items.__class__ is dict and _checks_json(items):
            container[key] = items["schema"]
            return core_schema.no_info_after_validator_function(refuse_non_finite, container)  # pyright: ignore[reportArgumentType]  # schemas are dictionaries here
    return container


def _checks_json(part: dict[str, Any]) -> bool:
    return part["type"] == "function-after" and part["function"]["function"] is refuse_non_finite


def _with_missing(part: Any, copied: Any, definitions: Mapping[str, Any]) -> Any:
    """Give a required field the default `MISSING`, which isn't accepted."""
    if not _refuses(part, definitions):
        return copied
    return core_schema.with_default_schema(copied, default=MISSING, validate_default=True)


def _refuses(part: Any, definitions: Mapping[str, Any]) -> bool:
    for _ in range(20):  # as deep as a scalar is wrapped
        match part["type"]:
            case "definition-ref" if part["schema_ref"] in definitions:
                part = definitions[part["schema_ref"]]
            case "json-or-python":
                part = part["json_schema"]
            case "chain":
                part = part["steps"][0]
            case "custom-error" | "nullable" | "function-after":
                part = part["schema"]
            case "function-wrap" if part["schema"]["type"] == "url":
                return True
            case "union":
                return all(
                    _refuses(choice[0] if choice.__class__ is tuple else choice, definitions)
                    for choice in part["choices"]
                )
            case kind:
                return kind in _REFUSING
    return False
