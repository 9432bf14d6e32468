"""Finds the verbs of the command line, which are entry points."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final

import click
from ackord.codegen.cli.outcome import FAILED

GROUP: Final = "ackord.verbs"

_OF_EXTRA: Final = re.compile(r"([A-Za-z0-9._-]+).*;.*extra == ['\"]([^'\"]+)['\"]")


def find_verbs() -> Mapping[str, EntryPoint]:
    """Return the verbs of all installed distributions by name, without loading them.

    No other distribution can take the place of Ackord's own verbs.
    """
    points = sorted(entry_points(group=GROUP), key=_is_own)
    return {point.name: point for point in points}


def _is_own(verb: EntryPoint) -> bool:
    return verb.dist is not None and verb.dist.name == "ackord"


def command_of(verb: EntryPoint) -> click.Command:
    """Load a verb. If it can't be loaded, return a command that says why in one line."""
    try:
        command = _load(verb)
    except Exception as error:  # noqa: BLE001 - importing runs the code of any distribution
        command = _unavailable(verb, error)
    command.name = verb.name
    return command


def _load(verb: EntryPoint) -> click.Command:
    loaded: object = verb.load()
    if not isinstance(loaded, click.Command):
        raise TypeError(f"{verb.value} is no click.Command")
    return loaded


def extra_with(module: str) -> str | None:
    """Return the argument for pip that installs a missing module: the smallest extra that requires
    the module, of a distribution with verbs.
    """
    found: list[tuple[int, str]] = []
    for verb in find_verbs().values():
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


def _unavailable(verb: EntryPoint, error: Exception) -> click.Command:
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
