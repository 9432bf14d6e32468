"""What can go wrong while code is generated.

::

    CodegenError
    ├── NotSupportedError     the contract holds what this version can't generate
    ├── UnknownTargetError    there is no target of this name
    ├── OutputRefusedError    the output directory holds what must not be overwritten
    └── OutputFailedError     the system refuses to read or write
"""

from __future__ import annotations


class CodegenError(Exception):
    """Something that keeps code from being generated."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        """Each as one sentence or two."""


class NotSupportedError(CodegenError):
    """The contract holds what this version can't generate."""


class UnknownTargetError(CodegenError):
    """There is no target of this name."""


class OutputRefusedError(CodegenError):
    """The output directory holds what must not be overwritten; nothing has been written."""


class OutputFailedError(CodegenError):
    """The system refuses to read or write."""
