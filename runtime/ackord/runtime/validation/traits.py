"""What a core schema tells of its values, so that no message pays for what its types can't need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ackord.runtime.validation.scalars import is_own, read_attachment
from pydantic_core import CoreSchema

_KNOWN: Final = frozenset(
    {
        *(
            "model",
            "model-fields",
            "model-field",
            "typed-dict",
            "typed-dict-field",
            "union",
            "tagged-union",
            "nullable",
            "default",
        ),
        *(
            "list",
            "tuple",
            "set",
            "frozenset",
            "dict",
            "definitions",
            "definition-ref",
            "json-or-python",
            "chain",
            "custom-error",
        ),
        *(
            "str",
            "int",
            "float",
            "bool",
            "none",
            "bytes",
            "decimal",
            "datetime",
            "date",
            "time",
            "timedelta",
            "uuid",
            "url",
            "is-instance",
            "missing-sentinel",
        ),
        *("literal", "enum", "function-plain", "with-info", "to-string"),
    }
)
"""Types of schemas and of serializations that may be inert."""
_EXTRAS: Final = ("extra_behavior", "extra_fields_behavior")
_ALIASES: Final = ("alias", "validation_alias")
_UNCONSTRAINED: Final = {"type", "strict", "metadata", "ref"}
_PASSED_BY: Final = {"metadata", "steps"}
_SCALARS: Final[Mapping[str, type]] = {"str": str, "int": int, "bool": bool}


@dataclass(frozen=True, slots=True)
class Traits:
    """What has to be reckoned with."""

    attachments: bool
    """Values may hold attachments."""
    maps: bool
    """There are objects with any keys, and so perhaps with those of a placeholder."""
    unions: bool
    """There are unions whose members are told apart by nothing but their values."""
    recursive: bool
    """Some schema may hold itself, so that values may be as deep as their text is."""
    aliases: bool
    """Something has another name on the wire than in Python."""
    inert: bool
    """Nothing but pydantic-core and functions of ours reads and writes the values; what we don't
    know for sure isn't inert.
    """
    constants: bool
    """``NaN`` or ``Infinity`` may be written, which JSON doesn't have."""


def look_at(schema: CoreSchema) -> Traits:
    """Walk through a core schema."""
    parts: list[dict[str, Any]] = []
    types: set[Any] = set()
    written: set[Any] = set()
    for part, is_written in _parts(schema):
        parts.append(part)
        kind = part.get("type")
        if kind.__class__ is str:
            types.add(kind)
            if is_written:
                written.add(kind)
    inert = all(map(_is_inert, parts))
    return Traits(
        attachments=any(part.get("function") is read_attachment for part in parts),
        maps="dict" in types,
        unions="union" in types,
        recursive="definition-ref" in types,
        aliases=any(part.get(key) is not None for part in parts for key in _ALIASES),
        inert=inert,
        # A field of a literal type is written whatever it holds: `model_construct` asks nobody.
        constants=not inert or "literal" in written or "float" in written,
    )


def instance_class(schema: CoreSchema) -> type | None:
    """Return the class whose own instances (not those of its subclasses) are all valid, and taken
    as they are; `None` if there is none.
    """
    part = _resolve(schema)
    kind: str = part["type"]
    if kind == "model":
        model: type = part["cls"]
        return (
            model
            if part.get("config", {}).get("revalidate_instances", "never") == "never"
            else None
        )
    return _SCALARS.get(kind) if part.keys() <= _UNCONSTRAINED else None


def _resolve(schema: Any) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    while schema["type"] in {"definitions", "definition-ref", "json-or-python"}:
        if schema["type"] == "definitions":
            definitions.update(
                {definition["ref"]: definition for definition in schema["definitions"]}
            )
            schema = schema["schema"]
        elif schema["type"] == "json-or-python":
            schema = schema["python_schema"]
        else:
            schema = definitions[schema["schema_ref"]]
    found: dict[str, Any] = schema
    return found


def _is_inert(part: dict[str, Any]) -> bool:
    if any(part.get(key) == "allow" for key in _EXTRAS) or (
        callable(part.get("discriminator")) and part["discriminator"] is not type
    ):
        return False
    kind = part.get("type")
    if kind.__class__ is not str:
        return True  # a table of fields, a configuration
    if kind == "enum":
        return part.get("sub_type") in {"str", "int"}
    if kind == "function-plain":
        function: Any = part.get("function")
        if function.__class__ is dict:
            function = function.get("function")
        return is_own(function)
    return kind in _KNOWN and not part.get("custom_init") and not part.get("post_init")


def _parts(schema: CoreSchema) -> Iterator[tuple[dict[str, Any], bool]]:
    """Go through the parts of a schema, each with whether values are written by it: of a chain,
    only the last step is.
    """
    stack: list[tuple[Any, bool]] = [(schema, True)]
    while stack:
        part, written = stack.pop()
        kind = part.__class__
        if kind is dict:
            yield part, written
            members: dict[Any, Any] = part
            if (
                part.get("type").__class__ is not str
            ):  # a table of fields: these may be called anything
                stack += [(value, written) for value in members.values()]
                continue
            steps: list[Any] = members.get("steps", [])
            stack += [(step, written and step is steps[-1]) for step in steps]
            stack += [(value, written) for key, value in members.items() if key not in _PASSED_BY]
        elif kind is list or kind is tuple:
            items: Sequence[Any] = part
            stack += [(item, written) for item in items]
