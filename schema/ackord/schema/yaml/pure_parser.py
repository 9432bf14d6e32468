# PyYAML's scanner has no annotations.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
"""PyYAML's own parser of YAML, for files with errors and where PyYAML was built without libyaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NoReturn

from typing_extensions import override
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError
from yaml.tokens import ScalarToken, TagToken

_BLANK: Final = " \t"
_ENDS: Final = "\0\r\n"
_SPACE: Final = _BLANK + _ENDS
_FLOW: Final = ",[]{}"


class PureParser(Reader, Scanner, Parser):
    """PyYAML's own parser, with tabs and question marks as libyaml has them.

    What was scanned stays here, to find the cause of an error.
    """

    def __init__(self, text: str) -> None:
        """Start at the beginning of a text."""
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        self.open_brackets: list[int] = []
        """The places of the brackets that were opened and not closed."""
        self.last_quoted: tuple[int, int] | None = None
        """The place of the last text in quotes."""

    def all_events(self) -> Iterator[Any]:
        """Parse the text."""
        while self.check_event():
            event: Any = self.get_event()  # type: ignore[no-untyped-call]  # no annotations
            yield event

    @override
    def fetch_flow_collection_start(self, TokenClass: Any) -> None:  # PyYAML's name
        self.open_brackets.append(self.index)
        super().fetch_flow_collection_start(TokenClass)

    @override
    def fetch_flow_collection_end(self, TokenClass: Any) -> None:  # PyYAML's name
        if self.open_brackets:
            self.open_brackets.pop()
        super().fetch_flow_collection_end(TokenClass)
        self.flow_level = max(self.flow_level, 0)

    @override
    def scan_flow_scalar(self, style: str) -> Any:
        start = self.get_mark()
        try:
            token = super().scan_flow_scalar(style)
        except (ValueError, OverflowError):
            problem = "found an escaped character beyond U+10FFFF"
            raise ScannerError(None, start, problem, self.get_mark()) from None
        self.last_quoted = (token.start_mark.index, token.end_mark.index)
        return token

    @override
    def scan_anchor(self, TokenClass: Any) -> Any:  # PyYAML's name
        before = self.pointer, self.index, self.line, self.column
        try:
            return super().scan_anchor(TokenClass)  # type: ignore[no-untyped-call]  # PyYAML's
        except ScannerError:
            # All are refused later: one that is malformed as well, with the same words.
            self.pointer, self.index, self.line, self.column = before
        start = self.get_mark()
        self.forward()
        while self.peek() not in _SPACE + _FLOW and not (
            self.peek() == ":" and self.peek(1) in _SPACE
        ):
            self.forward()
        return TokenClass("", start, self.get_mark())

    @override
    def scan_tag(self) -> Any:
        start = self.get_mark()
        ends = _SPACE + _FLOW if self.flow_level else _SPACE
        self.forward()
        while self.peek() not in ends:
            self.forward()
        return TagToken((None, "!"), start, self.get_mark())

    @override
    def scan_block_scalar_indentation(self) -> Any:
        found = super().scan_block_scalar_indentation()
        if self.peek() == "\t":
            self._refuse_tab("while scanning a block scalar", self.get_mark())
        return found

    @override
    def scan_block_scalar_breaks(self, indent: int) -> Any:
        found = super().scan_block_scalar_breaks(indent)
        if self.column < indent and self.peek() == "\t":
            self._refuse_tab("while scanning a block scalar", self.get_mark())
        return found

    def _refuse_tab(self, context: str, start: Any) -> NoReturn:
        problem = "found a tab character that violates indentation"
        raise ScannerError(context, start, problem, self.get_mark())

    @override
    def check_plain(self) -> bool:
        first, second = self.peek(), self.peek(1)
        if first in "-?:":
            return second not in _SPACE and (first == "-" or not self.flow_level)
        return first not in _SPACE + _FLOW + "#&*!|>'\"%@`"

    @override
    def scan_to_next_token(self) -> None:
        while True:
            # A tab is a space, but not where the indentation of a key could be.
            while self.peek() == " " or (
                self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)
            ):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in _ENDS:
                    self.forward()
            if not self._skip_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    @override
    def scan_plain(self) -> Any:
        start = end = self.get_mark()
        indent = self.indent + 1
        chunks: list[str] = []
        gap = ""
        on_new_line = False
        while not self._is_document_mark() and self.peek() != "#":
            word = self._scan_word(start)
            if not word:
                break
            chunks += gap, word
            end = self.get_mark()
            self.allow_simple_key = False
            gap, on_new_line = self._scan_gap(indent, start)
            if not gap or (not self.flow_level and self.column < indent):
                break
        if on_new_line:
            self.allow_simple_key = True
        return ScalarToken("".join(chunks), True, start, end)

    def _skip_line_break(self) -> bool:
        return bool(self.scan_line_break())  # type: ignore[no-untyped-call]  # no annotations

    def _is_document_mark(self) -> bool:
        return self.column == 0 and self.prefix(3) in {"---", "..."} and self.peek(3) in _SPACE

    def _scan_word(self, start: Any) -> str:
        length = 0
        while (character := self.peek(length)) not in _SPACE:
            if character == ":":
                following = self.peek(length + 1)
                if self.flow_level and following in "?" + _FLOW:
                    self.forward(length)
                    raise ScannerError(
                        "while scanning a plain scalar",
                        start,
                        "found unexpected ':'",
                        self.get_mark(),
                    )
                if following in _SPACE:
                    break
            elif self.flow_level and character in _FLOW:
                break
            length += 1
        word: str = self.prefix(length)
        self.forward(length)
        return word

    def _scan_gap(self, indent: int, start: Any) -> tuple[str, bool]:
        """Scan spaces and line ends in a plain scalar; return what stands for them in its value,
        and whether there is a line end.
        """
        spaces = ""
        breaks = 0
        while (character := self.peek()) in _BLANK + "\r\n" and character:
            if character in "\r\n":
                self._skip_line_break()
                breaks += 1
                continue
            if breaks and character == "\t" and self.column < indent:
                self._refuse_tab("while scanning a plain scalar", start)
            spaces += character
            self.forward()
        if not breaks:
            return spaces, False
        return ("\n" * (breaks - 1) or " "), True
