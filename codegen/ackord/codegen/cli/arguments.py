"""The arguments of several verbs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

Schema = Annotated[
    Path, typer.Argument(metavar="SCHEMA", help="The schema file.", show_default=False)
]


def package_name(out: Path) -> str:
    """Return the import name of the package in a directory."""
    return Path(os.path.abspath(out)).name  # noqa: PTH100 - a link is imported by its own name


Out = Annotated[
    Path,
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
        help="The language of the package; without it, python.",
        show_default=False,
    ),
]
