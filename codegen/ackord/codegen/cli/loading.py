"""Loads schema files, and shows their problems.

Apart from generating, so that verbs which don't generate start fast.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click
from ackord.codegen.cli.arguments import Format
from ackord.codegen.cli.outcome import FAILED, FINDINGS, has_color
from ackord.codegen.cli.project import read_configuration
from ackord.codegen.configuration import lint_settings
from ackord.codegen.errors import Problem
from ackord.schema import (
    Diagnostic,
    LoadResult,
    load_bytes,
    load_contract,
    render_github,
    render_json,
    render_text,
)
from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.rules import WARNINGS
from ackord.schema.load import MAX_BYTES
from ackord.schema.resolve.places import Places

UNREADABLE: Final = "S001"
UNFIT: Final = "S078"
_SELDOM_NEEDED: Final = (
    "difflib",
    "importlib.metadata",
    "ackord.schema.analysis.python_classes",
    "ackord.schema.resolve.scalar_values",
    "ackord.schema.yaml.json_reader",
    "ackord.schema.yaml.recovery",
)
"""What loading a file, or looking at the name of its package, imports only where it is needed."""
_NEEDED: Final = sys.stdlib_module_names | {
    *("annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection")
}
"""What these modules import, directly or not."""
STANDARD_INPUT: Final = Path("-")


def name_of(schema: Path) -> str:
    """Return what a schema file is called in messages."""
    return "standard input" if schema == STANDARD_INPUT else str(schema)


def load_all(
    schemas: Iterable[Path],
    *,
    only: Collection[str] = (),
    targets: Mapping[Path, Iterable[str]] = MappingProxyType({}),
) -> Mapping[Path, LoadResult]:
    """Load schema files, each once; warnings are those of the configuration, or only those of some
    codes, for the targets of the configuration and of `targets`.
    """
    look_here()
    configuration = read_configuration()
    unwanted = frozenset(WARNINGS).difference(only) if only else frozenset[str]()
    found: dict[Path, LoadResult] = {}
    for path in dict.fromkeys(schemas):
        lint = lint_settings(configuration, path, targets.get(path, ()))
        lint = replace(lint, ignore=unwanted or lint.ignore)
        found[path] = (
            load_bytes(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>", lint=lint)
            if path == STANDARD_INPUT
            else load_contract(path, lint=lint)
        )
    return found


def show(results: Iterable[LoadResult], form: Format = Format.TEXT) -> Sequence[Diagnostic]:
    """Print and return the problems of schema files; those of a file that several of them import
    once.
    """
    found = list(dict.fromkeys(one for result in results for one in result.diagnostics))
    if form is Format.JSON:
        click.echo(render_json(found), nl=False)
    elif form is Format.GITHUB:
        click.echo(render_github(found), nl=False)
    elif found:
        sources = {file: text for result in results for file, text in result.sources.items()}
        click.echo(render_text(found, sources, color=has_color(sys.stderr)), nl=False, err=True)
    return found


def show_problems(problems: Iterable[Problem], result: LoadResult) -> None:
    """Print what can't be generated from a schema file, at the places of the parts that it is
    about.
    """
    assert result.contract is not None  # noqa: S101 - something was generated from it
    places = Places(result.files.values(), result.contract)
    found: list[Diagnostic] = []
    for problem in problems:
        *others, at = map(places.find, problem.parts or ((),))
        found.append(
            Diagnostic(
                code=UNFIT,
                file=at.file,
                range=at.range,
                message=problem.message,
                hint=problem.solution,
                related=tuple(related("the other one", other) for other in others),
            )
        )
    found.sort(key=lambda one: (one.file, one.range))
    click.echo(render_text(found, result.sources, color=has_color(sys.stderr)), nl=False, err=True)


def stop_for_errors(diagnostics: Iterable[Diagnostic]) -> None:
    """End the program if there are errors."""
    errors = {one.code for one in diagnostics if one.severity == "error"}
    if errors:
        raise click.exceptions.Exit(FAILED if UNREADABLE in errors else FINDINGS)


def look_here() -> None:
    """Look for modules of ``python:`` types in the current directory first, as `python -m` does.

    The command's own modules were imported before. Those that few files need are imported now if
    something in the directory could hide a module that they need.
    """
    here = Path.cwd()
    if str(here) in sys.path:
        return
    if not _NEEDED.isdisjoint(path.stem for path in here.iterdir()):
        for module in _SELDOM_NEEDED:
            import_module(module)
    sys.path.insert(0, str(here))
