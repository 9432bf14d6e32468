"""``ackord explain``."""

from __future__ import annotations

from typing import Annotated

import typer
from ackord.codegen.cli.outcome import WRONG_USAGE, fail

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


@verb.command(epilog="Examples: ackord explain; ackord explain S063")
def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="The code of a rule, such as S063 or FIELD_RENAME; without it, all codes are "
            "listed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say what a code means: why the rule is there, what is wrong, and what is right."""
    from difflib import get_close_matches  # noqa: PLC0415

    from ackord.schema.explanations import explain as page_of  # noqa: PLC0415
    from ackord.schema.explanations import titles  # noqa: PLC0415

    known = titles()
    if code is None:
        width = max(map(len, known))
        for name, title in known.items():
            typer.echo(f"{name:{width}}  {title}")
        return
    page = page_of(code.upper())
    if page is None:
        near = get_close_matches(code.upper(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "`ackord explain` lists all"
        fail([f"there is no rule {code[:60]!r}; {hint}"], WRONG_USAGE)
    typer.echo(page, nl=False)
