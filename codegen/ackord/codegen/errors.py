"""The exceptions of code generation.

::

    CodegenError
    ├── NotSupportedError     the contract holds what this version can't generate
    ├── UnknownTargetError    there is no target of this name, or it has no such option
    ├── OutputRefusedError    the output directory holds what must not be overwritten
    └── OutputFailedError     the system refuses to read or write
"""

from __future__ import annotations


class CodegenError(Exception):
    """Code can't be generated or written."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        """The problems, each as one sentence or two."""


class NotSupportedError(CodegenError):
    """The contract holds what this version can't generate."""


class UnknownTargetError(CodegenError):
    """There is no target of this name, or it has no such option."""


class OutputRefusedError(CodegenError):
    """The output directory holds what must not be overwritten; nothing has been written."""


class OutputFailedError(CodegenError):
    """The system refuses to read or write."""
