"""Reading ``rooms:``."""

from __future__ import annotations

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.fields import DOC_KEYS, check_name, read_fields
from ackord.schema.document.nodes import Name, RoomNode
from ackord.schema.document.section import Section, read_mapping
from ackord.schema.names import SNAKE_NAME
from ackord.schema.yaml.nodes import Entry


def read_room(entry: Entry, report: Reporter) -> RoomNode:
    """Read one entry of ``rooms:``."""
    name = Name(entry.key.text, entry.key.place)
    check_name(name, SNAKE_NAME, "a room", report)
    mapping = read_mapping(entry.value, "a room", report)
    if mapping is None:
        return RoomNode(name=name, template=None, params=(), doc=None, deprecated=None, since=None)
    section = Section(mapping, name.place, "a room", ("name", "params", *DOC_KEYS), report)
    return RoomNode(
        name=name,
        template=section.text("name", required=True),
        params=read_fields(section.entries("params"), "a parameter", report),
        doc=section.prose("doc"),
        deprecated=section.prose("deprecated"),
        since=section.since(),
    )
