"""The IR as JSON, which is written beside generated code as ``contract.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cache
from json.encoder import encode_basestring as _text
from typing import Any, Final

from ackord.schema.errors import ContractJsonError
from ackord.schema.model import Contract, Default, Field, Json, TaggedUnion

_ALWAYS: Final = frozenset({"kind", "ir"})
"""Fields that are written even if they have their defaults."""
_SCALAR: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def dump_contract(contract: Contract) -> str:
    """Write a contract as JSON with sorted keys, and a line end.

    Default values are left out, except ``kind`` and ``ir``, and identifiers that are equal to the
    name on the wire.
    """
    return _write(contract, "") + "\n"


def load_contract_json(text: str | bytes) -> Contract:
    """Read the output of `dump_contract`.

    Raises:
        ContractJsonError: The text isn't the JSON form of a contract, or of another version.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - takes long, and seldom needed

    try:
        contract: Contract = _adapter().validate_json(text, strict=True, extra="forbid")
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContractJsonError(
            "this is no contract.json of this version: "
            f"{first['msg']}{f' (at {where})' if where else ''}"
        ) from exc
    return contract


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(Contract)


@cache
def _defaults(class_: Any) -> Mapping[str, Any]:
    """Return the default of each field of a class, sorted by name; dataclasses' `MISSING` without
    one, or if the field is always written.
    """
    return {
        field.name: MISSING if field.name in _ALWAYS else field.default
        for field in sorted(fields(class_), key=_name)
    }


def _name(field: Any) -> str:
    name: str = field.name
    return name


def _write(value: Json, margin: str) -> str:
    """Write a value, as `json.dumps` does with an indentation, but in a third of the time; `margin`
    is put before each line after the first.
    """
    if isinstance(value, str):  # most values
        return _text(value)
    if value is None or isinstance(value, int | float):
        return _SCALAR(value)
    inner = f"{margin}  "
    if isinstance(value, tuple | list):
        elements = [inner + _write(element, inner) for element in value]  # pyright: ignore[reportUnknownVariableType]  # decoded JSON
        return _enclose("[", elements, "]", margin)
    members: Iterable[tuple[str, Json]] = (
        sorted(value.items()) if isinstance(value, dict) else _members(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    )
    lines = [f"{inner}{_text(name)}: {_write(element, inner)}" for name, element in members]
    return _enclose("{", lines, "}", margin)


def _members(value: Any) -> Iterator[tuple[str, Json]]:
    """Return what the JSON form of a class of the IR says, sorted."""
    if isinstance(value, Default):
        yield "value", value.value
        return
    defaults = _defaults(value.__class__)
    if isinstance(value, Field):
        defaults = {**defaults, "identifier": value.name}
    elif isinstance(value, TaggedUnion):
        defaults = {**defaults, "tag_identifier": value.tag}
    for name, default in defaults.items():
        element = getattr(value, name)
        if element is not default and element != default:
            yield name, element


def _enclose(opening: str, lines: list[str], closing: str, margin: str) -> str:
    if not lines:
        return opening + closing
    body = ",\n".join(lines)
    return f"{opening}\n{body}\n{margin}{closing}"
