"""Asks the generator for the files of a contract's package.

The generator is asked by an entry point of the group ``ackord.contracts``: a function that takes
the path of a schema file or of a ``contract.json`` and returns the files of the generated package.
So the runtime imports nothing of the generator (docs/decisions/0030).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import click
from ackord.runtime.cli.outcome import WRONG_USAGE, fail

GROUP: Final = "ackord.contracts"


def generate_files(path: Path, needed_by: str) -> Mapping[str, str]:
    """Return the files by name; exit if the contract can't be read. `needed_by` is the option or
    the verb that needs the generator.
    """
    found = list(entry_points(group=GROUP))
    if not found:
        fail(f"{needed_by} needs the generator: pip install 'ackord[codegen]'")
    try:
        files: Mapping[str, str] = found[0].load()(path)
    except click.exceptions.Exit as problem:  # and the generator has said which
        raise click.exceptions.Exit(WRONG_USAGE) from problem
    return files
