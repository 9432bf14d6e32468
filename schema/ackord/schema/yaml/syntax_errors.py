"""Syntax errors of YAML: the parser's message, and the likely cause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Source

_JOINED: Final = re.compile(
    r"""[ ]*(?:-[ ]+)?["']?(?![0-9]+:)[\w./-]{1,100}["']?:(?!//)(?=[^ \t\r\n])"""
)
"""A key with a value right after its colon; neither an address nor a time of day."""
_KEY_ONLY: Final = re.compile(r"[ ]*[^ :]+")
_FLOW_HINT: Final = (
    "quote the type or use block style: inside {…} and […], and after a closing quote, YAML reads "
    "brackets, commas and bars itself"
)


def report_syntax(exc: Any, text: str, source: Source, report: Reporter) -> str | None:
    """Report an error of ruamel's parser with its likely cause.

    Returns:
        The text without the broken line, to find the next error; `None` if that line may be part of
            the following text.
    """
    mark = exc.problem_mark or exc.context_mark
    offset: int = mark.index if mark is not None else 0
    start: int = exc.context_mark.index if exc.context_mark is not None else offset
    problem = one_line(str(exc.problem or exc.context or "this isn't YAML"))
    line_start = text.rfind("\n", 0, offset) + 1
    in_flow = "or '}'" in problem or "or ']'" in problem
    after_quote = re.search(r"""["'][ \t]*[|\]?,=]*[ \t]*$""", text[line_start:offset]) is not None
    hint = None
    if any(_lacks_space(line) for line in _lines_near(text, offset, start)):
        hint = "write a space after the colon of a key, as in `key: value`"
    elif text[offset - 1 : offset] == ":":
        hint = "write a space after the colon"
    elif not in_flow and _is_out_of_line(problem, text, line_start, offset):
        problem = "this line doesn't line up with the ones above it"
        hint = "begin all keys of a mapping, and all items of a list, in the same column"
    elif in_flow or after_quote:
        hint = _FLOW_HINT
    elif "'\\t'" in problem:
        hint = "indent with spaces"
    elif "cannot start any token" in problem or "mapping values are not allowed" in problem:
        hint = "put the value in quotes, or mend the indentation"
    context = (
        [related(one_line(str(exc.context)), source.place(start, start + 1))]
        if exc.context and start != offset
        else []
    )
    report.add("S004", source.place(offset, offset + 1), problem, hint=hint, related=context)
    if not (after_quote or (in_flow and start >= line_start)) or "stream end" in problem:
        return None  # the following text may belong to the broken place
    line_end = text.find("\n", offset)
    line_end = len(text) if line_end < 0 else line_end
    return text[:line_start] + " " * (line_end - line_start) + text[line_end:]


def _lines_near(text: str, *offsets: int) -> Iterator[str]:
    """Return the lines at some places of a text, and the ones before them."""
    for offset in offsets:
        before, _, line = text[:offset].rpartition("\n")
        yield line + text[offset:].partition("\n")[0]
        yield before.rpartition("\n")[2]


def _lacks_space(line: str) -> bool:
    """Return whether a line is a key and a value without a space between them, which YAML takes for
    one text.
    """
    joined = _JOINED.match(line)
    if joined is None:
        return False
    rest = line[joined.end() :]
    return rest[0] in "{[\"'" or not re.search(r":(?:[ \t]|$)", rest)


def _is_out_of_line(problem: str, text: str, line_start: int, offset: int) -> bool:
    """Return whether a line begins further left or right than the ones that it belongs to."""
    if "expected <block end>" in problem and "start>" in problem:
        return True
    above = text[:line_start].rstrip("\n").rpartition("\n")[2]
    return (
        "mapping values are not allowed" in problem
        and _KEY_ONLY.fullmatch(text, line_start, offset) is not None
        and _indent(text[line_start:offset]) > _indent(above)
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def one_line(text: str) -> str:
    """Put a message of several lines onto one."""
    return " ".join(text.split())
