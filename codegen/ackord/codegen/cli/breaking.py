"""``ackord breaking``."""

from __future__ import annotations

import click
from ackord.codegen.cli import arguments
from ackord.codegen.cli.arguments import Format
from ackord.codegen.cli.outcome import FINDINGS


@click.command(
    "breaking",
    epilog="Examples: ackord breaking chat.yaml --against origin/main; "
    "ackord breaking chat.yaml --against released/contract.json --rollout old_clients",
)
@click.option(
    "--against",
    metavar="OLD",
    required=True,
    help="The old contract: a commit (or branch, tag, COMMIT:path) of git, a schema file, or a "
    "contract.json.",
)
@arguments.schemas
@click.option(
    "--rollout",
    "rollouts",
    type=click.Choice(["old_clients", "old_servers", "other_nodes"]),
    multiple=True,
    help="Look at this rollout only; may be given several times. old_clients: a new server with "
    "old clients; old_servers: new clients with an old server; other_nodes: old and new servers in "
    "one cluster.",
)
@arguments.format_name
def verb(
    *, against: str, schemas: tuple[str, ...], rollouts: tuple[str, ...], form: Format
) -> None:
    """Show whom the change of a contract breaks.

    Exits with 100 if somebody is broken. Warnings are no failure.
    """
    from ackord.codegen.cli.comparing import compare_all, show_findings  # noqa: PLC0415
    from ackord.codegen.cli.project import find_schemas  # noqa: PLC0415
    from ackord.codegen.cli.suppression import Suppressions  # noqa: PLC0415
    from ackord.schema.compatibility.rollouts import ROLLOUTS, Rollout  # noqa: PLC0415

    suppressions = Suppressions.configured()
    chosen: list[Rollout] = [each for each in ROLLOUTS if not rollouts or each in rollouts]
    found = compare_all(find_schemas(schemas), against, chosen, may_be_new=not schemas)
    kept = suppressions.keep(found)
    show_findings(kept, form)
    if not rollouts:
        suppressions.warn_of_unused()
    if any(one.finding.level == "error" for one in kept):
        raise click.exceptions.Exit(FINDINGS)
    if form is Format.TEXT:
        click.echo(f"nobody is broken by the change since {against}")
