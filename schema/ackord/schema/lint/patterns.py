"""Warns of patterns that JavaScript doesn't take or reads otherwise (S074)."""

from __future__ import annotations

from typing import Final

from ackord.schema.analysis.javascript_patterns import foreign_part
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.resolve.resolved import Resolved

_ANCHORS: Final = {r"\A": "^", r"\z": "$"}


def check_patterns(resolved: Resolved, report: Reporter) -> None:
    """Warn once of each such pattern, and name the part of it."""
    for pattern in resolved.patterns:
        part = foreign_part(pattern.text)
        if part is not None:
            report.add(
                "S074",
                pattern.place,
                f"JavaScript doesn't take `{part[:60]}` in a pattern, or reads it otherwise",
                hint=_hint(part),
            )


def _hint(part: str) -> str | None:
    if part.startswith("(?P<"):
        return f"write `(?<{part[4:]}`"
    if part in _ANCHORS:
        return f"write `{_ANCHORS[part]}`"
    if part.startswith("(?"):
        return "JavaScript has no flags inside of a pattern: write the letters out, as in `[aA]`"
    if part.startswith(("[[:", "[:")):
        return "write the characters out, as in `[A-Za-z]`"
    if part[:2] in {r"\p", r"\P"} and "{" not in part:
        return f"write `{part[:2]}{{{part[2:]}}}`"
    if part[:2] in {r"\p", r"\P"}:
        return r"write a general category, as in `\p{L}`, or a script, as in `\p{Script=Greek}`"
    if part.startswith((r"\x{", r"\U")):
        return r"write `\u{…}`"
    if len(part) == 2 and part[0] == "\\" and not part[1].isalnum():
        return f"write `{part[1]}` without the backslash"
    if part in {"[", "]", "{", "}"}:
        return f"write `\\{part}`"
    return None
