"""Reading ``errors:``."""

from __future__ import annotations

from typing import Final

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.fields import DOC_KEYS, check_name, read_fields
from ackord.schema.document.nodes import ErrorNode, Name
from ackord.schema.document.section import Section, read_mapping
from ackord.schema.names import TYPE_NAME, snake_case
from ackord.schema.yaml.nodes import Entry, Mapping

KEYS: Final = ("name", "code", "fields", "reserved", *DOC_KEYS)
"""Keys of an error."""


def read_error(entry: Entry, report: Reporter) -> ErrorNode:
    """Read one entry of ``errors:``."""
    key = Name(entry.key.text, entry.key.place)
    mapping = read_mapping(entry.value, "an error", report) or Mapping(entry.value.place, ())
    section = Section(mapping, key.place, "an error", KEYS, report)
    name, code = section.text("name"), section.text("code")
    if name is None:
        check_name(key, TYPE_NAME, "an error", report, hint="`name: …`")
        default = Name(snake_case(key.text[:200]), key.place)
    else:
        check_name(name, TYPE_NAME, "an error in generated code", report)
        default = key
    if name is not None and code is not None:
        report.add(
            "S011",
            section.key_place("code"),
            "'code' and 'name' can't stand together",
            hint="with `name`, the key of the error is its code",
        )
    return ErrorNode(
        name=name or key,
        code=code or default,
        key=key,
        reserved=section.names("reserved"),
        fields=read_fields(section.entries("fields"), "a field", report),
        doc=section.prose("doc"),
        deprecated=section.prose("deprecated"),
        since=section.since(),
    )
