"""Reading ``errors:``."""

from __future__ import annotations

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.fields import DOC_KEYS, check_name, read_fields
from ackord.schema.document.nodes import ErrorNode, Name
from ackord.schema.document.section import Section, read_mapping
from ackord.schema.names import TYPE_NAME, snake_case
from ackord.schema.yaml.nodes import Entry, Mapping


def read_error(entry: Entry, report: Reporter) -> ErrorNode:
    """Read one entry of ``errors:``."""
    name = Name(entry.key.text, entry.key.place)
    check_name(name, TYPE_NAME, "an error", report)
    mapping = read_mapping(entry.value, "an error", report) or Mapping(entry.value.place, ())
    section = Section(mapping, name.place, "an error", ("code", "fields", *DOC_KEYS), report)
    return ErrorNode(
        name=name,
        code=section.text("code") or Name(snake_case(name.text[:200]), name.place),
        fields=read_fields(section.entries("fields"), "a field", report),
        doc=section.prose("doc"),
        deprecated=section.prose("deprecated"),
    )
