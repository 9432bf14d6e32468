"""The arguments of several verbs."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from ackord.codegen.typescript.settings import OPTIONS

_TYPESCRIPT: Final = ", ".join(f"{name}={'|'.join(values)}" for name, values in OPTIONS.items())


class Format(StrEnum):
    """The forms in which a verb prints what it has found."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


Schema = Annotated[
    Path | None,
    typer.Argument(
        metavar="SCHEMA",
        help="The schema file; without it, all that the configuration names.",
        show_default=False,
    ),
]
Schemas = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCHEMA",
        help="Schema files, or - for standard input; without any, all that the configuration "
        "names.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="The package's directory; its last part is the import name.",
        show_default=False,
    ),
]
TargetName = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="The language of the package; without it, python, or all that the configuration "
        "names.",
        show_default=False,
    ),
]
TargetOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help=f"An option of the target: typescript has {_TYPESCRIPT}.",
        show_default=False,
    ),
]
Validate = Annotated[
    str | None,
    typer.Option(
        "--validate",
        metavar="HOW",
        help="Have typescript validate what it sends and receives: standard-schema.",
        show_default=False,
    ),
]
FormatName = Annotated[
    Format,
    typer.Option(
        "--format",
        help="text on standard error; or json, or annotations of a pull request (github), on "
        "standard output.",
    ),
]


def package_name(out: Path) -> str:
    """Return the import name of the package in a directory."""
    return Path(os.path.abspath(out)).name  # noqa: PTH100 - a link is imported by its own name
