"""``ackord init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


@verb.command(epilog="Examples: ackord init; ackord init chat; ackord init chat --name team_chat")
def init(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Where to; it is made if it doesn't exist."),
    ] = Path(),
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The contract's name; without it, that of the directory.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a small working project: a contract, a server, a client and a test.

    No existing file is overwritten. If there is a pyproject.toml already, the configuration is
    written to ackord.toml.
    """
    from ackord.codegen.cli.initializing import write_project  # noqa: PLC0415

    write_project(directory, name)
