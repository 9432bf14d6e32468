"""``ackord check``."""

from __future__ import annotations

import typer
from ackord.codegen.cli.arguments import Out, Schema, TargetName
from ackord.codegen.cli.outcome import FINDINGS

verb = typer.Typer(add_completion=False)


@verb.command(epilog="Example: ackord check chat.yaml --out chat")
def check(schema: Schema, out: Out, target: TargetName = None) -> None:
    """Compare a generated package with its contract.

    Prints a unified diff and exits with 100 if `ackord generate` would change something.
    """
    from ackord.codegen.cli.contract_files import fail_with, generate_files  # noqa: PLC0415
    from ackord.codegen.errors import CodegenError  # noqa: PLC0415
    from ackord.codegen.output import diff, manifest_problem  # noqa: PLC0415

    files = generate_files(schema, out, target)
    try:
        difference = diff(files, out)
        problem = manifest_problem(files, out, changed=bool(difference))
    except CodegenError as error:
        fail_with(error)
    if difference:
        typer.echo(difference, nl=False)
        typer.echo(f"{out} isn't what {schema} gives", err=True)
    if problem is not None:
        typer.echo(problem, err=True)
    if difference or problem is not None:
        option = "" if target is None else f" --target {target}"
        typer.echo(f"run: ackord generate {schema} --out {out}{option}", err=True)
        raise typer.Exit(FINDINGS)
    typer.echo(f"{out} is up to date")
