"""Facts about the values of a core schema, so that no message pays for features that its types
don't use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from ackord.runtime.validation.kinds import may_nest
from ackord.runtime.validation.open_types import read_unknown
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
"""Types of schemas and serializations that don't call code of the application."""
_READING: Final = (read_attachment, read_unknown)
"""Functions that need the attachments of a packet."""
_UNCONSTRAINED: Final = {"type", "strict", "metadata", "ref"}
_CONTAINERS: Final[frozenset[type]] = frozenset({dict, list, tuple})
_PASSED_BY: Final = {"metadata", "steps"}
_MODEL_PASSED_BY: Final = _PASSED_BY | {"schema"}
_SCALARS: Final[Mapping[str, type]] = {"str": str, "int": int, "bool": bool}


@dataclass(frozen=True, slots=True)
class Traits:
    """The features that values of a schema may use."""

    attachments: bool
    """Values may hold attachments."""
    maps: bool
    """There are objects with any keys, which may look like placeholders."""
    unions: bool
    """There are untagged unions whose members may be objects or arrays."""
    recursive: bool
    """A schema may contain itself, so values may have any depth."""
    aliases: bool
    """A field has another name on the wire than in Python."""
    inert: bool
    """Only pydantic-core and functions of this package read and write the values; false if that
    isn't certain.
    """
    constants: bool
    """``NaN`` or ``Infinity`` may be written, which JSON doesn't have."""


class _Findings:
    """The findings of a walk through a schema."""

    __slots__ = ("aliases", "attachments", "inert", "types", "unions", "written")

    def __init__(self) -> None:
        self.types: set[str] = set()
        self.written: set[str] = set()
        self.unions = False
        self.attachments = False
        self.aliases = False
        self.inert = True

    def add(self, part: dict[str, Any], *, is_written: bool) -> None:
        """Add one part of a schema, without its inner parts."""
        kind: Any = part.get("type")
        if kind.__class__ is str:
            self.types.add(kind)
            if is_written:
                self.written.add(kind)
        self.unions = self.unions or (
            "choices" in part
            and (
                (kind == "union" and may_nest(part))
                or (kind == "tagged-union" and callable(part["discriminator"]))
            )
        )
        self.attachments = self.attachments or part.get("function") in _READING
        self.aliases = (
            self.aliases
            or part.get("alias") is not None
            or part.get("validation_alias") is not None
        )
        self.inert = self.inert and _is_inert(part)

    def update(self, others: _Findings) -> None:
        """Add the findings of another walk."""
        self.types |= others.types
        self.written |= others.written
        self.unions = self.unions or others.unions
        self.attachments = self.attachments or others.attachments
        self.aliases = self.aliases or others.aliases
        self.inert = self.inert and others.inert


_MODELS: Final[WeakKeyDictionary[type, dict[bool, tuple[Any, _Findings]]]] = WeakKeyDictionary()
"""The findings for the fields of each model, by whether its schema writes values, with the schema
that was walked through. The events of a contract share its models.
"""


def look_at(schema: CoreSchema) -> Traits:
    """Return the traits of a core schema; the fields of each model are walked through only once."""
    found = _walk(schema, is_written=True)
    return Traits(
        attachments=found.attachments,
        maps="dict" in found.types,
        unions=found.unions,
        recursive="definition-ref" in found.types,
        aliases=found.aliases,
        inert=found.inert,
        # A field of a literal type may have any value, because `model_construct` doesn't validate.
        constants=not found.inert or "literal" in found.written or "float" in found.written,
    )


def _walk(schema: Any, *, is_written: bool) -> _Findings:
    """Walk through a schema; of a chain, only the last step writes values."""
    found = _Findings()
    stack: list[tuple[Any, bool]] = [(schema, is_written)]
    while stack:
        part, written = stack.pop()
        kind = part.__class__
        if kind is dict:
            found.add(part, is_written=written)
            members: dict[Any, Any] = part
            if (
                part.get("type").__class__ is not str
            ):  # a table of fields: these may be called anything
                stack += [
                    (value, written) for value in members.values() if value.__class__ in _CONTAINERS
                ]
                continue
            if part["type"] == "model":
                found.update(_walk_model(members, is_written=written))
            steps: list[Any] = members.get("steps", [])
            stack += [(step, written and step is steps[-1]) for step in steps]
            passed_by = _MODEL_PASSED_BY if part["type"] == "model" else _PASSED_BY
            stack += [
                (value, written)
                for key, value in members.items()
                if value.__class__ in _CONTAINERS and key not in passed_by
            ]
        elif kind is list or kind is tuple:
            items: Sequence[Any] = part
            stack += [(item, written) for item in items if item.__class__ in _CONTAINERS]
    return found


def _walk_model(model: dict[str, Any], *, is_written: bool) -> _Findings:
    """Walk through the fields of a model, unless that was done before."""
    fields = model["schema"]
    known = _MODELS.setdefault(model["cls"], {})
    walked, found = known.get(is_written, (None, None))
    if found is None or walked is not fields:
        found = _walk(fields, is_written=is_written)
        known[is_written] = (fields, found)
    return found


def instance_class(schema: CoreSchema) -> type | None:
    """Return the class whose own instances (not those of subclasses) are all valid and returned
    unchanged; `None` if there is none.
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
    if part.get("extra_behavior") == "allow" or part.get("extra_fields_behavior") == "allow":
        return False
    if callable(part.get("discriminator")) and part["discriminator"] is not type:
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
