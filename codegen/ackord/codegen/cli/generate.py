"""``ackord generate``."""

from __future__ import annotations

from typing import Annotated

import typer
from ackord.codegen.cli.arguments import Out, Schema, TargetName

verb = typer.Typer(add_completion=False)


@verb.command(epilog="Example: ackord generate chat.yaml --out chat")
def generate(
    schema: Schema,
    out: Out,
    target: TargetName = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite and remove files that were edited or aren't ours."),
    ] = False,
) -> None:
    """Generate the package of a contract.

    Nothing is written if there is a problem. Files that are up to date aren't touched, and files of
    an earlier run that aren't generated any more are removed.
    """
    from ackord.codegen.cli.contract_files import fail_with, generate_files  # noqa: PLC0415
    from ackord.codegen.errors import CodegenError  # noqa: PLC0415
    from ackord.codegen.output import MANIFEST, write  # noqa: PLC0415

    files = generate_files(schema, out, target)
    try:
        changes = write(files, out, force=force)
    except CodegenError as error:
        fail_with(error)
    for name in changes.written:
        typer.echo(f"wrote {out / name}")
    for name in changes.removed:
        typer.echo(f"removed {out / name}")
    if changes.adopted:
        typer.echo(
            f"{out / MANIFEST} was missing and is written anew; commit it with the other files"
        )
    elif not changes.written and not changes.removed:
        typer.echo(f"{out} is up to date")
