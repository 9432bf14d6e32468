"""``ackord docs``."""

from __future__ import annotations

from pathlib import Path

import click
from ackord.codegen.cli import arguments


@click.command(
    "docs", epilog="Examples: ackord docs chat.yaml --out site; ackord docs, for what is configured"
)
@arguments.schema
@click.option(
    "--out", "-o", metavar="DIR", type=click.Path(path_type=Path), help="The pages' directory."
)
@click.option(
    "--force", is_flag=True, help="Overwrite and remove files that were edited or aren't ours."
)
def verb(*, schema: Path | None, out: Path | None, force: bool) -> None:
    """Write a contract as documentation: index.html, and the same in Markdown, index.md.

    It is the target `docs` of `ackord generate`, so `ackord check` looks at it where it is
    configured.
    """
    from ackord.codegen.cli.generating import generate_all  # noqa: PLC0415
    from ackord.codegen.cli.jobs import find_jobs  # noqa: PLC0415

    generate_all(find_jobs(schema, out, "docs"), force=force)
