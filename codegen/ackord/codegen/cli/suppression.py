"""Findings of `ackord breaking` that the configuration ignores."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click
from ackord.codegen.cli.outcome import WRONG_USAGE, fail
from ackord.codegen.cli.project import read_configuration
from ackord.codegen.configuration import shown
from ackord.schema.compatibility.report import Located, write_path
from ackord.schema.compatibility.rules import RULES

if TYPE_CHECKING:
    from ackord.codegen.settings import IgnoreTable


class Suppressions:
    """What the configuration ignores, and what of it was used."""

    def __init__(self, file: Path, ignored: tuple[IgnoreTable, ...]) -> None:
        self._file = file
        self._unused = dict.fromkeys(ignored)
        self._ignored = ignored

    @classmethod
    def configured(cls) -> Self:
        """Read the configuration; ends the program if it names a rule that isn't there."""
        configuration = read_configuration()
        if configuration is None:
            return cls(Path(), ())
        ignored = configuration.settings.breaking.ignore
        wrong = [each.rule for each in ignored if each.rule not in RULES]
        if wrong:
            problems = [f"breaking.ignore: there is no rule {rule!r}" for rule in wrong]
            fail(problems, WRONG_USAGE, where=f"{shown(configuration.file)}: ")
        return cls(configuration.file, ignored)

    def keep(self, found: Iterable[Located]) -> list[Located]:
        """Return the findings that aren't ignored."""
        return [one for one in found if not self._is_ignored(one)]

    def warn_of_unused(self) -> None:
        """Warn of entries that have ignored nothing."""
        for each in self._unused:
            click.echo(
                f"{shown(self._file)}: warning: breaking.ignore has {each.rule} at {each.path!r}, "
                "which isn't found any more; remove the entry",
                err=True,
            )

    def _is_ignored(self, one: Located) -> bool:
        path = one.finding.path
        above = [write_path(path[:length]) for length in range(1, len(path) + 1)]
        matching = [
            each
            for each in self._ignored
            if each.rule == one.finding.rule and any(fnmatchcase(part, each.path) for part in above)
        ]
        for each in matching:
            self._unused.pop(each, None)
        return bool(matching)
