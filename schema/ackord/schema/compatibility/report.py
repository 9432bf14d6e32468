"""Writes findings for people and for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ackord.schema.compatibility.findings import Finding
from ackord.schema.compatibility.rules import RULES
from ackord.schema.diagnostics.formats import github_command
from ackord.schema.model import Path
from ackord.schema.source import Place, Source

_RED: Final = "31"
_YELLOW: Final = "33"
_CYAN: Final = "36"
_BOLD: Final = "1"


@dataclass(frozen=True, slots=True)
class Located:
    """A finding and where it is."""

    finding: Finding
    new: Place
    """The changed part in the new schema file, or the part that it was removed from."""
    old: str
    """The same in the old contract: file and line, or the path in a ``contract.json``."""

    @property
    def change(self) -> str:
        """What has changed."""
        change = RULES[self.finding.rule].change
        return f"{change}: {self.finding.summary}" if self.finding.summary else change

    @property
    def message(self) -> str:
        """What has changed where, and what happens to whom."""
        effects = "; ".join(f"{rollout}: {text}" for rollout, text in self.finding.effects)
        where = f"{self.new.file}:{self.new.range.line}, before: {self.old}"
        return f"{self.change} ({where})" + (f". {effects}" if effects else "")


def write_path(path: Path) -> str:
    """Return a path as text, as in ``types.Message.fields.text``."""
    return ".".join(path)


def whole_file(file: str) -> Place:
    """Return the place of a whole file, for parts that can't be found in it."""
    return Source(file, "").place(0, 0)


def render_text(located: Iterable[Located], *, color: bool = False) -> str:
    """Write findings in several lines each: where and what, the path, the old place, and what
    happens in which rollout.
    """
    blocks = [_block(one, color=color) for one in located]
    return "\n".join(blocks)


def render_json(located: Iterable[Located]) -> str:
    """Write ``{"findings": […]}``, each with ``rule``, ``level``, ``breaks``, ``file``, ``line``,
    ``path`` and ``message``.
    """
    found = [
        {
            "rule": one.finding.rule,
            "level": one.finding.level,
            "breaks": list(one.finding.breaks),
            "file": one.new.file,
            "line": one.new.range.line,
            "path": write_path(one.finding.path),
            "message": one.message,
        }
        for one in located
    ]
    return json.dumps({"findings": found}, indent=2, ensure_ascii=False) + "\n"


def render_github(located: Iterable[Located]) -> str:
    """Write a workflow command for each finding, which GitHub shows in a pull request."""
    return "".join(
        github_command(
            one.finding.level,
            one.message,
            title=one.finding.rule,
            file=one.new.file,
            line=one.new.range.line,
            col=one.new.range.column,
        )
        for one in located
    )


def _block(one: Located, *, color: bool) -> str:
    def paint(text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if color else text

    finding = one.finding
    at = one.new.range
    where = paint(f"{_printable(one.new.file)}:{at.line}:{at.column}", _CYAN)
    kind = paint(f"{finding.level} {finding.rule}", _RED if finding.level == "error" else _YELLOW)
    lines = [
        f"{where} - {kind}: {paint(_printable(one.change), _BOLD)}",
        f"  at {_printable(write_path(finding.path))}, before: {_printable(one.old)}",
        *(f"  {rollout}: {text}" for rollout, text in finding.effects),
    ]
    return "\n".join(lines) + "\n"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
