"""Runs the command line."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final, NoReturn

import typer
from ackord.codegen.cli.outcome import FAILED
from ackord.codegen.cli.verbs import command_of, extra_with, find_verbs
from ackord.codegen.version import VERSION

_THRESHOLDS: Final = (100_000, 50, 100)
"""Of the garbage collector: a contract is a hundred thousand objects that stay until the end."""

app = typer.Typer(
    name="ackord",
    help="One contract between a Socket.IO server and its clients: typed, validated, conformant.",
    epilog="Exit codes: 0 all is well, 1 failure, 2 wrong usage, 100 findings.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"ackord {VERSION}")
        raise typer.Exit


@app.callback()
def ackord(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """One contract between a Socket.IO server and its clients: typed, validated, conformant."""


def run() -> NoReturn:
    """Run the command line and exit."""
    gc.set_threshold(*_THRESHOLDS)
    try:
        _group(sys.argv[1:])(prog_name="ackord")
    except ModuleNotFoundError as error:
        extra = extra_with(error.name or "")
        if extra is None:
            raise
        sys.stderr.write(
            f"ackord: this needs the package {error.name}; install it with: pip install {extra}\n"
        )
        sys.exit(FAILED)
    finally:
        gc.freeze()  # so that the collector doesn't look at all objects when the process ends
    sys.exit(0)


def _group(arguments: Sequence[str]) -> Any:
    """Make the command with the called verb only, or with all verbs if there is no such verb, as
    for ``--help``.
    """
    verbs = find_verbs()
    if not verbs:
        sys.stderr.write(
            "ackord: no verbs are found among the installed packages; install ackord again\n"
        )
        sys.exit(FAILED)
    called = next((argument for argument in arguments if not argument.startswith("-")), "")
    group: Any = typer.main.get_command(app)
    for name in [called] if called in verbs else sorted(verbs):
        group.add_command(command_of(verbs[name]), name)
    return group
