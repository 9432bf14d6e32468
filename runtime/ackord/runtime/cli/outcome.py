"""How a verb ends: its exit code, and what it writes to standard error."""

from __future__ import annotations

import sys
from typing import Final, NoReturn

import click
from ackord.runtime.logs.text import printable

ANSWERED: Final = 0
FAILED: Final = 1
"""Exit code without a connection, without an answer, or with one that isn't as declared."""
WRONG_USAGE: Final = 2
ERROR_ANSWERED: Final = 100
"""Exit code where the server answered with an error, or refused the connection; or, for `listen`,
where an event wasn't as declared.
"""
INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""


def say(text: str) -> None:
    """Write a line to standard error; text of the server can't do anything to the terminal."""
    sys.stderr.write(f"ackord: {printable(text)}\n")


def fail(text: str, code: int = FAILED) -> NoReturn:
    """Write a line to standard error, and exit."""
    say(text)
    raise click.exceptions.Exit(code)
