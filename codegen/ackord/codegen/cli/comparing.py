"""Compares schema files with their old contracts, and shows what is found."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import click
from ackord.codegen.cli.arguments import Format
from ackord.codegen.cli.baseline import load_new, load_old
from ackord.codegen.cli.outcome import has_color
from ackord.schema.compatibility.compare import compare
from ackord.schema.compatibility.report import (
    Located,
    render_github,
    render_json,
    render_text,
)
from ackord.schema.compatibility.rollouts import Rollout


def compare_all(
    schemas: Iterable[Path], against: str, rollouts: Collection[Rollout], *, may_be_new: bool
) -> list[Located]:
    """Return what the changes of schema files break, in order of file and line; ends the program if
    a file can't be loaded.

    With `may_be_new`, a schema file that the old commit doesn't have breaks nobody.
    """
    found: list[Located] = []
    for schema in schemas:
        new = load_new(schema)
        old = load_old(against, schema, may_be_new=may_be_new)
        if old is None:
            click.echo(f"{schema} is new: {against} has no such file", err=True)
            continue
        found += [
            Located(finding, new.place(finding.at.new), old.describe(finding.at.old))
            for finding in compare(old.contract, new.contract, rollouts)
        ]
    return sorted(
        found, key=lambda one: (one.new.file, one.new.range, one.finding.path, one.finding.rule)
    )


def show_findings(found: Sequence[Located], form: Format) -> None:
    """Print findings in one of the forms."""
    if form is Format.JSON:
        click.echo(render_json(found), nl=False)
    elif form is Format.GITHUB:
        click.echo(render_github(found), nl=False)
    elif found:
        click.echo(render_text(found, color=has_color(sys.stderr)), nl=False, err=True)
