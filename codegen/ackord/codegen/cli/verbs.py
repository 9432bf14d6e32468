"""Finds the verbs of the command line, which are entry points."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

import click
from ackord.codegen.cli.outcome import FAILED
from ackord.codegen.installed import noted

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "ackord.verbs"

_OF_EXTRA: Final = re.compile(r"([A-Za-z0-9._-]+).*;.*extra == ['\"]([^'\"]+)['\"]")


class Verb(NamedTuple):
    """The entry point of a verb."""

    name: str
    value: str
    """The module and the object, as in ``package.module:object``."""

    def load(self) -> object:
        """Import the object."""
        module, _, name = self.value.partition(":")
        return getattr(import_module(module), name)


def own_verbs() -> Mapping[str, Verb]:
    """Return Ackord's own verbs by name, without loading them."""
    section = (noted("entry_points.txt") or "").partition(f"[{GROUP}]\n")[2].partition("\n[")[0]
    pairs = (line.partition(" = ") for line in section.splitlines())
    return {name: Verb(name, value) for name, _, value in pairs if value}


def find_verbs() -> Mapping[str, Verb]:
    """Return the verbs of all installed distributions by name, without loading them.

    No other distribution can take the place of Ackord's own verbs.
    """
    return {point.name: Verb(point.name, point.value) for point in _entry_points()}


def _entry_points() -> list[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - own verbs don't need it

    return sorted(entry_points(group=GROUP), key=_is_own)


def _is_own(verb: EntryPoint) -> bool:
    return verb.dist is not None and verb.dist.name == "ackord"


def command_of(verb: Verb) -> click.Command:
    """Load a verb. If it can't be loaded, return a command that says why in one line."""
    try:
        command = _load(verb)
    except Exception as error:  # noqa: BLE001 - importing runs the code of any distribution
        command = _unavailable(verb, error)
    command.name = verb.name
    return command


def _load(verb: Verb) -> click.Command:
    loaded = verb.load()
    if not isinstance(loaded, click.Command):
        raise TypeError(f"{verb.value} is no click.Command")
    return loaded


def extra_with(module: str) -> str | None:
    """Return the argument for pip that installs a missing module: the smallest extra that requires
    the module, of a distribution with verbs.
    """
    found: list[tuple[int, str]] = []
    for verb in _entry_points():
        extras: dict[str, set[str]] = {}
        for line in (verb.dist.requires or ()) if verb.dist else ():
            if match := _OF_EXTRA.match(line):
                extras.setdefault(match[2], set()).update({match[1], match[1].partition(".")[0]})
        found += [
            (len(modules), f"'{verb.dist.name}[{extra}]'")
            for extra, modules in extras.items()
            if module in modules and verb.dist
        ]
    return min(found)[1] if found else None


def _unavailable(verb: Verb, error: Exception) -> click.Command:
    extra = extra_with(error.name or "") if isinstance(error, ModuleNotFoundError) else None
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    if extra is not None:
        reason = f"{reason}; install it with: pip install {extra}"

    @click.command(
        help=f"Not available: {reason}",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    def unavailable() -> None:
        sys.stderr.write(f"ackord: {verb.name!r} is not available: {reason}\n")
        raise click.exceptions.Exit(FAILED)

    return unavailable
