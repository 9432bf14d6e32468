"""The registry of targets, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ackord.codegen.errors import UnknownTargetError
from ackord.codegen.python.target import PythonTarget
from ackord.codegen.target import Target


def _typescript() -> Target:
    from ackord.codegen.typescript.target import TypeScriptTarget  # noqa: PLC0415 - seldom needed

    return TypeScriptTarget()


def _asyncapi() -> Target:
    from ackord.codegen.asyncapi.target import AsyncApiTarget  # noqa: PLC0415 - seldom needed

    return AsyncApiTarget()


def _docs() -> Target:
    from ackord.codegen.documents.target import DocumentsTarget  # noqa: PLC0415 - seldom needed

    return DocumentsTarget()


TARGETS: Final[Mapping[str, Callable[[], Target]]] = MappingProxyType(
    {
        "python": PythonTarget,
        "typescript": _typescript,
        "asyncapi": _asyncapi,
        "docs": _docs,
    }
)
"""A function that makes each target."""


def find_target(name: str) -> Target:
    """Return a target.

    Raises:
        UnknownTargetError: no target has this name.
    """
    if name not in TARGETS:
        raise UnknownTargetError((f"there is no target {name!r}: {', '.join(sorted(TARGETS))}",))
    return TARGETS[name]()


def check_options(target: Target, chosen: Mapping[str, str]) -> None:
    """Check that a target has these options, and each of them this value.

    Raises:
        UnknownTargetError: it hasn't.
    """
    for name, value in chosen.items():
        values = target.options.get(name)
        if values is None:
            known = ", ".join(target.options) or "it has none"
            raise UnknownTargetError((f"the target {target.name} has no option {name!r}: {known}",))
        if value not in values:
            raise UnknownTargetError(
                (f"the option {name!r} of the target {target.name} is one of: {', '.join(values)}",)
            )
