"""Reading a file block by block, so that a changed file costs what its changed blocks cost.

A block is an entry of a mapping: a type, an event, or a part of the file that has neither. Blocks
are found by their indentation, and each is parsed alone. A quote, a bracket or a mark that doesn't
end with its block makes it no YAML, or gives it a problem; then nothing is said of the file here,
and the file is read as a whole, which reports all problems at their places.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Block, Source
from ackord.schema.yaml.nodes import Entry, Mapping, Node, Scalar
from ackord.schema.yaml.parsers import YAMLError, events
from ackord.schema.yaml.tree import TooDeepError, TreeBuilder, mapping_entries

_LEVELS: Final = {"types": 1, "errors": 1, "rooms": 1, "namespaces": 3}
"""The keys of a file that hold many declarations, with the levels of mappings to split."""
_START: Final = re.compile(r"(?: *(?:#[^\n]*)?\n)*(?:---[ \t]*\n)?")
"""What stands above a mapping; libyaml refuses a tab before the first key of a mapping, even in an
empty line.
"""
_MARK: Final = re.compile(r"^(?:---|\.\.\.|%)", re.MULTILINE)
"""The beginning of another document, or of a directive."""
_HEAD: Final = re.compile(
    r"""[ ]*(?:"[^"\\\n]*"|'[^'\n]*'|[^\s"'#][^\n#:"']*):(?:[ \t]+\#[^\n]*|[ \t]*)\n"""
)
"""A key alone in its line."""
_FIRST: Final = re.compile(r"(?: *(?:#[^\n]*)?\n)*( *)[^\s#?:\-{}\[\]|>&*!%@`]")
"""The first key of a mapping in block style."""

_Known: TypeAlias = defaultdict[tuple[str, str, int], list[tuple[Block, Entry]]]
"""Blocks with their entries, by their text as it was parsed, their text in the file, and depth."""


class _WholeError(Exception):
    """The file has to be read as a whole."""


class _Span(NamedTuple):
    """A mapping or an entry in the text."""

    start: int
    end: int
    indent: int
    depth: int
    """Levels of mappings around it."""


class Blocks:
    """The blocks of a file that was read before."""

    def __init__(self) -> None:
        self._known: _Known = defaultdict(list)

    def read(self, source: Source, text: str, report: Reporter) -> Mapping | None:
        """Read a text, but for the blocks that are known.

        Args:
            source: The file.
            text: What to read of it, with the same places.
            report: Takes the problems.

        Returns:
            The tree, as it would be without known blocks; `None`, and no problems, if the text has
            to be read as a whole.
        """
        reading = _Reading(source, text, self._known)
        try:
            root = reading.root()
        except _WholeError:
            for key, blocks in reading.used.items():
                self._known[key] += blocks
            return None
        self._known = reading.used
        report.include(reading.report)
        return root


class _Reading:
    """Reads one text."""

    def __init__(self, source: Source, text: str, known: _Known) -> None:
        self._source = source
        self._text = text
        self._known = known
        self.used: _Known = defaultdict(list)
        self.report = Reporter()

    def root(self) -> Mapping:
        start = _START.match(self._text)
        begin = start.end() if start is not None else 0
        if _MARK.search(self._text, begin):
            raise _WholeError
        root = self._mapping(_Span(begin, len(self._text), -1, 0), None)
        if root is None:
            raise _WholeError
        return root

    def _mapping(self, span: _Span, levels: int | None) -> Mapping | None:
        """Read a mapping in block style; `None` if there is none."""
        first = _FIRST.match(self._text, span.start, span.end)
        if first is None or len(first[1]) <= span.indent:
            return None
        indent = len(first[1])
        nodes: list[Node] = []
        for start, end in self._split(first.start(1), span.end, indent):
            nodes += self._entry(_Span(start, end, indent, span.depth), levels)
        place = self._source.place(_start(nodes[0]), _end(nodes[-1]))
        return Mapping(place, mapping_entries(nodes, self._source, self.report))

    def _split(self, start: int, end: int, indent: int) -> Iterator[tuple[int, int]]:
        """Split a mapping into its entries; a list or a closing bracket belongs to the entry
        above.
        """
        pattern = re.compile(rf"^ {{{indent}}}(?=[^\s#\-}}\]])", re.MULTILINE)
        starts = [found.start() for found in pattern.finditer(self._text, start, end)]
        return pairwise([*starts, end])

    def _entry(self, span: _Span, levels: int | None) -> Entry:
        head = _HEAD.match(self._text, span.start, span.end)
        if levels is None and head is not None:
            levels = _LEVELS.get(head[0].strip(" \n:"), 0)
        if levels and head is not None:
            inner = self._mapping(
                _Span(head.end(), span.end, span.indent, span.depth + 1), levels - 1
            )
            if inner is not None:
                return Entry(self._key(span, head.end()), inner)
        return self._block(span)

    def _key(self, span: _Span, end: int) -> Scalar:
        """Read the key of a mapping that is split."""
        key = self._block(span._replace(end=end)).key
        return key._replace(
            source=self._source, start=key.start + span.start, end=key.end + span.start
        )

    def _block(self, span: _Span) -> Entry:
        text, own = self._text[span.start : span.end], self._source.text[span.start : span.end]
        key = text, own, span.depth
        if self._known.get(key):
            block, entry = self._known[key].pop()
            block.whole, block.base = self._source, span.start
        else:
            block = Block(own, self._source, span.start)
            entry = _parse(block, text, span)
        self.used[key].append((block, entry))
        return entry


def _parse(block: Block, text: str, span: _Span) -> Entry:
    """Parse the only entry of a block."""
    report = Reporter()
    builder = TreeBuilder(block, {}, report, depth=span.depth)
    try:
        builder.build(events(text))
    except (YAMLError, TooDeepError):
        raise _WholeError from None
    root = builder.root
    if (
        report.activity  # the places of problems are those in this text
        or not isinstance(root, Mapping)
        or len(root.entries) != 1
        or root.entries[0].key.start != span.indent
        or root.entries[0].key.end == span.indent  # an empty key is where the entry above ends
    ):
        raise _WholeError
    return root.entries[0]


def _start(node: Node) -> int:
    start = node.start if isinstance(node, Scalar) else node.place.start
    return _base(node) + start


def _end(node: Node) -> int:
    end = node.end if isinstance(node, Scalar) else node.place.end
    return _base(node) + end


def _base(node: Node) -> int:
    return (node if isinstance(node, Scalar) else node.place).source.base
