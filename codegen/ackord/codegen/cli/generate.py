"""``ackord generate``."""

from __future__ import annotations

from typing import Annotated

import typer
from ackord.codegen.cli.arguments import Out, Schema, TargetName, TargetOptions, Validate

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


@verb.command(
    epilog="Examples: ackord generate --watch; ackord generate chat.yaml --out chat; "
    "ackord generate chat.yaml --out web/chat --target typescript"
)
def generate(  # noqa: PLR0917  # typer gives them by name
    schema: Schema = None,
    out: Out = None,
    target: TargetName = None,
    validate: Validate = None,
    option: TargetOptions = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite and remove files that were edited or aren't ours."),
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", "-w", help="Generate again whenever a schema file changes."),
    ] = False,
) -> None:
    """Generate the packages of contracts.

    Nothing is written if there is a problem. Files that are up to date aren't touched, and files of
    an earlier run that aren't generated any more are removed.
    """
    from ackord.codegen.cli.generating import generate_all, watch_all  # noqa: PLC0415
    from ackord.codegen.cli.jobs import find_jobs, target_options  # noqa: PLC0415

    options = target_options(option, validate)
    if watch:
        watch_all(lambda: find_jobs(schema, out, target, options), force=force)
    else:
        generate_all(find_jobs(schema, out, target, options), force=force)
