"""The exceptions of code generation.

::

    CodegenError
    ├── NotSupportedError     the contract holds what this version can't generate
    ├── UnknownTargetError    there is no target of this name, or it has no such option
    ├── OutputRefusedError    the output directory holds what must not be overwritten
    └── OutputFailedError     the system refuses to read or write
"""

from __future__ import annotations

from dataclasses import dataclass

from ackord.schema.model import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """What can't be generated."""

    message: str
    solution: str | None = None
    parts: tuple[Path, ...] = ()
    """The parts of the contract that the problem is about, as far as they are known."""

    @property
    def text(self) -> str:
        """The problem in one line."""
        return self.message if self.solution is None else f"{self.message}; {self.solution}"


class CodegenError(Exception):
    """Code can't be generated or written."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        """The problems, each as one sentence or two."""


class NotSupportedError(CodegenError):
    """The contract holds what this version can't generate."""

    def __init__(self, found: tuple[Problem, ...]) -> None:
        super().__init__(tuple(problem.text for problem in found))
        self.found = found
        """The same problems, with the parts of the contract."""


class UnknownTargetError(CodegenError):
    """There is no target of this name, or it has no such option."""


class OutputRefusedError(CodegenError):
    """The output directory holds what must not be overwritten; nothing has been written."""


class OutputFailedError(CodegenError):
    """The system refuses to read or write."""
