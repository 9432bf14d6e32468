"""Reads the keys of a mapping, for all readers of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Mapping_
from typing import Final, get_args

from ackord.schema.diagnostics.ignores import Ignore
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.diagnostics.rules import RULES, WARNINGS
from ackord.schema.document.default_hint import default_hint
from ackord.schema.document.nodes import Name
from ackord.schema.document.versions import is_version, near_version, shown_version
from ackord.schema.model import AckStyle
from ackord.schema.source import Place, invisible_name
from ackord.schema.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence, describe, is_null

_JOINED: Final = re.compile(r"([\w./-]{1,60}):[^ \t\r\n]")
"""A key and a value without a space between them, which YAML takes for one text."""
_TRUTH: Final = {
    **dict.fromkeys(["yes", "on", "y", "1", "true"], "true"),
    **dict.fromkeys(["no", "off", "n", "0", "false"], "false"),
}
"""What other languages and YAML 1.1 write for true and false."""
_EQUALS: Final = re.compile(r"([\w./-]{1,60})[ ]*(?:=>?|->)")
"""A key and another language's sign for a value."""
_OTHER_WORDS: Final[Mapping_[str, str]] = {
    "optional": "write a question mark after the type: `type: str?`",
    "required": "fields are required unless their type ends with `?` or has a default",
    "nullable": "write `T | null`",
    "description": "docs stand under `doc`",
    "desc": "docs stand under `doc`",
    "title": "docs stand under `doc`",
    "properties": "fields stand under `fields`",
    "payload": "arguments stand under `args`, by name",
    "params": "arguments stand under `args`",
    "alias": "the name in generated code stands under `name`, the name on the wire is the key",
    "identifier": "the name in generated code stands under `name`",
    "removed": "names that were removed stand under `reserved`",
    "added": "the version that brought it stands under `since`",
    "arguments": "arguments stand under `args`",
    "returns": "what is answered stands under `ack`",
    "response": "what is answered stands under `ack`",
    "events": "events stand under `client_to_server` and `server_to_client`",
}
"""Keys of other schema languages, and what to write instead; a near name of a known key goes
first.
"""


class Section:
    """A mapping with known keys; unknown keys are reported."""

    def __init__(
        self,
        mapping: Mapping,
        where: Place,
        what: str,
        known: tuple[str, ...],
        report: Reporter,
        *,
        part: Place | None = None,
    ) -> None:
        """Check the keys.

        Args:
            mapping: The node.
            where: Where to report missing keys: mostly the key of the mapping.
            what: What the mapping describes, as in "a namespace".
            known: The known keys.
            report: Takes the problems.
            part: What ``ignore:`` is about, if that isn't the mapping with its key.
        """
        self.where = where
        self.what = what
        self.report = report
        self._entries: dict[str, Entry] = {}
        for entry in mapping.entries:
            if entry.key.text in known:
                self._entries[entry.key.text] = entry
            else:
                hint = (
                    report.nearest(entry.key.text, known)
                    or (default_hint(mapping) if entry.key.text == "default" else None)
                    or _OTHER_WORDS.get(entry.key.text)
                    or f"known keys: {', '.join(known)}"
                )
                report.add(
                    "S011", entry.key.place, f"unknown key {entry.key.text!r} in {what}", hint=hint
                )
        ignore = self._entries.get("ignore")
        if ignore is not None:
            whole = Place(where.source, min(where.start, mapping.place.start), mapping.place.end)
            _read_ignores(ignore, part or whole, report)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def key_place(self, key: str) -> Place:
        """Return the place of a key that is there."""
        return self._entries[key].key.place

    def node(self, key: str, *, required: bool = False) -> Node | None:
        """Take a value of any kind."""
        entry = self._entries.get(key)
        if entry is None and required:
            self.report.add("S012", self.where, f"{self.what} needs the key {key!r}")
        return entry.value if entry else None

    def text(self, key: str, *, required: bool = False) -> Name | None:
        """Take a text."""
        node = self.node(key, required=required)
        return None if node is None else read_text(node, f"{key!r}", self.report)

    def prose(self, key: str) -> str | None:
        """Take a text for people, such as ``doc:``."""
        found = self.text(key)
        return (found.text.strip() or None) if found else None

    def flag(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        node = self.node(key)
        if node is None:
            return default
        value = node.boolean() if isinstance(node, Scalar) else None
        if value is None:
            word = node.text.lower() if isinstance(node, Scalar) else ""
            hint = f"write `{_TRUTH[word]}`" if word in _TRUTH else None
            message = f"{key!r} is true or false, not {describe(node)}"
            self.report.add("S010", node.place, message, hint=hint)
            return default
        return value

    def since(self) -> Name | None:
        """Take ``since:``, a version of the contract."""
        node = self.node("since")
        if node is None:
            return None
        if not is_version(node):
            self.report.add(
                "S065",
                node.place,
                f"'since' is a version of the contract, three numbers, not {shown_version(node)}",
                hint=f"for example {near_version(node)}",
            )
            return None
        assert isinstance(node, Scalar)  # noqa: S101 - versions are scalars
        return Name(node.text, node.place)

    def ack_style(self) -> tuple[Name, AckStyle] | None:
        """Take ``acks: bare`` or ``acks: result``, with the place of the key."""
        found = self.text("acks")
        if found is None:
            return None
        styles: tuple[AckStyle, ...] = get_args(AckStyle)
        for style in styles:
            if found.text == style:
                return Name(found.text, self.key_place("acks")), style
        hint = self.report.nearest(found.text, styles)
        self.report.add(
            "S016",
            found.place,
            "'acks' is bare (the value itself) or result ({\"ok\": value})",
            hint=hint,
        )
        return None

    def names(self, key: str) -> tuple[Name, ...]:
        """Take a list of names, each once."""
        node = self.node(key)
        if node is None or is_null(node):
            return ()
        if not isinstance(node, Sequence):
            self.report.add(
                "S010",
                node.place,
                f"{key!r} is a list of names, not {describe(node)}",
                hint=f"write `{key}: [A, B]`",
            )
            return ()
        found: dict[str, Name] = {}
        for item in node.items:
            name = read_text(item, "a name", self.report)
            if name is None:
                continue
            if name.text in found:
                self.report.add("S019", name.place, f"{name.text!r} is listed twice")
            found.setdefault(name.text, name)
        return tuple(found.values())

    def entries(self, key: str) -> Iterator[Entry]:
        """Take a mapping from names; an empty value is an empty mapping."""
        node = self.node(key)
        mapping = None if node is None else read_mapping(node, f"{key!r}", self.report)
        return iter(mapping or ())


def _read_ignores(entry: Entry, part: Place, report: Reporter) -> None:
    """Read ``ignore:``: codes of warnings, each with the reason."""
    if not isinstance(entry.value, Mapping):
        report.add(
            "S010",
            entry.value.place,
            f"'ignore' is a mapping from codes to reasons, not {describe(entry.value)}",
            hint='for example `ignore: {S063: "the server bounds messages"}`',
        )
        return
    for each in entry.value:
        code = each.key.text
        if code not in WARNINGS:
            what = "the code of an error" if code in RULES else "no code of a warning"
            report.add(
                "S016",
                each.key.place,
                f"{code[:60]!r} is {what}: only warnings can be ignored",
                hint=f"warnings are {', '.join(WARNINGS)}",
            )
            continue
        reason = read_text(each.value, "a reason", report)
        if reason is not None and not reason.text.strip():
            report.add("S016", reason.place, f"say why {code} is ignored here")
        report.ignores.add(Ignore(code, each.key.place, part))


def read_reserved(section: Section, kinds: tuple[str, ...]) -> Mapping_[str, tuple[Name, ...]]:
    """Take ``reserved:``, names that were removed by kind."""
    node = section.node("reserved")
    mapping = None if node is None else read_mapping(node, "'reserved'", section.report)
    if mapping is None:
        return {}
    inner = Section(mapping, section.key_place("reserved"), "'reserved'", kinds, section.report)
    return {kind: inner.names(kind) for kind in kinds}


def read_mapping(node: Node, what: str, report: Reporter) -> Mapping | None:
    """Take a mapping; an empty value is an empty mapping."""
    if isinstance(node, Mapping):
        return node
    if is_null(node):
        return Mapping(node.place, ())
    joined = _JOINED.match(node.text) if isinstance(node, Scalar) and not node.style else None
    hint = f"write a space after the colon: `{joined[1]}: …`" if joined else None
    equals = _EQUALS.match(node.text) if isinstance(node, Scalar) and not node.style else None
    hint = f"a colon stands after a key: `{equals[1]}: …`" if equals else hint
    if joined and isinstance(node, Scalar):
        invisible = invisible_name(node.text[joined.end() - 1])
        hint = f"{invisible[0]}: {invisible[1]}" if invisible else hint
    report.add("S010", node.place, f"{what} is a mapping, not {describe(node)}", hint=hint)
    return None


def read_text(node: Node, what: str, report: Reporter, *, hint: str | None = None) -> Name | None:
    """Take a text; `hint` is for values that aren't text, if quotes aren't the solution."""
    if isinstance(node, Scalar) and node.kind == "text":
        return Name(node.text, node.place)
    if hint is None and isinstance(node, Scalar) and (node.kind != "null" or node.text):
        hint = f'write "{node.text}" in quotes'
    elif hint is None and not isinstance(node, Scalar):
        hint = "text that begins with { or [ stands in quotes"
    report.add("S010", node.place, f"{what} is text, not {describe(node)}", hint=hint)
    return None
