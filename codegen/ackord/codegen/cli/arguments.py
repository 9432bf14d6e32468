"""The arguments of several verbs, as decorators."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Final

import click
from ackord.codegen.typescript.settings import OPTIONS

_TYPESCRIPT: Final = ", ".join(f"{name}={'|'.join(values)}" for name, values in OPTIONS.items())


class Format(StrEnum):
    """The forms in which a verb prints what it has found."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def _format(_context: click.Context, _option: click.Parameter, name: str) -> Format:
    return Format(name)


schema = click.argument(
    "schema",
    required=False,
    type=click.Path(path_type=Path),
    help="The schema file; without it, all that the configuration names.",
)
schemas = click.argument(
    "schemas",
    metavar="[SCHEMA]...",
    nargs=-1,
    help="Schema files, or - for standard input; without any, all that the configuration names.",
)
out = click.option(
    "--out",
    "-o",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The package's directory; its last part is the import name.",
)
target_name = click.option(
    "--target",
    metavar="NAME",
    help="The language of the package; without it, python, or all that the configuration names.",
)
target_options = click.option(
    "--option",
    metavar="NAME=VALUE",
    multiple=True,
    help=f"An option of the target: typescript has {_TYPESCRIPT}.",
)
validation = click.option(
    "--validate",
    metavar="HOW",
    help="Have typescript validate what it sends and receives: standard-schema.",
)
format_name = click.option(
    "--format",
    "form",
    type=click.Choice([each.value for each in Format]),
    default=Format.TEXT.value,
    callback=_format,
    help="text on standard error; or json, or annotations of a pull request (github), on standard "
    "output.",
)


def package_name(out: Path) -> str:
    """Return the import name of the package in a directory."""
    return Path(os.path.abspath(out)).name  # noqa: PTH100 - a link is imported by its own name
