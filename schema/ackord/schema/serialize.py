"""The IR as JSON, which is written beside generated code as ``contract.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from ackord.schema.errors import ContractJsonError
from ackord.schema.model import Contract, Default, Field, Json, TaggedUnion


def dump_contract(contract: Contract) -> str:
    """Write a contract as JSON with sorted keys, and a line end.

    Default values are left out, except ``kind`` and ``ir``, and identifiers that are equal to the
    name on the wire.
    """
    return (
        json.dumps(_plain(contract), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        + "\n"
    )


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
    """Return the default of each field of a class; dataclasses' `MISSING` without one."""
    return {field.name: field.default for field in fields(class_)}


def _plain(value: Json) -> Json:
    if isinstance(value, Default):
        return {"value": value.value}
    if is_dataclass(value) and not isinstance(value, type):
        defaults = _defaults(type(value))
        if isinstance(value, Field):
            defaults = {**defaults, "identifier": value.name}
        elif isinstance(value, TaggedUnion):
            defaults = {**defaults, "tag_identifier": value.tag}
        return {
            name: _plain(element)
            for name, default in defaults.items()
            if (element := getattr(value, name)) != default or name in {"kind", "ir"}
        }
    match value:
        case (*elements,) if isinstance(value, tuple):
            return [_plain(element) for element in elements]
        case _:
            return value
