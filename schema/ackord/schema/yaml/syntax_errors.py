"""Syntax errors of YAML: what is wrong, where, and what to write instead.

PyYAML says where its parser can't go on, and in which state; the message and the likely cause are
ours, from the text around that place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ackord.schema.yaml.pure_parser import PureParser

# Patterns are compiled when they are needed first: most files have no errors.
_JOINED: Final = r"""[ ]*(?:-[ ]+)?["']?(?![0-9]+:)[\w./-]{1,100}["']?:(?!//)(?=[^ \t\r\n])"""
"""A key with a value right after its colon; neither an address nor a time of day."""
_KEY_ONLY: Final = r"[ ]*(?:-[ ]+)?(?:\"[^\"\n]*\"|'[^'\n]*'|[^ :\"']+)"
_TYPE: Final = (
    r"[\w.]+[^\n,{}\[\]]*(?:\[[^\n\]]*\]|\{[^\n}]*\})+\]*"
    r"(?:[ ]*\|[ ]*[\w.]+)*\??(?:[ ]*=[ ]*(?:\[[^\n\]]*\]|\{[^\n}]*\}|[^\s,}]+))?"
)
"""A type with brackets, and its default."""
_PLAIN_BEFORE: Final = r"""[^,{}\[\]:\s"'][^,{}\[\]:"']*$"""
"""What stands without quotes before a place in braces or brackets."""
_COLON_IN_VALUE: Final = r""":[ ]+(?=[^\s,{}\[\]:"'])(?P<value>[^\s,{}\[\]:"']*):"""
"""A key, and the beginning of its value, which has a colon without a space."""
_NAME_WITH_PARAMETERS: Final = r"[^\s,{}\[\]\"']*(?:\{[^\s{}]*\}[^\s,{}\[\]\"']*)*"
_SEPARATOR: Final = r"[,{\[]"
_CLOSING: Final = {"[": "]", "{": "}"}
_QUOTE_NAMES: Final = {'"': "double quote", "'": "single quote"}
_MAX_SHOWN: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One syntax error; places are offsets in the text that was parsed."""

    start: int
    end: int
    message: str
    hint: str | None = None
    related: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Stop:
    """Where and why the parser stopped."""

    text: str
    parser: PureParser
    problem: str
    context: str
    at: int
    since: int
    """Where the part begins in which the parser stopped; `at` if that isn't known."""

    @property
    def character(self) -> str:
        return self.text[self.at : self.at + 1]

    @property
    def line_start(self) -> int:
        return self.text.rfind("\n", 0, self.at) + 1

    @property
    def before(self) -> str:
        """The line up to the place."""
        return self.text[self.line_start : self.at]

    @property
    def rest(self) -> str:
        """The line from the place on, without a comment."""
        return _without_comment(self.text[self.at : self.line_end])

    @property
    def line_end(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def problem_at(
        self,
        start: int,
        length: int,
        message: str,
        hint: str | None = None,
        related: tuple[tuple[str, int, int], ...] = (),
    ) -> Problem:
        end = min(start + max(length, 1), max(len(self.text), start + 1))
        return Problem(start=start, end=end, message=message, hint=hint, related=related)

    def here(self, message: str, hint: str | None = None, length: int = 1) -> Problem:
        return self.problem_at(self.at, length, message, hint)


def find_problem(exc: Any, parser: PureParser, text: str) -> Problem:
    """Explain where the parser has stopped in a text."""
    context_mark = getattr(exc, "context_mark", None)
    problem_mark = getattr(exc, "problem_mark", None) or context_mark
    at: int = problem_mark.index if problem_mark is not None else 0
    stop = _Stop(
        text,
        parser,
        str(getattr(exc, "problem", None) or ""),
        str(getattr(exc, "context", None) or ""),
        min(at, len(text)),
        context_mark.index if context_mark is not None else at,
    )
    for explain in _EXPLANATIONS:
        found = explain(stop)
        if found is not None:
            return found
    return stop.here("this can't stand here", "put the value in quotes if it is meant as text")


def _missing_space(stop: _Stop) -> Problem | None:
    if stop.problem == "found unexpected ':'":
        value = re.search(rf"{_COLON_IN_VALUE}$", stop.text[stop.line_start : stop.at + 1])
        if value is not None:
            name = re.compile(_NAME_WITH_PARAMETERS).match(
                stop.text, stop.line_start + value.start("value")
            )
            whole = name[0] if name else value["value"]
            return stop.here(
                "inside braces a value without quotes can't have a colon",
                f"put the value in quotes: {_quoted(whole)}",
            )
        return stop.here(
            "there is no space after this colon",
            "write a space after the colon of a key, as in `key: value`",
        )
    for offset in (stop.at, stop.since):
        line_start = stop.text.rfind("\n", 0, offset) + 1
        above = stop.text.rfind("\n", 0, max(line_start - 1, 0)) + 1
        for start in (line_start, above):
            line = stop.text[start : stop.text.find("\n", start) % (len(stop.text) + 1)]
            joined = re.match(_JOINED, line)
            if joined is None or not _is_joined(line, joined.end()):
                continue
            key = line[: joined.end() - 1].strip()
            return stop.problem_at(
                start + joined.end() - 1,
                1,
                "there is no space after this colon",
                f"write a space after the colon of a key, as in `{_short(key)}: …`",
            )
    return None


def _is_joined(line: str, end: int) -> bool:
    """Return whether a line is a key and a value without a space between them, which YAML takes for
    one text.
    """
    rest = line[end:]
    return rest[0] in "{[\"'" or not re.search(r":(?:[ \t]|$)", rest)


def _tab(stop: _Stop) -> Problem | None:
    if stop.character != "\t":
        return None
    length = len(stop.text[stop.at :]) - len(stop.text[stop.at :].lstrip("\t"))
    return stop.here("a tab can't be part of the indentation", "indent with spaces", length)


def _unclosed_quote(stop: _Stop) -> Problem | None:
    start = stop.since
    if "quoted scalar" not in stop.context or (
        "end of stream" not in stop.problem and "document separator" not in stop.problem
    ):
        quoted = stop.parser.last_quoted
        if quoted is None or stop.at < quoted[1]:
            return None
        inside = stop.text[quoted[0] : quoted[1]]
        if "\n" not in inside or "\n" in stop.text[quoted[1] : stop.at]:
            return None
        start = quoted[0]
    quote = stop.text[start : start + 1]
    return stop.problem_at(
        start,
        1,
        f"the {_QUOTE_NAMES.get(quote, 'quote')} that opens here isn't closed in its line",
        f"write {quote} at the end of the text",
    )


def _typographic_quotes(stop: _Stop) -> Problem | None:
    found = re.search("[\u201c\u201d\u201e\u2018\u2019]", stop.before)
    if found is None or ((quoted := stop.parser.last_quoted) and quoted[1] > stop.line_start):
        return None
    return stop.problem_at(
        stop.line_start + found.start(),
        1,
        f"{found[0]} is no quote in YAML",
        'write straight quotes: "',
    )


def _after_quotes(stop: _Stop) -> Problem | None:
    quoted = stop.parser.last_quoted
    if quoted is None or stop.at < quoted[1]:
        return None
    between = stop.text[quoted[1] : stop.at]
    if (
        "\n" in between
        or between.strip(" \t|>,")
        or stop.character in "}]"
        or stop.at >= len(stop.text)
    ):
        return None
    if "," in between and stop.parser.open_brackets:
        return None
    begin = quoted[1] + len(stop.text[quoted[1] :]) - len(stop.text[quoted[1] :].lstrip(" \t"))
    line_end = stop.line_end
    rest = _without_comment(stop.text[begin:line_end])
    if not rest:
        return None
    quote = stop.text[quoted[0]]
    whole = stop.text[quoted[0] : quoted[1]]
    if begin == quoted[1] and rest[0].isalnum():
        inner = "''" if quote == "'" else '\\"'
        hint = f"write {inner} for a {_QUOTE_NAMES[quote]} inside a text in {_QUOTE_NAMES[quote]}s"
    elif stop.parser.open_brackets and re.match(r"""["'\w]+\s*:""", rest):
        return stop.problem_at(
            begin, 1, "a comma is missing before this", "write `,` between two entries"
        )
    elif re.match(r"[|?=\[(]", rest):
        value = whole + stop.text[quoted[1] : begin] + rest
        if stop.parser.open_brackets:
            value = re.split(r"[,}]", value, maxsplit=1)[0].rstrip()
        hint = f"put the whole type in quotes: {_single_quoted(value)}"
    else:
        hint = "put the whole value in quotes, or remove these quotes"
    return stop.problem_at(
        begin, len(rest), "after the closing quote of a value nothing more can stand", hint
    )


def _flow(stop: _Stop) -> Problem | None:
    if not stop.parser.open_brackets and not stop.context.endswith(
        ("flow sequence", "flow mapping")
    ):
        return None
    # Where the parser has stopped, the scanner may have read the next bracket.
    is_known = stop.context.endswith(("flow sequence", "flow mapping"))
    opening = stop.since if is_known else stop.parser.open_brackets[-1]
    bracket = stop.text[opening]
    if bracket not in _CLOSING:
        return None
    closing = _CLOSING[bracket]
    if stop.at >= len(stop.text.rstrip()) or "<stream end>" in stop.problem:
        return _unclosed_bracket(stop, opening)
    if stop.character in "]}" and stop.character != closing:
        return Problem(
            start=stop.at,
            end=stop.at + 1,
            message=f"this {stop.character} can't close the {bracket} before it",
            hint=f"write {closing} first, or remove this {stop.character}",
            related=((f"the {bracket} that isn't closed", opening, opening + 1),),
        )
    plain = re.search(_PLAIN_BEFORE, stop.before)
    if stop.character in "[{" and plain is not None:
        return _bracket_in_plain(stop, stop.line_start + plain.start())
    if stop.character == ":":
        return _colon_in_flow(stop, opening)
    if stop.character == ",":
        return stop.here(
            "there is no value before this comma", "remove the comma, or write the value"
        )
    if stop.character == "-" and stop.text[stop.at + 1 : stop.at + 2] in {" ", "\n", ""}:
        return stop.here(
            f"inside {bracket}…{closing} a list has no dashes",
            "write `[a, b]`, or one `- a` in each line without brackets",
        )
    if "expected ',' or" in stop.problem:
        return stop.here("a comma is missing before this", "write `,` between two entries")
    return None


def _bracket_in_plain(stop: _Stop, start: int) -> Problem:
    kind = "list" if stop.character == "[" else "mapping"
    found = re.compile(_TYPE).match(stop.text, start)
    value = found[0] if found else stop.text[start : stop.line_end]
    return stop.here(
        f"inside braces and brackets this {stop.character} begins a {kind}, so it can't be part of "
        "a type",
        f"put the type in quotes: {_quoted(value)}; or write the entries without braces, each in a "
        "line of its own",
    )


def _unclosed_bracket(stop: _Stop, opening: int) -> Problem:
    bracket = stop.text[opening]
    line_end = stop.text.find("\n", opening) % (len(stop.text) + 1)
    comment = re.compile(r"\s#").search(stop.text, opening, line_end)
    hint = f"write {_CLOSING[bracket]} at its end"
    if comment is not None:
        hint += ", before the comment that # begins; a text with # in it stands in quotes"
    elif "\n" in stop.text[opening:].strip():
        hint += "; all lines up to there are indented more than this one"
    return stop.problem_at(opening, 1, f"the {bracket} that opens here isn't closed", hint)


def _colon_in_flow(stop: _Stop, opening: int) -> Problem:
    part = re.split(_SEPARATOR, stop.text[opening + 1 : stop.at])[-1]
    before = stop.before.rstrip()
    if before[-1:] in {"]", "}"}:
        return stop.here(
            f"after the {before[-1]} of a value nothing more can stand",
            f"put the value in quotes if it is text, as in {_quoted('{room}:all')}",
        )
    if "\n" in part.strip():
        line_end = opening + 1 + stop.text[opening + 1 : stop.at].rfind("\n")
        end = len(stop.text[:line_end].rstrip())
        return stop.problem_at(
            end - 1, 1, "a comma is missing after this", "write `,` between two entries"
        )
    if stop.text[opening] == "[":
        return stop.here("a list has no keys", "write `{key: value}` for a mapping")
    words = part.partition(":")[2].split()
    hint = "put the value in quotes"
    if len(words) > 1:
        hint = f"write a comma before {words[-1]}, or put the value in quotes"
    return stop.here("there is a second colon in this entry", hint)


def _closing(stop: _Stop) -> Problem | None:
    if stop.character and stop.character in "]}" and not stop.parser.open_brackets:
        opening = "[" if stop.character == "]" else "{"
        return stop.here(
            f"this {stop.character} closes nothing: no {opening} is open",
            f"remove it, or write {opening} where its value begins",
        )
    return None


def _after_brackets(stop: _Stop) -> Problem | None:
    at = stop.since if "block scalar" in stop.context else stop.at
    line_start = stop.text.rfind("\n", 0, at) + 1
    before = stop.text[line_start:at].rstrip()
    if before[-1:] not in {"]", "}"} or not (
        "<block end>" in stop.problem or "block scalar" in stop.context
    ):
        return None
    line_end = stop.text.find("\n", at) % (len(stop.text) + 1)
    rest = _without_comment(stop.text[at:line_end])
    hint = "remove it; a text that begins with { or [ stands in quotes"
    type_ = re.search(r"[{,]\s*type:\s*([\w.]+)", before)
    if rest.startswith("=") and type_ is not None:
        written = _short(f"{type_[1]} {rest}")
        hint = f"a default stands in the type, constraints beside it: `{{type: {written}, …}}`"
    return stop.problem_at(
        at, len(rest), f"after the {before[-1]} of a value nothing more can stand", hint
    )


def _indicator(stop: _Stop) -> Problem | None:
    if stop.text[stop.line_start : stop.line_start + 1] == "%":
        return stop.problem_at(
            stop.line_start, 1, "a key can't begin with %", "put it in quotes, or remove the line"
        )
    if "cannot start any token" not in stop.problem:
        return None
    return stop.here(
        f"a value can't begin with {stop.character}",
        f"put it in quotes: {_quoted(_value(stop))}",
    )


def _no_value(stop: _Stop) -> Problem | None:
    if "expected the node content" not in stop.problem:
        return None
    if stop.character == ",":
        return stop.here(
            "this comma separates nothing: no { or [ is open",
            "remove it, or put the text in quotes if it begins with a comma",
        )
    if stop.character == ":":
        return stop.here("there is no key before this colon", "write a key, or remove the colon")
    return stop.here(
        f"a value can't begin with {stop.character}" if stop.character else "a value is missing",
        "put it in quotes if it is meant as text",
    )


def _block_text(stop: _Stop) -> Problem | None:
    if "block scalar" not in stop.context:
        return None
    bar = stop.text[stop.since : stop.since + 1]
    line_end = stop.text.find("\n", stop.since) % (len(stop.text) + 1)
    rest = _without_comment(stop.text[stop.since : line_end])
    return stop.problem_at(
        stop.since,
        len(rest),
        f"{bar} begins a text over several lines, so its own line can hold no text",
        f"put the value in quotes: {_quoted(rest)}, or begin the text in the next line",
    )


def _escape(stop: _Stop) -> Problem | None:
    if "double-quoted" not in stop.context and "U+10FFFF" not in stop.problem:
        return None
    start = stop.text.rfind("\\", 0, stop.at + 1)
    found = re.compile(r"\\(?:[xuU][0-9a-fA-F]*|.|)", re.DOTALL).match(stop.text, max(start, 0))
    escape = found[0] if found else "\\"
    if "U+10FFFF" in stop.problem:
        hint = "the last character is U+10FFFF"
        return stop.problem_at(start, len(escape), "this escape is no character", hint)
    if escape[1:2] in {"x", "u", "U"}:
        digits = {"x": 2, "u": 4, "U": 8}[escape[1]]
        return stop.problem_at(
            start,
            len(escape),
            f"after \\{escape[1]} stand {digits} hexadecimal digits",
            "write two backslashes for one, or put the text in single quotes",
        )
    return stop.problem_at(
        start,
        len(escape),
        f"{escape.strip()} means nothing in double quotes",
        f"write \\{escape.strip()} for one backslash, or put the text in single quotes",
    )


def _no_colon(stop: _Stop) -> Problem | None:
    if "could not find expected ':'" not in stop.problem:
        return None
    line_end = stop.text.find("\n", stop.since) % (len(stop.text) + 1)
    line = stop.text[stop.since : line_end].rstrip()
    if len(line) > 1000:
        return stop.problem_at(stop.since, 1, "a key has at most 1,000 characters")
    return stop.problem_at(
        stop.since,
        len(line),
        "this line is no entry: there is no colon in it" if ":" not in line else "this is no key",
        "write `key: value`; a text over several lines is indented more than its key",
    )


def _second_colon(stop: _Stop) -> Problem | None:
    if "mapping values are not allowed" not in stop.problem:
        return None
    if stop.before.startswith(("---", "...")):
        return stop.here("a mapping can't begin in this line", "write its first key below")
    key_only = re.fullmatch(_KEY_ONLY, stop.before)
    if key_only is not None:
        return _out_of_line(stop)
    first = re.search(r":[ \t]+", stop.before)
    if first is None:
        return _out_of_line(stop)
    if not stop.rest[1:].strip():
        return stop.here("there is a second colon in this line", "remove it")
    value = stop.before[first.end() :] + stop.rest
    return stop.here(
        "there is a second colon in this line",
        f"put text in quotes: {_quoted(value)}; a mapping begins in the next line",
    )


def _dash(stop: _Stop) -> Problem | None:
    if "sequence entries are not allowed" in stop.problem:
        if not stop.before.strip(" -"):
            return _out_of_line(stop)
        return stop.here(
            "a list with dashes begins in the line after its key",
            "write `[a, b]`, or one `- a` in each line below",
            len(stop.rest),
        )
    if "<block end>" in stop.problem and stop.character == "-" and not stop.before.strip():
        if _line_above(stop)[1].lstrip().startswith("- "):
            return _out_of_line(stop)
        return stop.here(
            "a list item stands among keys here",
            "a mapping has keys only, a list has items only: `- ` begins an item",
            len(stop.rest),
        )
    return None


def _question_mark(stop: _Stop) -> Problem | None:
    if "mapping keys are not allowed" not in stop.problem:
        return None
    return stop.here("a value can't begin with ?", f"put it in quotes: {_quoted(_value(stop))}")


def _misaligned(stop: _Stop) -> Problem | None:
    if "<block end>" not in stop.problem:
        return None
    return _out_of_line(stop)


def _line_above(stop: _Stop) -> tuple[int, str]:
    """Return the last line above that isn't empty and no comment, and where it begins."""
    end = stop.line_start
    while end > 0:
        start = stop.text.rfind("\n", 0, end - 1) + 1
        line = stop.text[start : end - 1]
        if line.strip() and not line.lstrip().startswith("#"):
            return start, line
        end = start
    return 0, ""


def _out_of_line(stop: _Stop) -> Problem:
    above_start, above = _line_above(stop)
    text = _without_comment(above).strip()
    if (
        text
        and ":" not in text
        and text[0] not in "-\"'{[&*!|>"
        and stop.text[above_start:].strip()
    ):
        key = re.sub(r"\s*(?:=>?|->)\s*.*", "", text)
        return stop.problem_at(
            above_start + len(above) - len(above.lstrip()),
            len(text),
            "this line is no entry: there is no colon in it",
            f"write `{_short(key)}: …`",
        )
    start = stop.line_start + len(stop.before) - len(stop.before.lstrip(" "))
    return stop.problem_at(
        start,
        len(stop.text[start : stop.line_end].rstrip()),
        "this line doesn't line up with the ones above it",
        "begin all keys of a mapping, and all items of a list, in the same column",
    )


def _second_document(stop: _Stop) -> Problem | None:
    line = stop.text[stop.line_start : stop.line_end].rstrip()
    if "document start" not in stop.problem and line not in {"...", "---"}:
        return None
    return stop.problem_at(
        stop.line_start,
        len(line),
        "a schema file holds one document, which ends here"
        if line == "..."
        else "a schema file holds one document, which has ended above",
        "remove the line with `...` or `---`",
    )


_EXPLANATIONS: Final[tuple[Callable[[_Stop], Problem | None], ...]] = (
    _missing_space,
    _tab,
    _unclosed_quote,
    _escape,
    _typographic_quotes,
    _after_quotes,
    _flow,
    _closing,
    _indicator,
    _after_brackets,
    _second_document,
    _no_value,
    _block_text,
    _no_colon,
    _second_colon,
    _dash,
    _question_mark,
    _misaligned,
)
"""From the most exact cause to the most general."""


def _value(stop: _Stop) -> str:
    """Return the value that begins where the parser has stopped."""
    rest = stop.rest
    if stop.parser.open_brackets:
        rest = re.split(r"[,}\]]", rest, maxsplit=1)[0].rstrip()
    return rest


def _without_comment(line: str) -> str:
    return re.split(r"\s#", line, maxsplit=1)[0].rstrip()


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"


def _quoted(text: str) -> str:
    """Put a text in quotes, without escapes if possible."""
    text = _short(text.strip())
    return f'"{text}"' if '"' not in text and "\\" not in text else _single_quoted(text)


def _single_quoted(text: str) -> str:
    return "'" + _short(text.strip()).replace("'", "''") + "'"
