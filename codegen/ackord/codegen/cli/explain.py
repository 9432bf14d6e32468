"""``ackord explain``."""

from __future__ import annotations

import click
from ackord.codegen.cli.outcome import WRONG_USAGE, fail


@click.command("explain", epilog="Examples: ackord explain; ackord explain S063")
@click.argument(
    "code",
    required=False,
    help="The code of a rule, such as S063 or FIELD_RENAME; without it, all codes are listed.",
)
def verb(*, code: str | None) -> None:
    """Say what a code means: why the rule is there, what is wrong, and what is right."""
    from difflib import get_close_matches  # noqa: PLC0415

    from ackord.schema.explanations import explain as page_of  # noqa: PLC0415
    from ackord.schema.explanations import titles  # noqa: PLC0415

    known = titles()
    if code is None:
        width = max(map(len, known))
        for name, title in known.items():
            click.echo(f"{name:{width}}  {title}")
        return
    page = page_of(code.upper())
    if page is None:
        near = get_close_matches(code.upper(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "`ackord explain` lists all"
        fail([f"there is no rule {code[:60]!r}; {hint}"], WRONG_USAGE)
    click.echo(page, nl=False)
