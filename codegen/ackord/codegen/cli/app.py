"""Runs the command line."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import click
from ackord.codegen.cli.outcome import FAILED
from ackord.codegen.cli.verbs import command_of, extra_with, find_verbs, own_verbs
from ackord.codegen.version import VERSION
from click.shell_completion import get_completion_class

_THRESHOLDS: Final = (100_000, 50, 100)
"""Of the garbage collector: a contract is a hundred thousand objects that stay until the end."""


def _show_completion(context: click.Context, _option: click.Parameter, shell: str | None) -> None:
    if shell is not None and (kind := get_completion_class(shell)) is not None:
        click.echo(kind(context.command, {}, "ackord", "_ACKORD_COMPLETE").source())
        context.exit()


@click.group(
    help="One contract between a Socket.IO server and its clients: typed, validated, conformant.",
    epilog="Exit codes: 0 all is well, 1 failure, 2 wrong usage, 100 findings.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(VERSION, message="ackord %(version)s", help="Show the version and exit.")
@click.option(
    "--show-completion",
    type=click.Choice(["bash", "fish", "zsh"]),
    callback=_show_completion,
    is_eager=True,
    expose_value=False,
    help="Show the script that completes verbs and options in this shell, and exit.",
)
def _ackord() -> None: ...


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


def _group(arguments: Sequence[str]) -> click.Group:
    """Make the command with the called verb only, or with all verbs if there is no such verb, as
    for ``--help``.
    """
    called = next((argument for argument in arguments if not argument.startswith("-")), "")
    verbs = own_verbs()
    if called not in verbs:
        verbs = find_verbs()
    if not verbs:
        sys.stderr.write(
            "ackord: no verbs are found among the installed packages; install ackord again\n"
        )
        sys.exit(FAILED)
    for name in [called] if called in verbs else sorted(verbs):
        _ackord.add_command(command_of(verbs[name]), name)
    return _ackord
