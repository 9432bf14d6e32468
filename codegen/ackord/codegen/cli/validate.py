"""``ackord validate``."""

from __future__ import annotations

import typer
from ackord.codegen.cli.arguments import Format, FormatName, Schemas

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


@verb.command(epilog="Examples: ackord validate; cat chat.yaml | ackord validate -")
def validate(schemas: Schemas = None, form: FormatName = Format.TEXT) -> None:
    """Read schema files, and show what is wrong in them.

    Exits with 100 if there is an error. Warnings are shown, and are no failure: `ackord lint` fails
    for them, too.
    """
    from ackord.codegen.cli.loading import load_all, name_of, show, stop_for_errors  # noqa: PLC0415
    from ackord.codegen.cli.project import find_schemas  # noqa: PLC0415

    results = load_all(find_schemas(schemas))
    stop_for_errors(show(list(results.values()), form))
    if form is Format.TEXT:
        for schema in results:
            typer.echo(f"{name_of(schema)} is valid")
