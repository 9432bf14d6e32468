"""Reading ``namespaces:``."""

from __future__ import annotations

from typing import Final, get_args

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.events import EVENT_READERS, Direction
from ackord.schema.document.fields import DOC_KEYS, check_name, read_fields, read_type
from ackord.schema.document.nodes import EventNode, Name, NamespaceNode, TypeNode
from ackord.schema.document.once import read_once
from ackord.schema.document.rates import read_rate
from ackord.schema.document.section import Section, read_mapping, read_reserved
from ackord.schema.names import SNAKE_NAME
from ackord.schema.source import Place
from ackord.schema.yaml.nodes import Entry, Mapping

KEYS: Final = (
    "name",
    "params",
    "auth",
    "session",
    "connect_errors",
    "error_replies",
    "rate",
    "acks",
    "client_to_server",
    "server_to_client",
    "server_to_server",
    "reserved",
    *DOC_KEYS,
)
"""Keys of a namespace."""


DIRECTIONS: Final = get_args(Direction)


def read_namespace(entry: Entry, report: Reporter) -> NamespaceNode:
    """Read one entry of ``namespaces:``."""
    path = Name(entry.key.text, entry.key.place)
    mapping = read_mapping(entry.value, "a namespace", report) or Mapping(entry.value.place, ())
    section = Section(mapping, path.place, "a namespace", KEYS, report)
    identifier = section.text("name")
    if identifier is not None:
        check_name(identifier, SNAKE_NAME, "a namespace in generated code", report)
    acks = section.ack_style()
    auth, expires = _read_auth(section)
    return NamespaceNode(
        path=path,
        identifier=identifier,
        params=read_fields(section.entries("params"), "a parameter", report),
        auth=auth,
        auth_expires=expires,
        session=_read_payload("session", section),
        connect_errors=section.names("connect_errors"),
        error_replies=section.flag("error_replies", default=True),
        rate=read_rate(section),
        acks=acks[1] if acks else None,
        client_to_server=_read_events("client_to_server", section),
        server_to_client=_read_events("server_to_client", section),
        server_to_server=_read_events("server_to_server", section),
        reserved=read_reserved(section, DIRECTIONS),
        doc=section.prose("doc"),
        deprecated=section.prose("deprecated"),
        since=section.since(),
    )


def _read_payload(key: str, section: Section) -> TypeNode | None:
    node = section.node(key)
    return None if node is None else read_type(node, section.key_place(key), section.report)


def _read_auth(section: Section) -> tuple[TypeNode | None, Place | None]:
    """Take ``auth:``, a type that may have ``expires:`` beside it."""
    node = section.node("auth")
    if not isinstance(node, Mapping):
        return _read_payload("auth", section), None
    own = [entry for entry in node.entries if entry.key.text == "expires"]
    if not own:
        return _read_payload("auth", section), None
    where = section.key_place("auth")
    flags = Section(Mapping(node.place, tuple(own)), where, "'auth'", ("expires",), section.report)
    rest = Mapping(node.place, tuple(entry for entry in node.entries if entry not in own))
    expires = own[0].key.place if flags.flag("expires", default=False) else None
    return read_type(rest, where, section.report), expires


def _read_events(direction: Direction, section: Section) -> tuple[EventNode, ...]:
    read = EVENT_READERS[direction]
    return tuple(read_once(read, entry, section.report) for entry in section.entries(direction))
