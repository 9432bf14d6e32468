"""Exit codes, and how problems are shown."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final, NoReturn, TextIO

import click

FAILED: Final = 1
"""Exit code after a failure."""
WRONG_USAGE: Final = 2
"""Exit code for arguments or a configuration that can't be used; click's own."""
FINDINGS: Final = 100
"""Exit code for problems of the schema or the generated code."""


def fail(problems: Iterable[str], code: int, *, where: str = "") -> NoReturn:
    """Show problems, each on a line that begins as diagnostics do, and exit."""
    for problem in problems:
        click.echo(f"{where}error: {problem}", err=True)
    raise click.exceptions.Exit(code)


def has_color(stream: TextIO) -> bool:
    """Return whether to use colors, by the rules of no-color.org."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
