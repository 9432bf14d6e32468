"""``ackord validate``."""

from __future__ import annotations

import click
from ackord.codegen.cli import arguments
from ackord.codegen.cli.arguments import Format


@click.command("validate", epilog="Examples: ackord validate; cat chat.yaml | ackord validate -")
@arguments.schemas
@arguments.format_name
def verb(*, schemas: tuple[str, ...], form: Format) -> None:
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
            click.echo(f"{name_of(schema)} is valid")
