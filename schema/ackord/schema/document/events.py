"""Reading the events of one direction."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from functools import partial
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.fields import DOC_KEYS, check_name, read_fields, read_type
from ackord.schema.document.nodes import EventNode, FieldNode, Name, TypeNode
from ackord.schema.document.rates import read_rate
from ackord.schema.document.section import Section, read_mapping
from ackord.schema.names import (
    MAX_NAME,
    RESERVED_EVENTS,
    RESERVED_IDENTIFIERS,
    SNAKE_NAME,
    snake_case,
)
from ackord.schema.yaml.nodes import Entry, Mapping, Scalar

Direction: TypeAlias = Literal["client_to_server", "server_to_client", "server_to_server"]

KEYS: Final = (
    "name",
    "args",
    "ack",
    "errors",
    "timeout",
    "acks",
    "rooms",
    "concurrent",
    "rate",
    *DOC_KEYS,
)
"""Keys of an event."""
ACK_KEYS: Final = ("args",)
"""Keys of an acknowledgement with arguments; others are types."""
_TIMEOUT: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}
_MAX_TIMEOUT: Final = 86_400.0
_CLOCK: Final = re.compile(r"([0-9]{1,3}):([0-5][0-9])")
_OTHER_UNIT: Final = re.compile(r"([0-9]{1,4}) *([a-z]+)")
_MINUTES: Final = frozenset({"m", "min", "mins", "minute", "minutes"})
_OTHER_UNITS: Final = (
    (frozenset({"ms", "msec", "msecs", "millis", "millisecond", "milliseconds"}), "ms"),
    (frozenset({"s", "sec", "secs", "second", "seconds"}), "s"),
    (_MINUTES | {"h", "hr", "hrs", "hour", "hours", "d", "day", "days"}, "m"),
)
"""Other spellings of units, and the unit to write instead."""
_IN_MINUTES: Final = {"h": 60, "d": 1440}
_IDENTIFIABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")


def read_event(entry: Entry, report: Reporter, direction: Direction) -> EventNode:
    """Read one entry of ``client_to_server:`` and its sisters."""
    to_client = direction == "server_to_client"
    name = Name(entry.key.text, entry.key.place)
    mapping = read_mapping(entry.value, "an event", report) or Mapping(entry.value.place, ())
    section = Section(mapping, name.place, "an event", KEYS, report)
    identifier = _read_identifier(name, section)
    if "rooms" in section and not to_client:
        report.add(
            "S047", section.key_place("rooms"), "only events under 'server_to_client' go to rooms"
        )
    if "rate" in section and direction != "client_to_server":
        report.add(
            "S079", section.key_place("rate"), "only events under 'client_to_server' have a rate"
        )
    ack, ack_args = _read_ack(section)
    return EventNode(
        name=name,
        identifier=identifier,
        has_identifier="name" in section,
        args=read_fields(section.entries("args"), "an argument", report),
        ack=ack,
        ack_args=ack_args,
        ack_place=section.key_place("ack") if "ack" in section else None,
        errors=section.names("errors"),
        acks=section.ack_style(),
        timeout=_read_timeout(section),
        rooms=section.names("rooms") if to_client else (),
        concurrent=section.flag("concurrent", default=False),
        rate=read_rate(section) if direction == "client_to_server" else None,
        doc=section.prose("doc"),
        deprecated=section.prose("deprecated"),
        since=section.since(),
    )


def _read_ack(section: Section) -> tuple[TypeNode | None, tuple[FieldNode, ...] | None]:
    node = section.node("ack")
    if node is None:
        return None, None
    if isinstance(node, Scalar) and node.kind == "null":
        if node.text:
            return None, ()
        section.report.add(
            "S010",
            section.key_place("ack"),
            "expected a type, found nothing",
            hint="write `ack: null` for an acknowledgement without a value",
        )
        return None, None
    if isinstance(node, Mapping) and any(entry.key.text == "args" for entry in node):
        inner = Section(
            node, section.key_place("ack"), "an acknowledgement", ACK_KEYS, section.report
        )
        return None, read_fields(inner.entries("args"), "an argument", section.report)
    return read_type(node, section.key_place("ack"), section.report), None


def _read_identifier(name: Name, section: Section) -> Name:
    report = section.report
    given = section.text("name")
    well_named = _check_event_name(name, report)
    if given is not None:
        if (
            check_name(given, SNAKE_NAME, "an event in generated code", report)
            and given.text in RESERVED_IDENTIFIERS
            and well_named
        ):
            report.add("S053", given.place, f"{given.text!r} names an event of Socket.IO itself")
        return given
    identifier = Name(snake_case(name.text[:200]), name.place)
    if well_named and identifier.text in RESERVED_IDENTIFIERS:
        hint = "give it another name in generated code with `name:`"
        report.add(
            "S053",
            name.place,
            (
                f"{name.text!r} would be {identifier.text!r} in generated code, an event of "
                "Socket.IO itself"
            ),
            hint=hint,
        )
    elif well_named and not (
        _IDENTIFIABLE.fullmatch(name.text) and SNAKE_NAME.pattern.fullmatch(identifier.text)
    ):
        good = (
            SNAKE_NAME.pattern.fullmatch(identifier.text)
            and identifier.text not in RESERVED_IDENTIFIERS
        )
        hint = (
            "say how generated code calls it, for example `name: "
            f"{identifier.text if good else 'my_event'}`"
        )
        if SNAKE_NAME.is_only_too_long(identifier.text):
            hint = f"names there have at most {MAX_NAME} characters: {hint}"
        report.add(
            "S017", name.place, f"{name.text[:60]!r} can't be a name in generated code", hint=hint
        )
    return identifier


def _check_event_name(name: Name, report: Reporter) -> bool:
    text = name.text
    if text in RESERVED_EVENTS:
        report.add(
            "S053",
            name.place,
            f"{text!r} is an event of Socket.IO itself",
            hint="choose another name",
        )
    elif re.fullmatch(r"[-+]?[0-9.]+", text):
        report.add("S054", name.place, f"the event name {text!r} is a number", hint="choose a name")
    elif not 1 <= len(text) <= 128 or not text.isprintable():
        report.add("S054", name.place, "an event name has 1 to 128 printable characters")
    else:
        return True
    return False


def _read_timeout(section: Section) -> tuple[Name, float] | None:
    node = section.node("timeout")
    if node is None:
        return None
    text = node.text if isinstance(node, Scalar) else ""
    match = _TIMEOUT.fullmatch(text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if match is None or not 0 < seconds <= _MAX_TIMEOUT:
        section.report.add(
            "S016",
            node.place,
            "a timeout is a number and one of the units ms, s and m, more than 0 and at most a day",
            hint=_timeout_hint(text),
        )
        return None
    return Name(match[0], section.key_place("timeout")), round(seconds, 9)


def _timeout_hint(text: str) -> str:
    if re.fullmatch(r"[1-9][0-9]{0,3}", text):
        return f"write {text}s or {text}ms"
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        return f"write {int(clock[1]) * 60 + int(clock[2])}s"
    match = _OTHER_UNIT.fullmatch(text.lower())
    unit = next((to for names, to in _OTHER_UNITS if match and match[2] in names), None)
    if match is None or unit is None:
        return "for example 5s, 500ms or 2m"
    if unit == "m" and match[2] not in _MINUTES:
        minutes = int(match[1]) * _IN_MINUTES[match[2][0]]
        return f"write {minutes}m" if minutes * 60 <= _MAX_TIMEOUT else "at most 1440m"
    return f"write {match[1]}{unit}"


EVENT_READERS: Final[MappingOf[Direction, Callable[[Entry, Reporter], EventNode]]] = (
    MappingProxyType({each: partial(read_event, direction=each) for each in get_args(Direction)})
)
"""What reads one entry, by the direction: always the same function, for `read_once`."""
