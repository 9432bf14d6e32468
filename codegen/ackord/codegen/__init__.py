"""Code generation, from a contract's IR to the files of a package; and the command line.

`generate` returns the files, `write` puts them into a directory, `diff` returns the changes that
`write` would make.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ackord.codegen.errors import (
        CodegenError,
        NotSupportedError,
        OutputFailedError,
        OutputRefusedError,
        UnknownTargetError,
    )
    from ackord.codegen.generation import generate
    from ackord.codegen.output import Changes, diff, write

__all__ = [
    "Changes",
    "CodegenError",
    "NotSupportedError",
    "OutputFailedError",
    "OutputRefusedError",
    "UnknownTargetError",
    "diff",
    "generate",
    "write",
]

_HOMES = {
    "Changes": "output",
    "CodegenError": "errors",
    "NotSupportedError": "errors",
    "OutputFailedError": "errors",
    "OutputRefusedError": "errors",
    "UnknownTargetError": "errors",
    "diff": "output",
    "generate": "generation",
    "write": "output",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used, so that the console script can say what isn't
    installed.
    """
    if name in _HOMES:
        return getattr(import_module(f"ackord.codegen.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
