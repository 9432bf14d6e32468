"""Reads a whole schema file: nodes -> document."""

from __future__ import annotations

import re
from typing import Final

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.diagnostics.rules import RULES, WARNINGS
from ackord.schema.document.errors import read_error
from ackord.schema.document.fields import check_name
from ackord.schema.document.namespaces import read_namespace
from ackord.schema.document.nodes import Document, Name
from ackord.schema.document.rooms import read_room
from ackord.schema.document.section import Section
from ackord.schema.document.types import read_type_declaration
from ackord.schema.names import SNAKE_NAME
from ackord.schema.source import Place
from ackord.schema.yaml.nodes import Mapping, Node, Scalar, describe

LANGUAGE_VERSION: Final = 1
"""The version of the language that is read."""

KEYS: Final = (
    "ackord",
    "name",
    "version",
    "doc",
    "acks",
    "ignore",
    "import",
    "types",
    "errors",
    "rooms",
    "namespaces",
)
"""Keys of the document."""
_VERSION: Final = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.(?:0|[1-9][0-9]{0,9})){2}")


def read_document(node: Node | None, start: Place, report: Reporter) -> Document | None:
    """Read the root of a file; `start` is where missing keys are reported.

    For a file in an unknown version of the language, or without any keys, only that is reported,
    and the result is `None`.
    """
    if node is not None and not isinstance(node, Mapping):
        report.add(
            "S010",
            node.place,
            f"a schema file is a mapping, not {describe(node)}",
            hint="start it with `ackord: 1`",
        )
        return None
    root = node or Mapping(start, ())
    if not _is_known_language(root, report):
        return None
    section = Section(root, start, "a schema file", KEYS, report)
    section.node("ackord", required=True)
    if "import" in section:
        hint = "declare the types in this file"
        report.add(
            "S015",
            section.key_place("import"),
            "imports aren't supported by this version yet",
            hint=hint,
        )
    name = section.text("name", required=True)
    if name is not None:
        check_name(name, SNAKE_NAME, "a contract", report)
    acks = section.ack_style()
    return Document(
        name=name or Name("contract", start),
        version=_read_version(section),
        doc=section.prose("doc"),
        acks=acks[1] if acks else None,
        ignored=_read_ignored(section),
        imports="import" in section,
        types=tuple(read_type_declaration(entry, report) for entry in section.entries("types")),
        errors=tuple(read_error(entry, report) for entry in section.entries("errors")),
        rooms=tuple(read_room(entry, report) for entry in section.entries("rooms")),
        namespaces=tuple(read_namespace(entry, report) for entry in section.entries("namespaces")),
    )


def _is_known_language(root: Mapping, report: Reporter) -> bool:
    node = next((entry.value for entry in root if entry.key.text == "ackord"), None)
    if node is None or (isinstance(node, Scalar) and node.number() == LANGUAGE_VERSION):
        return True
    found = node.text if isinstance(node, Scalar) else describe(node)
    report.add(
        "S013",
        node.place,
        f"this release reads version {LANGUAGE_VERSION} of the language, not {found[:60]!r}",
        hint=f"write `ackord: {LANGUAGE_VERSION}`"
        + (", without quotes" if isinstance(node, Scalar) and node.style else ""),
    )
    return False


def _read_ignored(section: Section) -> frozenset[str]:
    names = section.names("ignore")
    for name in names:
        if name.text not in WARNINGS:
            what = "the code of an error" if name.text in RULES else "no code of a warning"
            section.report.add(
                "S016",
                name.place,
                f"{name.text[:60]!r} is {what}: only warnings can be ignored",
                hint=f"warnings are {', '.join(WARNINGS)}",
            )
    return frozenset(name.text for name in names)


def _read_version(section: Section) -> str:
    node = section.node("version", required=True)
    if node is None:
        return "0.0.0"
    if not isinstance(node, Scalar) or not _VERSION.fullmatch(node.text):
        found = repr(node.text[:60]) if isinstance(node, Scalar) else describe(node)
        parts = re.findall(r"[0-9]+", node.text[:60])[:3] if isinstance(node, Scalar) else []
        numbers = [part.lstrip("0") or "0" for part in parts] + ["0"] * (3 - len(parts))
        section.report.add(
            "S014",
            node.place,
            f"the version of a contract is three numbers, not {found}",
            hint=f"for example {'.'.join(numbers)}",
        )
        return "0.0.0"
    return node.text
