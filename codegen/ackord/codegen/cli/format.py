"""``ackord format``."""

from __future__ import annotations

from typing import Annotated

import typer
from ackord.codegen.cli.arguments import Schemas

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


@verb.command(epilog="Examples: ackord format; ackord format --check; ackord format - <chat.yaml")
def format(  # noqa: A001 - the verb's name
    schemas: Schemas = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; exit with 100 if a file would be written otherwise."
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="As --check, and print a unified diff.")
    ] = False,
) -> None:
    """Write schema files in the canonical style.

    Comments, the order of all parts and the contract stay as they are. Nothing is written if a file
    can't be read. Standard input is written to standard output.
    """
    from ackord.codegen.cli.formatting import check_all, format_all  # noqa: PLC0415

    if check or diff:
        check_all(schemas, diff=diff)
    else:
        format_all(schemas)
