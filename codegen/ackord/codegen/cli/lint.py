"""``ackord lint``."""

from __future__ import annotations

import click
from ackord.codegen.cli import arguments
from ackord.codegen.cli.arguments import Format
from ackord.codegen.cli.outcome import FINDINGS


@click.command("lint", epilog="Examples: ackord lint; ackord lint chat.yaml --format github")
@arguments.schemas
@click.option(
    "--only",
    metavar="CODE",
    multiple=True,
    help="Show warnings of this code only, besides errors; may be given several times.",
)
@arguments.format_name
def verb(*, schemas: tuple[str, ...], only: tuple[str, ...], form: Format) -> None:
    """Show errors and warnings, and fail for both.

    Exits with 100 if there is one. `ackord explain CODE` says what a code means and how to end a
    warning.
    """
    from ackord.codegen.cli.loading import load_all, name_of, show, stop_for_errors  # noqa: PLC0415
    from ackord.codegen.cli.project import find_schemas  # noqa: PLC0415
    from ackord.schema.diagnostics.rules import WARNINGS  # noqa: PLC0415

    codes = [code.upper() for code in only]
    for code in codes:
        if code not in WARNINGS:
            known = f"warnings are {', '.join(WARNINGS)}"
            raise click.BadParameter(f"{code!r} is no code of a warning; {known}")
    results = load_all(find_schemas(schemas), only=codes)
    found = show(list(results.values()), form)
    stop_for_errors(found)
    if found:
        raise click.exceptions.Exit(FINDINGS)
    if form is Format.TEXT:
        for schema in results:
            click.echo(f"{name_of(schema)} has no problems")
