"""``ackord init``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    "init", epilog="Examples: ackord init; ackord init chat; ackord init chat --name team_chat"
)
@click.argument(
    "directory",
    metavar="[DIR]",
    default=".",
    type=click.Path(path_type=Path),
    help="Where to, by default the working directory; it is made if it doesn't exist.",
)
@click.option(
    "--name", metavar="NAME", help="The contract's name; without it, that of the directory."
)
def verb(*, directory: Path, name: str | None) -> None:
    """Write a small working project: a contract, a server, a client and a test.

    No existing file is overwritten. If there is a pyproject.toml already, the configuration is
    written to ackord.toml.
    """
    from ackord.codegen.cli.initializing import write_project  # noqa: PLC0415

    write_project(directory, name)
