"""The events of a YAML parser -> tree of nodes.

The tree is built from events, because the language doesn't have what the composers of YAML
libraries add: references between nodes, tags and several documents. Without references a small file
can't become a large tree, and the depth is checked while events come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.gaps import Gap
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Block, Source, invisible_name
from ackord.schema.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_DEPTH: Final = 50
"""Levels of lists and mappings."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MARK: Final = re.compile(r"[&!][^\s,\[\]{}]*")
"""An anchor or a tag."""
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class TooDeepError(Exception):
    """The file is nested deeper than `MAX_DEPTH`."""


class TreeBuilder:
    """Builds the tree of one document, and reports what the language doesn't have."""

    def __init__(
        self,
        source: Source | Block,
        hidden: dict[int, str],
        report: Reporter,
        *,
        depth: int = 0,
    ) -> None:
        """Begin with an empty tree.

        Args:
            source: The text.
            hidden: What to replace in values, as `str.translate` takes it.
            report: Takes the problems.
            depth: Levels of lists and mappings around the text.
        """
        self.root: Node | None = None
        self._max_depth = MAX_DEPTH - depth
        self._source = source
        self._hidden = hidden
        self._report = report
        self._offset = 0
        self._open: list[tuple[int, bool, list[Node]]] = []
        """Start, whether it is a mapping, and nodes of each collection that isn't complete."""
        self._documents = 0

    def build(self, events: Iterable[Any]) -> None:
        """Take all events of a parser.

        Raises:
            TooDeepError: The text is nested too deep; that is reported.
        """
        for event in events:
            kind = event.__class__
            start: int = event.start_mark.index
            end: int = event.end_mark.index
            if kind is ScalarEvent:
                self._add(self._scalar(event, start, end))
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if event.anchor is not None or event.tag is not None:
                    self._refuse_mark(event, start)
                self._push(start, is_mapping=kind is MappingStartEvent)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(end)
            elif kind is AliasEvent:
                self._refuse(
                    start,
                    end,
                    "aliases aren't part of the language",
                    "put the text in quotes if it begins with *; else write the value out, or "
                    "declare a type for it",
                )
                self._report.broken(self._gap(start, end))
                self._add(Scalar(self._source, start, end, "", None))
            elif kind is DocumentStartEvent:
                self._documents += 1
                if self._documents == 2:
                    self._refuse(
                        start,
                        end,
                        "a schema file holds one document",
                        "put the second one in its own file",
                    )
            self._offset = end

    def _scalar(self, event: Any, start: int, end: int) -> Scalar:
        text: str = event.value
        style: str | None = event.style or None
        if event.anchor is not None or event.tag is not None:
            mark_end = self._refuse_mark(event, start)
            if not text and style is None:
                self._report.broken(self._gap(start, mark_end))
                end = mark_end
        elif not text and style is None:
            start = end = self._offset  # The parsers disagree on where nothing stands.
        elif style == '"' and _SURROGATE.search(text):
            # JSON escapes a character beyond U+FFFF as a pair of surrogates.
            text = _PAIR.sub(lambda pair: _join(pair[0]), text)
            if _SURROGATE.search(text):
                place = self._source.place(start, end)
                self._report.add("S004", place, "half of a surrogate pair is no character")
                text = ""
        if self._hidden:
            text = text.translate(self._hidden)
        return Scalar(self._source, start, end, text, style)

    def _gap(self, start: int, end: int) -> Gap:
        return Gap(place=self._source.place(start, end))

    def _refuse_mark(self, event: Any, start: int) -> int:
        """Report an anchor or a tag; return where it ends."""
        mark = _MARK.match(self._source.text, start)
        end = mark.end() if mark is not None else start + 1
        what, character = ("anchors", "&") if event.anchor is not None else ("tags", "!")
        self._refuse(
            start,
            end,
            f"{what} aren't part of the language",
            f"put the text in quotes if it begins with {character}",
        )
        return end

    def _refuse(self, start: int, end: int, message: str, hint: str) -> None:
        self._report.add("S006", self._source.place(start, end), message, hint=hint)

    def _push(self, start: int, *, is_mapping: bool) -> None:
        self._open.append((start, is_mapping, []))
        if len(self._open) > self._max_depth:
            place = self._source.place(start, start + 1)
            self._report.add("S007", place, f"this is nested more than {MAX_DEPTH} levels deep")
            raise TooDeepError

    def _close(self, end: int) -> None:
        start, is_mapping, nodes = self._open.pop()
        last = nodes[-1] if nodes else None
        if last is not None and self._source.text[end - 1 : end] not in {"}", "]"}:
            # The parser ends a block where the next one begins.
            end = max(last.end if isinstance(last, Scalar) else last.place.end, start)
        place = self._source.place(start, end)
        if is_mapping:
            self._add(Mapping(place, mapping_entries(nodes, self._source, self._report)))
        else:
            self._add(Sequence(place, tuple(nodes)))

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][2].append(node)
        elif self._documents == 1:
            self.root = node


def mapping_entries(
    nodes: list[Node], source: Source | Block, report: Reporter
) -> tuple[Entry, ...]:
    """Pair keys and values; report keys that a mapping can't have."""
    seen: dict[str, Entry] = {}
    for key, value in zip(nodes[::2], nodes[1::2], strict=True):
        if not isinstance(key, Scalar):
            report.add("S006", key.place, "a key is a name, not a list or a mapping")
            continue
        if key.style is None and not key.text.isascii() and _is_unspaced(key, report):
            continue
        if key.text == "<<" and key.style is None:
            report.add(
                "S006",
                key.place,
                "merge keys aren't part of the language",
                hint="write the keys out",
            )
            # What the mapping misses now is reported at its own key, in the same line or above.
            above = source.text.rfind("\n", 0, max(source.text.rfind("\n", 0, key.start), 0)) + 1
            holder = source.place(above, key.end)
            report.broken(Gap(place=key.place, holders=(holder,)))
            continue
        first = seen.get(key.text)
        if first is not None:
            report.add(
                "S005",
                key.place,
                f"the key {key.text[:60]!r} stands here for the second time",
                related=[related("first defined here", first.key.place)],
            )
            continue
        # A missing value has no place of its own, so the key's is shown.
        absent = isinstance(value, Scalar) and value.start == value.end
        seen[key.text] = Entry(
            key, Scalar(source, key.start, key.end, "", None) if absent else value
        )
    return tuple(seen.values())


def _is_unspaced(key: Scalar, report: Reporter) -> bool:
    """Report a character in a key that looks like a space, which editors and web pages put into
    indentation.
    """
    for offset, character in enumerate(key.text):
        found = invisible_name(character) if not character.isascii() else None
        if found is not None:
            report.add("S004", key.inside(offset, offset + 1), found[0], hint=found[1])
            return True
    return False


def _join(pair: str) -> str:
    return pair.encode("utf-16", "surrogatepass").decode("utf-16")
