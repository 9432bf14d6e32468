"""``ackord generate``."""

from __future__ import annotations

from pathlib import Path

import click
from ackord.codegen.cli import arguments


@click.command(
    "generate",
    epilog="Examples: ackord generate --watch; ackord generate chat.yaml --out chat; "
    "ackord generate chat.yaml --out web/chat --target typescript",
)
@arguments.schema
@arguments.out
@arguments.target_name
@arguments.validation
@arguments.target_options
@click.option(
    "--force", is_flag=True, help="Overwrite and remove files that were edited or aren't ours."
)
@click.option("--watch", "-w", is_flag=True, help="Generate again whenever a schema file changes.")
def verb(
    *,
    schema: Path | None,
    out: Path | None,
    target: str | None,
    validate: str | None,
    option: tuple[str, ...],
    force: bool,
    watch: bool,
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
