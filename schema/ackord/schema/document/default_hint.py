"""The hint for a key ``default``, which other schema languages have."""

from __future__ import annotations

import json

from ackord.schema.yaml.nodes import Mapping, Node, Scalar, Sequence

_MAX_SHOWN = 60
_SPECIAL = frozenset("[]{},#")
"""Characters that a value without quotes can't have inside of braces."""


def default_hint(mapping: Mapping) -> str:
    """Return how to write the default of a mapping that has a key ``default``."""
    values = {entry.key.text: entry.value for entry in mapping}
    type_, default = values.get("type"), _notation(values["default"])
    if not isinstance(type_, Scalar):
        return "only fields and arguments have defaults; they stand in the type, as in `int = 5`"
    written = f"{type_.text.partition('=')[0].strip()} = {default}"
    if default is None or len(written) > _MAX_SHOWN:
        return "a default stands in the type, constraints beside it, as in `type: int = 5`"
    if not _SPECIAL.isdisjoint(written):
        written = f"'{written}'" if '"' in written else f'"{written}"'
    return f"a default stands in the type, constraints beside it: `type: {written}`"


def _notation(node: Node) -> str | None:
    """Return a value as type expressions have it, or `None` if they can't."""
    match node:
        case Scalar(kind="text", text=text):
            return json.dumps(text, ensure_ascii=False) if "'" not in text else None
        case Scalar(kind="null"):
            return "null"
        case Scalar(text=text):
            return text
        case Sequence(items=()):
            return "[]"
        case Mapping(entries=()):
            return "{}"
        case _:
            return None
