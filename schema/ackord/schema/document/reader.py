"""Reads a whole schema file: nodes -> document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.errors import read_error
from ackord.schema.document.fields import check_name
from ackord.schema.document.imports import read_imports
from ackord.schema.document.namespaces import read_namespace
from ackord.schema.document.nodes import Document, Name, WireNames
from ackord.schema.document.once import read_once
from ackord.schema.document.rooms import read_room
from ackord.schema.document.section import Section, read_reserved
from ackord.schema.document.types import read_type_declaration
from ackord.schema.document.versions import is_version, near_version, shown_version
from ackord.schema.names import SNAKE_NAME
from ackord.schema.source import Place
from ackord.schema.yaml.nodes import Entry, Mapping, Node, Scalar, describe

T = TypeVar("T")

LANGUAGE_VERSION: Final = 1
"""The version of the language that is read."""

KEYS: Final = (
    "ackord",
    "name",
    "version",
    "doc",
    "acks",
    "names",
    "ignore",
    "import",
    "reserved",
    "types",
    "errors",
    "rooms",
    "namespaces",
)
"""Keys of the document."""
CONTRACT_KEYS: Final = ("acks", "namespaces")
"""Keys that an imported file doesn't have."""
RESERVED: Final = ("types", "errors", "rooms", "namespaces")
"""Keys of the document's ``reserved``."""


def read_document(
    node: Node | None, start: Place, report: Reporter, *, imported: bool = False
) -> Document | None:
    """Read the root of a file; `start` is where missing keys are reported.

    A file that is `imported` declares types, errors and rooms only, and needs neither name nor
    version.

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
    part = start.source.place(0, len(start.source.text))
    section = Section(root, start, "a schema file", KEYS, report, part=part)
    section.node("ackord", required=True)
    for key in CONTRACT_KEYS if imported else ():
        if key in section:
            report.add(
                "S069",
                section.key_place(key),
                f"an imported file has no {key!r}",
                hint="it declares types, errors and rooms; move this to the contract's own file",
            )
    name = section.text("name", required=not imported)
    if name is not None:
        check_name(name, SNAKE_NAME, "a contract", report)
    acks = section.ack_style()
    return Document(
        name=name or Name("contract", start),
        version=_read_version(section, required=not imported),
        doc=section.prose("doc"),
        acks=acks[1] if acks else None,
        names=_read_names(section),
        imports=read_imports(section),
        reserved=read_reserved(section, RESERVED),
        types=_read_each(read_type_declaration, section, "types"),
        errors=_read_each(read_error, section, "errors"),
        rooms=_read_each(read_room, section, "rooms"),
        namespaces=_read_each(read_namespace, section, "namespaces"),
    )


def _read_each(read: Callable[[Entry, Reporter], T], section: Section, key: str) -> tuple[T, ...]:
    return tuple(read_once(read, entry, section.report) for entry in section.entries(key))


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


def _read_names(section: Section) -> WireNames:
    found = section.text("names")
    if found is None or found.text == "as_written":
        return "as_written"
    if found.text != "camelCase":
        section.report.add(
            "S016",
            found.place,
            "'names' is as_written (the default) or camelCase (user_id travels as userId)",
            hint=section.report.nearest(found.text, ("as_written", "camelCase")),
        )
    return "camelCase"


def _read_version(section: Section, *, required: bool) -> str | None:
    node = section.node("version", required=required)
    if node is None:
        return None
    if not isinstance(node, Scalar) or not is_version(node):
        section.report.add(
            "S014",
            node.place,
            f"the version of a contract is three numbers, not {shown_version(node)}",
            hint=f"for example {near_version(node)}",
        )
        return None
    return node.text
