"""Finding all syntax errors of a file, and what can be read without them.

Blocks are tried alone: an entry from its key to the next line with the same indentation. Where a
block isn't YAML, its own entries are tried, down to those that hold the errors. So no error hides
another one, and a bracket or a quote that is never closed ends with its entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.gaps import Gap
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Source
from ackord.schema.yaml.parsers import YAMLError, events
from ackord.schema.yaml.pure_parser import PureParser
from ackord.schema.yaml.syntax_errors import Problem, find_problem
from ackord.schema.yaml.tree import MAX_DEPTH, TooDeepError, TreeBuilder
from yaml.events import CollectionEndEvent, CollectionStartEvent

# Patterns are compiled when they are needed first: most files have no errors.
_LINE: Final = r"( *)([^\n]*)(?:\n|\Z)"
_KEY: Final = (
    r"""[ ]*(?:"[^"\\\n]*"|'[^'\n]*'|[^\s"'#&*!|>%@`{}\[\],:?-][^\n#:{}\[\],"']*):(?=[ \t\n]|\Z)"""
)
"""A key at the beginning of a line."""
_KEY_ALONE: Final = r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)"
_WORD: Final = r"[^\W\d][\w./-]*"
_MAX_EFFORT: Final = 5_000_000
"""Characters that the slow parser reads at most."""
_MAX_PROBLEMS: Final = 100
"""Syntax errors that are looked for; one more says that there are more."""


@dataclass(frozen=True, slots=True)
class _Block:
    """An entry of a mapping or an item of a list; the whole text at the top."""

    start: int
    end: int
    holders: tuple[tuple[int, int], ...] = ()
    """Start and end of the blocks that hold this one, from the outermost."""


class Recovery:
    """Reports the syntax errors of a text and takes the broken parts out."""

    def __init__(self, source: Source, text: str, report: Reporter) -> None:
        """Begin with the whole text; `source` says the places in it."""
        self._source = source
        self._report = report
        self._characters = list(text)
        self._effort = 0
        self._count = 0
        self._holders: list[tuple[_Block, list[_Block]]] = []
        """The blocks that hold mended ones, with their entries, from the innermost."""

    def mend(self) -> str | None:
        """Report the errors of a text that isn't YAML; return the text with spaces in place of the
        broken parts, or `None` if it isn't YAML without them either.
        """
        length = len(self._characters)
        self._mend_broken(_Block(0, length))
        text = self._text(0, length)
        if _is_yaml(text):
            return text
        # Only now are the blocks around the mended ones looked at: that takes as long for each of
        # them as for the whole text, and seldom finds more.
        for block, children in self._holders:
            self._mend_between(block, children)
        text = self._text(0, length)
        problem = None if _is_yaml(text) else _first_problem(text)
        if problem is not None and self._is_spent():
            self._report.add(
                "S004",
                self._source.place(problem.start, problem.end),
                "this file has more syntax errors, which aren't reported",
                hint="mend the other errors first",
            )
        return text if problem is None else None

    def _mend_broken(self, block: _Block) -> None:
        """Mend a block that isn't YAML."""
        text = self._text(block.start, block.end)
        children = list(_children(text, block)) if len(block.holders) < MAX_DEPTH else []
        found = False
        for child in children:
            if not self._is_spent() and not self._parses(child):
                found = True
                self._mend_broken(child)
        if found:
            self._holders.append((block, children))
        else:
            self._mend_between(block, children)

    def _mend_between(self, block: _Block, children: list[_Block]) -> None:
        """Mend what is wrong between the entries of a block, or in a block without entries."""
        while not _is_yaml(text := self._text(block.start, block.end)):
            problem = self._problem(text)
            if problem is None:
                return
            self._report_problem(problem, block.start)
            offset = block.start + problem.start
            broken = next((one for one in children if one.start <= offset < one.end), None)
            if broken is None or not self._blank(broken):
                self._blank_value(block)

    def _problem(self, text: str) -> Problem | None:
        if self._is_spent():
            return None
        self._effort += len(text)
        return _first_problem(text)

    def _is_spent(self) -> bool:
        return self._effort > _MAX_EFFORT or self._count >= _MAX_PROBLEMS

    def _report_problem(self, problem: Problem, base: int) -> None:
        self._count += 1
        others = [
            related(message, self._source.place(base + start, base + end))
            for message, start, end in problem.related
        ]
        place = self._source.place(base + problem.start, base + problem.end)
        self._report.add("S004", place, problem.message, hint=problem.hint, related=others)

    def _blank_value(self, block: _Block) -> None:
        """Put spaces in place of a value, or of its key as well if that isn't enough."""
        key = re.match(_KEY, self._text(block.start, block.end))
        keep = key.end() if key is not None else 0
        if keep == 0 or not self._blank(block, keep) or not self._parses(block):
            self._blank(block)

    def _parses(self, block: _Block) -> bool:
        return _is_yaml(self._text(block.start, block.end))

    def _blank(self, block: _Block, keep: int = 0) -> bool:
        """Put spaces in place of a block but for its beginning; return whether anything changed."""
        text = self._text(block.start, block.end)
        blank = re.sub(r"[^\n]", " ", text[keep:])
        if blank == text[keep:]:
            return False
        self._characters[block.start + keep : block.end] = blank
        holders = [(start, self._line_end(start)) for start, _ in block.holders]
        if not keep:
            holders += self._line_above(block.start)  # The block may have been meant as its value.
        self._report.broken(
            Gap(
                place=self._source.place(block.start, block.end),
                key=text[:keep].strip(" :\"'") or None,
                holders=tuple(self._source.place(*holder) for holder in holders),
                siblings=self._source.place(*block.holders[-1]) if block.holders[1:] else None,
                names=frozenset(re.findall(_WORD, text)),
            )
        )
        return True

    def _line_above(self, start: int) -> list[tuple[int, int]]:
        """Return the last line above that isn't empty."""
        before = self._source.text[:start].rstrip()
        return [(before.rfind("\n") + 1, len(before))]

    def _line_end(self, start: int) -> int:
        end = self._source.text.find("\n", start + 1)
        return end if end >= 0 else len(self._source.text)

    def _text(self, start: int, end: int) -> str:
        return "".join(self._characters[start:end])


def _first_problem(text: str) -> Problem | None:
    parser = PureParser(text)
    try:
        TreeBuilder(Source("", text), {}, Reporter()).build(parser.all_events())
    except TooDeepError:
        return None  # This is reported with the tree.
    except YAMLError as exc:
        return find_problem(exc, parser, text)
    return None


def _is_yaml(text: str) -> bool:
    """Return whether a text is YAML, or nested too deep, which is reported with the tree."""
    depth = 0
    try:
        for event in events(text):
            if isinstance(event, CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    return True
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
    except YAMLError:
        return False
    return True


def _children(text: str, block: _Block) -> Iterator[_Block]:
    """Split a block into its entries; a block without entries has none."""
    body = 0
    if block.holders:
        key = re.match(_KEY, text)
        alone = re.compile(_KEY_ALONE).match(text, key.end()) if key is not None else None
        if alone is None:
            return
        body = alone.end()
    starts: list[int] = []
    indent = -1
    dashes = False
    for line in re.compile(_LINE).finditer(text, body):
        content = line[2]
        if not content or content[0] == "#":
            continue
        if indent < 0:
            indent = len(line[1])
            dashes = content.startswith("-")
        if (
            len(line[1]) <= indent
            and content[0] not in "}]"
            and (dashes or not starts or not content.startswith("- "))
        ):
            starts.append(line.start())
    if not starts:
        return
    ends = [*starts[1:], len(text)]
    for start, end in zip(starts, ends, strict=True):
        yield _Block(
            block.start + start,
            block.start + end,
            (*block.holders, (block.start, block.end)),
        )
