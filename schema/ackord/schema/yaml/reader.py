"""YAML text -> tree of nodes.

ruamel.yaml parses (YAML 1.2, with exact marks); the tree is built here from the parser's events,
because the language doesn't have what ruamel's composer adds: references between nodes, tags and
several documents. Without references a small file can't become a large tree, and the depth is
checked while events come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Source, invisible_name
from ackord.schema.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence
from ackord.schema.yaml.syntax_errors import one_line, report_syntax
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

MAX_DEPTH = 50
"""Levels of lists and mappings."""

_MAX_SYNTAX_ERRORS = 20
"""Broken lines that are reported at most."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


@dataclass(slots=True)
class _Open:
    """A list or mapping that isn't complete yet."""

    start: int
    is_mapping: bool
    nodes: list[Node] = field(default_factory=list[Node])


class _TooDeepError(Exception):
    """The file is nested deeper than `MAX_DEPTH`."""


def read_yaml(source: Source, report: Reporter) -> Node | None:
    """Read the only document of a file; `None` if the file isn't YAML or is empty."""
    text, separators = _hide_separators(source.text)
    for _ in range(_MAX_SYNTAX_ERRORS):
        builder = _Builder(source, report, separators)
        rest = _parse(text, builder, source, report)
        if rest is None:
            return builder.root
        text = rest
    return None


def _hide_separators(text: str) -> tuple[str, dict[int, int]]:
    """Replace characters that are line ends in YAML 1.1 only, which ruamel takes for line ends;
    also return how to restore them.
    """
    separators = [character for character in "\x85\u2028\u2029" if character in text]
    unused = (code for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    hidden = {ord(separator): next(unused) for separator in separators}
    return text.translate(hidden), {code: separator for separator, code in hidden.items()}


def _parse(text: str, builder: _Builder, source: Source, report: Reporter) -> str | None:
    """Parse once. After a syntax error in one line only, return the text without that line, to find
    the next error.
    """
    try:
        for event in _events(text):
            builder.receive(event)
    except _TooDeepError:
        pass
    except ReaderError as exc:
        error: Any = exc
        character = ord(error.character) if isinstance(error.character, str) else error.character
        report.add(
            "S004",
            source.place(error.position, error.position + 1),
            f"the character U+{character:04X} isn't allowed in YAML",
        )
    except MarkedYAMLError as exc:
        return report_syntax(exc, text, source, report)
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as exc:
        # ruamel raises these for some broken escapes, tags and directives.
        offset = builder.offset
        report.add(
            "S004",
            source.place(offset, offset + 1),
            f"after this place the file isn't valid YAML: {one_line(str(exc))}",
        )
    return None


def _events(text: str) -> Iterator[Any]:
    # An instance is used once, because it keeps the state of its file.
    parser: Any = YAML(typ="safe", pure=True)
    events: Iterator[Any] = parser.parse(text)
    return events


def _join(pair: str) -> str:
    return pair.encode("utf-16", "surrogatepass").decode("utf-16")


class _Builder:
    def __init__(self, source: Source, report: Reporter, separators: dict[int, int]) -> None:
        self.root: Node | None = None
        self.offset = 0
        self._source = source
        self._report = report
        self._separators = separators
        self._open: list[_Open] = []
        self._documents = 0

    def receive(self, event: Any) -> None:
        """Take the next event of the parser."""
        start: int = event.start_mark.index
        end: int = event.end_mark.index
        self.offset = end
        match type(event).__name__:
            case "ScalarEvent":
                self._check_plain(event, start, end)
                self._add(
                    Scalar(
                        self._source,
                        start,
                        end,
                        self._text(event.value, start, end),
                        event.style or None,
                    )
                )
            case "MappingStartEvent" | "SequenceStartEvent" as name:
                self._check_plain(event, start, end)
                self._push(_Open(start, is_mapping=name == "MappingStartEvent"))
            case "MappingEndEvent" | "SequenceEndEvent":
                self._close(end)
            case "AliasEvent":
                self._refuse(
                    start,
                    end,
                    "aliases aren't part of the language",
                    "write the value out, or declare a type for it",
                )
                self._add(Scalar(self._source, start, end, "", None))
            case "DocumentStartEvent":
                self._documents += 1
                if event.version or event.tags:
                    self._refuse(
                        start,
                        end,
                        "directives aren't part of the language",
                        "remove the lines that start with %",
                    )
                if self._documents == 2:
                    self._refuse(
                        start,
                        end,
                        "a schema file holds one document",
                        "put the second one in its own file",
                    )
            case _:
                pass

    def _text(self, value: str, start: int, end: int) -> str:
        # JSON escapes a character beyond U+FFFF as a pair of surrogates.
        value = _PAIR.sub(lambda pair: _join(pair[0]), value)
        if _SURROGATE.search(value):
            self._report.add(
                "S004", self._source.place(start, end), "half of a surrogate pair is no character"
            )
            return ""
        return value.translate(self._separators)

    def _check_plain(self, event: Any, start: int, end: int) -> None:
        if event.anchor is not None:
            self._refuse(
                start,
                max(end, start + 1),
                "anchors aren't part of the language",
                "quote the text if it starts with &",
            )
        elif event.tag is not None:
            self._refuse(
                start,
                max(end, start + 1),
                "tags aren't part of the language",
                "quote the text if it starts with !",
            )

    def _refuse(self, start: int, end: int, message: str, hint: str) -> None:
        self._report.add("S006", self._source.place(start, end), message, hint=hint)

    def _push(self, opened: _Open) -> None:
        self._open.append(opened)
        if len(self._open) > MAX_DEPTH:
            place = self._source.place(opened.start, opened.start + 1)
            self._report.add("S007", place, f"this is nested more than {MAX_DEPTH} levels deep")
            raise _TooDeepError

    def _close(self, end: int) -> None:
        opened = self._open.pop()
        last = opened.nodes[-1] if opened.nodes else None
        if isinstance(last, Scalar):
            end = (
                max(last.end, opened.start)
                if self._source.text[end - 1 : end] not in {"}", "]"}
                else end
            )
        place = self._source.place(opened.start, end)
        if opened.is_mapping:
            self._add(Mapping(place, self._entries(opened.nodes)))
        else:
            self._add(Sequence(place, tuple(opened.nodes)))

    def _entries(self, nodes: list[Node]) -> tuple[Entry, ...]:
        seen: dict[str, Entry] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Scalar):
                self._report.add("S006", key.place, "a key is a name, not a list or a mapping")
                continue
            if key.style is None and self._is_unspaced(key):
                continue
            if key.text == "<<" and key.style is None:
                self._refuse(
                    key.start,
                    key.end,
                    "merge keys aren't part of the language",
                    "write the keys out",
                )
                continue
            first = seen.get(key.text)
            if first is not None:
                place = first.key.place
                self._report.add(
                    "S005",
                    key.place,
                    f"the key {key.text!r} stands here for the second time",
                    related=[related("first defined here", place)],
                )
                continue
            # A missing value has no place of its own, so the key's is shown.
            absent = isinstance(value, Scalar) and value.start == value.end
            seen[key.text] = Entry(
                key, Scalar(self._source, key.start, key.end, "", None) if absent else value
            )
        return tuple(seen.values())

    def _is_unspaced(self, key: Scalar) -> bool:
        """Report a character in a key that looks like a space, which editors and web pages put into
        indentation.
        """
        for offset, character in enumerate(key.text):
            found = invisible_name(character) if not character.isascii() else None
            if found is not None:
                self._report.add("S004", key.inside(offset, offset + 1), found[0], hint=found[1])
                return True
        return False

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1].nodes.append(node)
        elif self._documents == 1:
            self.root = node
