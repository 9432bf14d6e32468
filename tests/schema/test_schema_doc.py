"""The language reference is right and complete."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import pytest
from ackord.codegen.languages import LANGUAGES
from ackord.schema import json_schema, load_bytes, load_contract
from ackord.schema.document import errors, events, fields, namespaces, rates, reader, types
from ackord.schema.editor.words import SCALARS as WORDS
from ackord.schema.language_schema import KEYS
from ackord.schema.names import RESERVED_CODES, RESERVED_EVENTS
from ackord.schema.resolve.constraints import OF_LISTS, OF_SCALAR
from ackord.schema.resolve.types import SCALARS

PATH = Path(__file__).parents[2] / "docs/schema.md"
DOC = PATH.read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", DOC, re.DOTALL))
EXAMPLES = re.findall(r"```yaml\n(?!# \S+\.yaml\n)(.*?)```", DOC, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_each_example_is_a_good_contract(number: int) -> None:
    text = EXAMPLES[number]
    fragment = "ackord: 1\nname: demo\nversion: 1.0.0\nignore: {S063: tested}\n"
    head = "" if text.startswith("ackord:") else fragment
    result = load_bytes((head + text).encode(), "schema.md")
    # The heads of the tests ignore S063 whether they need it or not.
    assert {one.code for one in result.diagnostics} <= {"S076"}


def test_the_example_of_several_files_is_a_good_contract(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = load_contract(tmp_path / "chat.yaml")
    # The heads of the tests ignore S063 whether they need it or not.
    assert {one.code for one in result.diagnostics} <= {"S076"}
    assert len(result.sources) == len(FILES) == 3


NAMED = {
    "declaration": "types by name",
    "error": "errors by name",
    "event": "events by name",
    "field": "types by name",
    "namespace": "namespaces by path",
    "room": "rooms by name",
}
"""What mappings hold, by the definition in the JSON Schema of the language."""


VALUES: list[tuple[dict[str, Any], str]] = [
    ({"properties": {"S063": ...}}, "reasons by code"),
    ({"$ref": "#/$defs/type"}, "a type"),
    ({"$ref": "#/$defs/ack"}, "a type"),
    ({"$ref": "#/$defs/auth"}, "a type"),
    ({"$ref": "#/$defs/rate"}, "a rate"),
    ({"anyOf": ...}, "a type, or a list of types"),
    ({"items": {"$comment": "errors"}}, "a list of errors"),
    ({"items": {"$comment": "rooms"}}, "a list of rooms"),
    ({"items": {"$comment": "types"}}, "a list of types"),
    ({"items": {"$ref": "#/$defs/import"}}, "a list of files"),
    ({"items": {"anyOf": ...}}, "a list of texts or members"),
    ({"items": ...}, "a list of names"),
    ({"$comment": "types"}, "a type expression"),
    ({"pattern": ...}, "three numbers, as in `2.3.0`"),
    ({"type": "string"}, "text"),
    ({"type": "boolean"}, "`true` or `false`"),
    ({"type": "integer"}, "a whole number"),
    ({"type": "number"}, "a number"),
    ({"type": ["number", "string"]}, "a number"),
]
"""What a key may have, by a part of its JSON Schema; the first that is there counts."""


def value_of(schema: dict[str, Any]) -> str:
    """Say in words what a key may have, from its JSON Schema."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    inner = schema.get("additionalProperties")
    if inner and "$ref" in inner:
        return NAMED[inner["$ref"].rpartition("/")[2]]
    lists: dict[str, Any] = schema.get("properties", {})
    if lists and "S063" not in lists:
        return "lists of names: " + ", ".join(f"`{name}`" for name in lists)
    return next(words for part, words in VALUES if holds(schema, part))


def holds(schema: dict[str, Any], part: dict[str, Any]) -> bool:
    """Return whether a JSON Schema has these parts, where ``...`` stands for anything."""
    for key, value in part.items():
        inner = cast("dict[str, Any]", value) if isinstance(value, dict) else None
        if key not in schema:
            return False
        if inner is not None and not holds(schema[key], inner):
            return False
        if inner is None and value is not ... and value != schema[key]:
            return False
    return True


def table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    dashes = "|---" * head.count("|") + "|"
    lines = [f"{head} |", dashes, *("| " + " | ".join(row) + " |" for row in rows)]
    return "\n".join(lines)


def keys(*sections: str, required: Iterable[str] = (), only: Iterable[str] = ()) -> str:
    """Write a table of keys: those of some mappings of the language."""
    known = {key: value for section in sections for key, value in KEYS[section].items()}
    wanted = list(only) or known
    return table(
        "| key | value | what",
        (
            (
                f"`{key}`",
                f"{value_of(known[key][1])}",
                text(known[key][0], is_required=key in set(required)),
            )
            for key in wanted
        ),
    )


def text(description: str, is_required: bool) -> str:
    return f"required: {description[:1].lower()}{description[1:]}" if is_required else description


def required_of(name: str) -> list[str]:
    found: list[str] = json_schema()["$defs"][name]["required"]
    return found


def scalars_with(constraint: str) -> list[str]:
    found = [f"`{name}`" for name in SCALARS if constraint in OF_SCALAR.get(name, ())]
    return [*found, "lists", "maps"] if constraint in OF_LISTS else found


def tables() -> dict[str, str]:
    """Return the parts of the reference that come from the tables of the loader."""
    forms = [
        (f"`{form}`", each.what, listed(each.keys).replace(LIMITS, "[constraints](#constraints)"))
        for form, each in types.FORMS.items()
    ]
    declared = [key for key in KEYS["declaration"] if key not in types.FORMS]
    return {
        "document": keys("document", required=["ackord", "name", "version"]),
        "docs": keys("docs"),
        "type": keys("type", "parts", "field"),
        "scalars": table(
            "| type | meaning | on the wire | constraints",
            (
                (f"`{name}`", meaning, f"`{example}`", listed(sorted(OF_SCALAR.get(name, ()))))
                for name, (meaning, example) in WORDS.items()
            ),
        ),
        "constraints": table(
            "| constraint | of | value | what",
            (
                (f"`{key}`", ", ".join(scalars_with(key)), value_of(schema), description)
                for key, (description, schema) in KEYS["constraints"].items()
            ),
        ),
        "forms": table("| key | the type is | keys beside it", forms),
        "declaration": keys("declaration", "type", only=[*types.FORMS, *declared]),
        "member": keys("member", required=required_of("member")),
        "error": keys("error", required=required_of("error")),
        "room": keys("room", required=required_of("room")),
        "namespace": keys("namespace", required=required_of("namespace")),
        "event": keys("event", required=required_of("event")),
        "auth": keys("auth"),
        "rate": keys("rate", required=required_of("rate")),
        "events": f"Names of Socket.IO's own events are refused: {listed(RESERVED_EVENTS)}.",
        "codes": f"These codes are the runtime's own: {listed(RESERVED_CODES)}; "
        "[what each means](api.md#error-acks).",
        "arguments": table(
            "| language | arguments | of acknowledgements also",
            (
                (
                    each.title,
                    listed(sorted(each.reserved_names["argument"])),
                    listed(
                        sorted(
                            each.reserved_names.get("ack_argument", set())
                            - each.reserved_names["argument"]
                        )
                    ),
                )
                for each in LANGUAGES.values()
            ),
        ),
    }


LIMITS = ", ".join(f"`{name}`" for name in fields.CONSTRAINT_KEYS)


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def test_the_tables_of_the_reference_are_those_of_the_loader() -> None:
    """Run with ``ACKORD_UPDATE=1`` to write them anew."""
    written = tables()
    found = re.findall(r"^<!-- begin (\w+) -->$", DOC, re.MULTILINE)
    assert sorted(found) == sorted(written)
    new = DOC
    for name, content in written.items():
        begin, end = f"<!-- begin {name} -->\n", f"\n<!-- end {name} -->"
        before, _, rest = new.partition(begin)
        new = before + begin + content + end + rest.partition(end)[2]
    if os.environ.get("ACKORD_UPDATE"):
        PATH.write_text(new, encoding="utf-8")
    assert PATH.read_text(encoding="utf-8") == new


def test_each_key_and_type_is_described() -> None:
    keys = {
        *reader.KEYS,
        *events.KEYS,
        *fields.CONSTRAINT_KEYS,
        *fields.DOC_KEYS,
        *fields.FIELD_KEYS,
        *fields.PART_KEYS,
        *events.ACK_KEYS,
        *errors.KEYS,
        *namespaces.KEYS,
        *rates.KEYS,
        *(key for form, others in types.FORMS.items() for key in (form, *others.keys)),
        *SCALARS,
    }
    words = set(re.findall(r"`([a-z0-9_]+)`", DOC)) | set(
        re.findall(r"\b([a-z_]+):", "".join([*EXAMPLES, *FILES.values()]))
    )
    assert keys - words == set()
