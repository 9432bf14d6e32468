"""``ackord lint``."""

from __future__ import annotations

from typing import Annotated

import typer
from ackord.codegen.cli.arguments import Format, FormatName, Schemas
from ackord.codegen.cli.outcome import FINDINGS

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


@verb.command(epilog="Examples: ackord lint; ackord lint chat.yaml --format github")
def lint(
    schemas: Schemas = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CODE",
            help="Show warnings of this code only, besides errors; may be given several times.",
            show_default=False,
        ),
    ] = None,
    form: FormatName = Format.TEXT,
) -> None:
    """Show errors and warnings, and fail for both.

    Exits with 100 if there is one. `ackord explain CODE` says what a code means and how to end a
    warning.
    """
    from ackord.codegen.cli.loading import load_all, name_of, show, stop_for_errors  # noqa: PLC0415
    from ackord.codegen.cli.project import find_schemas  # noqa: PLC0415
    from ackord.schema.diagnostics.rules import WARNINGS  # noqa: PLC0415

    codes = [code.upper() for code in only or ()]
    for code in codes:
        if code not in WARNINGS:
            known = f"warnings are {', '.join(WARNINGS)}"
            raise typer.BadParameter(f"{code!r} is no code of a warning; {known}")
    results = load_all(find_schemas(schemas), only=codes)
    found = show(list(results.values()), form)
    stop_for_errors(found)
    if found:
        raise typer.Exit(FINDINGS)
    if form is Format.TEXT:
        for schema in results:
            typer.echo(f"{name_of(schema)} has no problems")
