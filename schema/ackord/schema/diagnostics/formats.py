"""Diagnostics for other programs: as JSON, and as annotations of GitHub's workflows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ackord.schema.diagnostics.diagnostic import Diagnostic
from ackord.schema.diagnostics.limits import count_more, shown
from ackord.schema.source import Range


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Write ``{"diagnostics": […]}``, each with ``code``, ``severity``, ``file``, ``line``,
    ``column``, ``end_line``, ``end_column``, ``message``, ``hint`` and ``related``.

    Lines and columns count from 1, and the end is exclusive. Of each file 200 are written; if
    a file has more, ``"not_shown": {file: count}`` follows.
    """
    first, more = shown(diagnostics)
    found = [
        {
            "code": one.code,
            "severity": one.severity,
            **_place(one.file, one.range),
            "message": one.message,
            "hint": one.hint,
            "related": [
                {**_place(other.file, other.range), "message": other.message}
                for other in one.related
            ],
        }
        for one in first
    ]
    written = {"diagnostics": found, **({"not_shown": more} if more else {})}
    return json.dumps(written, indent=2, ensure_ascii=False) + "\n"


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Write a workflow command for each diagnostic, which GitHub shows at its place in the changed
    files of a pull request; of each file 200, and a notice that says how many more there are.
    """
    first, more = shown(diagnostics)
    commands = [
        github_command(
            one.severity,
            f"{one.message} ({one.hint})" if one.hint else one.message,
            title=one.code,
            file=one.file,
            line=one.range.line,
            col=one.range.column,
            endLine=one.range.end_line,
            endColumn=one.range.end_column,
        )
        for one in first
    ]
    notices = [github_command("notice", count_more(more[file]), file=file) for file in more]
    return "".join(commands + notices)


def github_command(level: str, message: str, **properties: str | int) -> str:
    """Write one workflow command, ``::error file=…::message``."""
    written = ",".join(
        f"{name}={_escape(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in properties.items()
    )
    return f"::{level} {written}::{_escape(message)}\n"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _place(file: str, at: Range) -> dict[str, Any]:
    return {
        "file": file,
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
    }
