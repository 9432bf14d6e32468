"""JSON text -> tree of nodes with places (RFC 8259).

The reader goes on after each error with what was most likely meant, so that all of them are found.
"""

from __future__ import annotations

import re
from typing import Final

from ackord.schema.diagnostics.gaps import Gap
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Source
from ackord.schema.yaml.nodes import Mapping, Node, Scalar, Sequence
from ackord.schema.yaml.tree import MAX_DEPTH, TooDeepError, mapping_entries

# Patterns are compiled when they are needed first: most files have no errors.
_SPACE: Final = r"[ \t\r\n]*"
_COMMENT: Final = r"(?s)//[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z)"
_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_WORD: Final = r"""[^\s,:{}\[\]"'][^,:{}\[\]"'\n]*"""
_PLAIN: Final = r'[^"\\\x00-\x1f]+'
_ESCAPE: Final = r"(?s)\\(?:u([0-9a-fA-F]{4})|(.?))"
_ESCAPED: Final = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"
}  # fmt: skip
_SINGLE: Final = r"'(?:[^'\\\n]|\\.)*'?"
_CLOSING: Final = {"{": "}", "[": "]"}
_NUMERIC: Final = r"[-+.]?[0-9][0-9a-fA-FxobX_eE+-]*\.?[0-9a-fA-F_eE+-]*|[-+]?(?:NaN|Infinity)"
_LITERALS: Final = frozenset({"true", "false", "null"})
_OTHER_LITERALS: Final = {
    "True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"
}  # fmt: skip


def read_json(source: Source, report: Reporter) -> Node | None:
    """Read a file that is JSON; `None` if it is nested too deep."""
    reader = _Reader(source, report)
    try:
        return reader.document()
    except TooDeepError:
        return None


class _Reader:
    def __init__(self, source: Source, report: Reporter) -> None:
        self._source = source
        self._text = source.text
        self._report = report
        self._at = 0
        self._open: list[int] = []
        """Where the collections begin that aren't complete."""
        self._has_ended = False
        self._first = len(self._text) - len(self._text.lstrip(" \t\r\n{"))
        """Where the first key begins."""

    def document(self) -> Node:
        self._skip()
        root = self._collection()
        self._skip()
        if self._at < len(self._text):
            end = self._text.find("\n", self._at) % (len(self._text) + 1)
            self._tell(self._at, end, "after the last } nothing more can stand", "remove it")
        return root

    def _tell(self, start: int, end: int, message: str, hint: str | None = None) -> None:
        place = self._source.place(start, max(end, start + 1))
        self._report.add("S004", place, message, hint=hint)

    def _skip(self) -> None:
        """Skip white space, and comments, which are reported."""
        while True:
            space = re.compile(_SPACE).match(self._text, self._at)
            self._at = space.end() if space else self._at
            comment = re.compile(_COMMENT).match(self._text, self._at)
            if comment is None:
                return
            self._tell(
                *comment.span(),
                "JSON has no comments",
                "remove it, or write the file in YAML, where # begins a comment",
            )
            self._at = comment.end()

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _value(self) -> Node | None:
        """Read a value; `None` if there is none."""
        character = self._next()
        if character and character in "{[":
            return self._collection()
        return self._string() if character == '"' else self._word()

    def _collection(self) -> Node:
        start = self._at
        self._open.append(start)
        if len(self._open) > MAX_DEPTH:
            place = self._source.place(start, start + 1)
            self._report.add("S007", place, f"this is nested more than {MAX_DEPTH} levels deep")
            raise TooDeepError
        is_mapping = self._next() == "{"
        self._at += 1
        nodes: list[Node] = []
        closing = "}" if is_mapping else "]"
        while self._goes_on(start, closing, has_nodes=bool(nodes)):
            if is_mapping:
                self._entry(nodes)
            else:
                nodes.append(self._value() or self._skipped())
        self._open.pop()
        place = self._source.place(start, self._at)
        if is_mapping:
            return Mapping(place, mapping_entries(nodes, self._source, self._report))
        return Sequence(place, tuple(nodes))

    def _goes_on(self, start: int, closing: str, *, has_nodes: bool) -> bool:
        """Read what stands between two nodes; return whether another node follows."""
        after = self._at
        self._skip()
        commas = 0
        comma = after
        while self._next() == ",":
            if commas or not has_nodes:
                self._tell(
                    self._at, self._at + 1, "there is no value before this comma", "remove it"
                )
            comma = self._at
            commas += 1
            self._at += 1
            self._skip()
        character = self._next()
        if not character:
            self._end_open_collection(start)
            return False
        if character in "}]":
            self._close(start, closing)
            if commas and has_nodes:
                self._tell(comma, comma + 1, f"JSON has no comma before a {closing}", "remove it")
            return False
        if has_nodes and not commas:
            self._tell(after - 1, after, "a comma is missing after this", "write `,`")
        return True

    def _end_open_collection(self, start: int) -> None:
        """Report once that the file has ended too early."""
        if self._has_ended:
            return
        self._has_ended = True
        missing = "".join(_CLOSING[self._text[opening]] for opening in reversed(self._open))
        self._tell(
            start,
            start + 1,
            f"the {self._text[start]} that opens here isn't closed",
            f"the file ends without {missing}",
        )
        holders = tuple(self._source.place(opening, opening + 1) for opening in self._open)
        place = self._source.place(start, start + 1)
        self._report.broken(Gap(place=place, holders=holders))

    def _close(self, start: int, closing: str) -> None:
        """Take a closing bracket, but one for an outer collection only if it can't be meant so."""
        character = self._next()
        if character == closing:
            self._at += 1
            return
        self._tell(
            self._at,
            self._at + 1,
            f"this {character} can't close the {self._text[start]} before it",
            f"write {closing} first, or remove this {character}",
        )
        if character not in {_CLOSING[self._text[opening]] for opening in self._open}:
            self._at += 1

    def _entry(self, nodes: list[Node]) -> None:
        key = self._value()
        if key is None:
            self._skipped()
            return
        is_name = isinstance(key, Scalar) and key.style is not None
        if isinstance(key, Scalar) and not is_name:
            self._tell(
                key.start,
                key.end,
                "a key in JSON is text in double quotes",
                f'write "{key.text[:60]}"',
            )
        self._skip()
        if self._next() in {":", "="}:
            if self._next() == "=":
                self._tell(self._at, self._at + 1, "a colon stands after a key", "write `:`")
            self._at += 1
        elif isinstance(key, Scalar):
            self._tell(
                key.start, key.end, "after this key there is no colon", 'write `"key": value`'
            )
            if self._next() in {",", "}", "]", ""}:
                nodes += key, self._absent(key.start, key.end)
                return
        self._skip()
        value = None if self._next() in {",", "}", "]", ""} else self._value()
        if value is None:
            end = self._at
            if isinstance(key, Scalar):
                self._tell(
                    key.start,
                    key.end,
                    "after this key there is no value",
                    "write a value, or remove the key",
                )
                end = key.end
            value = self._absent(key.start if isinstance(key, Scalar) else end, end)
        nodes += key, value

    def _leave_out(self, start: int, end: int) -> None:
        self._report.broken(Gap(place=self._source.place(start, end)))

    def _absent(self, start: int, end: int) -> Scalar:
        self._leave_out(start, end)
        return Scalar(self._source, start, end, "", None)

    def _skipped(self) -> Node:
        """Report a character that begins no value, and skip it."""
        start = self._at
        self._at += 1
        self._tell(start, self._at, f"{self._text[start]} can't stand here", "remove it")
        return self._absent(start, self._at)

    def _word(self) -> Scalar | None:
        """Read what stands without double quotes."""
        start = self._at
        if self._next() == "'":
            return self._single_quoted()
        number = re.compile(_NUMBER).match(self._text, start)
        word = re.compile(_WORD).match(self._text, start)
        if word is None:
            return None
        text = word[0].rstrip()
        self._at = start + len(text)
        if text in _LITERALS or (number is not None and number[0] == text):
            return Scalar(self._source, start, self._at, text, None)
        if text in _OTHER_LITERALS:
            right = _OTHER_LITERALS[text]
            self._tell(start, self._at, f"{text} is no value in JSON", f"write `{right}`")
            self._leave_out(start, self._at)
            return Scalar(self._source, start, self._at, right, None)
        if self._next() in {"[", "{"}:
            rest = re.compile(r"[^,\n\"]*?[\]}]+(?:\s*\|\s*\w+)*\??").match(self._text, self._at)
            self._at = rest.end() if rest else self._at
            text = self._text[start : self._at]
        if re.fullmatch(_NUMERIC, text):
            self._tell(
                start,
                self._at,
                "JSON doesn't write numbers so",
                "write digits, as in 5, -0.5 or 1e9",
            )
            self._leave_out(start, self._at)
            return Scalar(self._source, start, self._at, "0", None)
        hint = f'write "{text[:60]}"'
        if start == self._first:
            hint += "; a file that begins with { is read as JSON"
        self._tell(start, self._at, "text in JSON stands in double quotes", hint)
        return Scalar(self._source, start, self._at, text, '"')

    def _single_quoted(self) -> Scalar:
        match = re.compile(_SINGLE).match(self._text, self._at)
        start, self._at = match.span() if match else (self._at, self._at + 1)
        text = self._text[start + 1 : self._at].removesuffix("'")
        self._tell(start, self._at, "text in JSON stands in double quotes", f'write "{text[:60]}"')
        return Scalar(self._source, start, self._at, text, "'")

    def _string(self) -> Scalar:
        start = self._at
        self._at += 1
        pieces: list[str] = []
        while True:
            plain = re.compile(_PLAIN).match(self._text, self._at)
            if plain is not None:
                pieces.append(plain[0])
                self._at = plain.end()
            character = self._next()
            if character == "\\":
                pieces.append(self._escape())
            elif character == '"':
                self._at += 1
                break
            elif character in {"", "\n"}:
                self._end_open_string(start, pieces)
                break
            else:
                self._at += 1
                written = {"\t": "\\t", "\r": "\\r"}.get(character, f"\\u{ord(character):04x}")
                self._tell(
                    self._at - 1,
                    self._at,
                    f"the character U+{ord(character):04X} can't stand in a text",
                    f"write {written}",
                )
                pieces.append(character)
        return Scalar(self._source, start, self._at, "".join(pieces), '"')

    def _end_open_string(self, start: int, pieces: list[str]) -> None:
        """End a text that has no closing quote with its line, without what may follow the text."""
        self._tell(
            start,
            start + 1,
            "the double quote that opens here isn't closed in its line",
            'close it with " at the end of the text; a line end in a text is written \\n',
        )
        line = self._text[start + 1 : self._at]
        self._at -= len(line) - len(line.rstrip(" ,}]"))
        pieces[:] = [self._text[start + 1 : self._at]]

    def _escape(self) -> str:
        match = re.compile(_ESCAPE).match(self._text, self._at)
        if match is None:  # pragma: no cover  # the caller has seen the backslash
            self._at += 1
            return ""
        start, self._at = match.span()
        if match[1] is not None:
            return self._code_unit(start, int(match[1], 16))
        if match[2] in _ESCAPED:
            return _ESCAPED[match[2]]
        if match[2] == "u":
            message, hint = "after \\u stand four hexadecimal digits", "as in \\u00e9"
        elif match[2] in {"", "\n"}:
            self._at = start + 1
            message, hint = (
                "a backslash can't stand at the end of a line",
                "a line end in a text is written \\n",
            )
        else:
            message = f"\\{match[2]} means nothing in JSON"
            hint = f"write \\\\{match[2]} for one backslash"
        self._tell(start, self._at, message, hint)
        return match[2] if match[2] != "\n" else ""

    def _code_unit(self, start: int, code: int) -> str:
        """Take an escaped character, or two halves of one beyond U+FFFF."""
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code)
        low = re.compile(_ESCAPE).match(self._text, self._at)
        second = int(low[1], 16) if low is not None and low[1] is not None else 0
        if low is not None and code < 0xDC00 <= second <= 0xDFFF:
            self._at = low.end()
            return chr(0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00))
        self._tell(
            start,
            self._at,
            "half of a surrogate pair is no character",
            "a character beyond U+FFFF is escaped as two halves, as in \\ud83d\\ude00",
        )
        return "\N{REPLACEMENT CHARACTER}"
