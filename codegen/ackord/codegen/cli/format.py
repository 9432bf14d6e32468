"""``ackord format``."""

from __future__ import annotations

import click
from ackord.codegen.cli import arguments


@click.command(
    "format",
    epilog="Examples: ackord format; ackord format --check; ackord format - <chat.yaml",
)
@arguments.schemas
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit with 100 if a file would be written otherwise.",
)
@click.option("--diff", is_flag=True, help="As --check, and print a unified diff.")
def verb(*, schemas: tuple[str, ...], check: bool, diff: bool) -> None:
    """Write schema files in the canonical style.

    Comments, the order of all parts and the contract stay as they are. Nothing is written if a file
    can't be read. Standard input is written to standard output.
    """
    from ackord.codegen.cli.formatting import check_all, format_all  # noqa: PLC0415

    if check or diff:
        check_all(schemas, diff=diff)
    else:
        format_all(schemas)
