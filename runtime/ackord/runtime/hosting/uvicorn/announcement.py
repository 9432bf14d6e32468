"""The line that says where a server listens, and how."""

from __future__ import annotations

from collections.abc import Sequence
from re import Pattern
from typing import Final

from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.origins import Origins

_MOST_ORIGINS: Final = 3


def announce(
    address: str, options: EngineOptions, *, below_mount: bool = False, also: Sequence[str] = ()
) -> str:
    """Return the line: the address, the path, the transports, whose pages may connect, and `also`,
    what else is served there.
    """
    path = f"path {options.prefix}{' below its mount' if below_mount else ''}"
    transports = f"transports {' and '.join(options.transports)}"
    parts = (
        f"Socket.IO listens on {address}",
        path,
        transports,
        _say_origins(options.cors_origins),
    )
    return ", ".join((*parts, *also))


def _say_origins(origins: Origins) -> str:
    if origins is None:
        return "pages of its own origin only"
    if origins is True or origins == "*":
        return "pages of any origin"
    if isinstance(origins, str):
        return f"pages of {origins}"
    if isinstance(origins, Pattern):
        return f"pages of origins that match {origins.pattern}"
    if callable(origins):
        return "pages of origins that cors_origins accepts"
    named = [each.pattern if isinstance(each, Pattern) else each for each in origins]
    more = len(named) - _MOST_ORIGINS
    rest = f" and {more} more" if more > 0 else ""
    return f"pages of {', '.join(named[:_MOST_ORIGINS])}{rest}"
