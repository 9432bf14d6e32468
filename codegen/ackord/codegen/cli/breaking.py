"""``ackord breaking``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from ackord.codegen.cli.arguments import Format, FormatName, Schemas
from ackord.codegen.cli.outcome import FINDINGS

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


class RolloutName(StrEnum):
    """How old and new programs meet."""

    OLD_CLIENTS = "old_clients"
    OLD_SERVERS = "old_servers"
    OTHER_NODES = "other_nodes"


@verb.command(
    epilog="Examples: ackord breaking chat.yaml --against origin/main; "
    "ackord breaking chat.yaml --against released/contract.json --rollout old_clients"
)
def breaking(
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="OLD",
            help="The old contract: a commit (or branch, tag, COMMIT:path) of git, a schema file, "
            "or a contract.json.",
            show_default=False,
        ),
    ],
    schemas: Schemas = None,
    rollouts: Annotated[
        list[RolloutName] | None,
        typer.Option(
            "--rollout",
            help="Look at this rollout only; may be given several times. old_clients: a new server "
            "with old clients; old_servers: new clients with an old server; other_nodes: old and "
            "new servers in one cluster.",
            show_default=False,
        ),
    ] = None,
    form: FormatName = Format.TEXT,
) -> None:
    """Show whom the change of a contract breaks.

    Exits with 100 if somebody is broken. Warnings are no failure.
    """
    from ackord.codegen.cli.comparing import compare_all, show_findings  # noqa: PLC0415
    from ackord.codegen.cli.project import find_schemas  # noqa: PLC0415
    from ackord.codegen.cli.suppression import Suppressions  # noqa: PLC0415
    from ackord.schema.compatibility.rollouts import ROLLOUTS, Rollout  # noqa: PLC0415

    suppressions = Suppressions.configured()
    named = {str(each) for each in rollouts or ()}
    chosen: list[Rollout] = [each for each in ROLLOUTS if not named or each in named]
    found = compare_all(find_schemas(schemas), against, chosen, may_be_new=not schemas)
    kept = suppressions.keep(found)
    show_findings(kept, form)
    if not rollouts:
        suppressions.warn_of_unused()
    if any(one.finding.level == "error" for one in kept):
        raise typer.Exit(FINDINGS)
    if form is Format.TEXT:
        typer.echo(f"nobody is broken by the change since {against}")
