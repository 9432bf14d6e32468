"""``ackord lint``."""

from __future__ import annotations

import typer
from ackord.codegen.cli.arguments import Format, FormatName, Schemas
from ackord.codegen.cli.outcome import FINDINGS

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


@verb.command(epilog="Examples: ackord lint; ackord lint chat.yaml --format github")
def lint(schemas: Schemas = None, form: FormatName = Format.TEXT) -> None:
    """Show errors and warnings, and fail for both.

    Exits with 100 if there is one. `ackord explain CODE` says what a code means and how to end a
    warning.
    """
    from ackord.codegen.cli.loading import load_all, name_of, show, stop_for_errors  # noqa: PLC0415
    from ackord.codegen.cli.project import find_schemas  # noqa: PLC0415

    results = load_all(find_schemas(schemas))
    found = show(list(results.values()), form)
    stop_for_errors(found)
    if found:
        raise typer.Exit(FINDINGS)
    if form is Format.TEXT:
        for schema in results:
            typer.echo(f"{name_of(schema)} has no problems")
