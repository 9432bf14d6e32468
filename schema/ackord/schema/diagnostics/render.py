"""Diagnostics as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ackord.schema.diagnostics.diagnostic import Diagnostic
from ackord.schema.diagnostics.limits import count_more, shown
from ackord.schema.source import Range, Source

_RED: Final = "31"
_YELLOW: Final = "33"
_CYAN: Final = "36"
_DIM: Final = "2"
_BOLD: Final = "1"
_MAX_WIDTH: Final = 200
_TAB: Final = "    "


def render_text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, color: bool = False
) -> str:
    """Write diagnostics with excerpts and carets, and how many there are; of each file 200.

    Args:
        diagnostics: What to write.
        sources: The texts of the files, by the names that the diagnostics use; where one is missing
            there is no excerpt.
        color: Whether to use the escape sequences of terminals.
    """
    found = list(diagnostics)
    texts = {file: Source(file, text) for file, text in sources.items()}
    painter = _Painter(color=color)
    first, more = shown(found)
    blocks = [_block(one, texts.get(one.file), painter) for one in first]
    rest = "".join(f"{_printable(file)}: {count_more(count)}.\n" for file, count in more.items())
    return "\n".join([*blocks, rest + _summary(found)]) if found else ""


class _Painter:
    def __init__(self, *, color: bool) -> None:
        self._color = color

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._color else text


def _block(one: Diagnostic, source: Source | None, painter: _Painter) -> str:
    style = _RED if one.severity == "error" else _YELLOW
    where = painter.paint(_where(one.file, one.range), _CYAN)
    kind = painter.paint(f"{one.severity} {one.code}", style)
    head = f"{where} - {kind}: {painter.paint(one.message, _BOLD)}"
    lines = [head, *_excerpt(source, one.range, style, painter)]
    if one.hint:
        lines.append(f"  hint: {one.hint}")
    lines.extend(
        f"  {painter.paint(_where(other.file, other.range), _CYAN)}: {other.message}"
        for other in one.related
    )
    return "\n".join(lines) + "\n"


def _where(file: str, at: Range) -> str:
    return f"{_printable(file)}:{at.line}:{at.column}"


def _excerpt(source: Source | None, at: Range, style: str, painter: _Painter) -> list[str]:
    if source is None or not 1 <= at.line <= len(source.lines) or not source.text:
        return []
    line = source.lines[at.line - 1]
    start = at.column - 1
    end = at.end_column - 1 if at.end_line == at.line else len(line)
    first = max(0, start - _MAX_WIDTH // 2)
    shown = line[first : first + _MAX_WIDTH]
    number = str(at.line)
    before = _printable(line[first:start])
    marked = _printable(line[start : min(end, first + _MAX_WIDTH)])
    return [
        f"> {painter.paint(number, _DIM)} | {_printable(shown)}",
        (
            f"  {' ' * len(number)} | "
            f"{' ' * len(before)}{painter.paint('^' * max(1, len(marked)), style)}"
        ),
    ]


def _printable(text: str) -> str:
    return "".join(
        character
        if character.isprintable()
        else _TAB
        if character == "\t"
        else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def _summary(found: list[Diagnostic]) -> str:
    errors = sum(one.severity == "error" for one in found)
    warnings = len(found) - errors
    parts = [
        f"{count} {what}{'' if count == 1 else 's'}"
        for count, what in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return f"Found {' and '.join(parts)}.\n"
