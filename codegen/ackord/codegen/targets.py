"""The registry of targets, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ackord.codegen.errors import UnknownTargetError
from ackord.codegen.python.target import PythonTarget
from ackord.codegen.target import Target

DEFAULT: Final = "python"

TARGETS: Final[Mapping[str, Callable[[], Target]]] = MappingProxyType({"python": PythonTarget})
"""A function that makes each target."""


def find_target(name: str) -> Target:
    """Return a target.

    Raises:
        UnknownTargetError: no target has this name.
    """
    if name not in TARGETS:
        raise UnknownTargetError((f"there is no target {name!r}: {', '.join(sorted(TARGETS))}",))
    return TARGETS[name]()
