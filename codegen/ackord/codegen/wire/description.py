"""What targets have in common that describe a contract, and write no code."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import ClassVar

from ackord.codegen.errors import Problem
from ackord.codegen.plan import Plan
from ackord.codegen.target import NameKind, Options
from ackord.schema import Contract


class Description(ABC):
    """A target without options that can say something of every contract, whatever its names are."""

    options: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})

    @property
    def reserved_names(self) -> Mapping[NameKind, AbstractSet[str]]:
        """See `ackord.codegen.target.Target.reserved_names`."""
        return MappingProxyType({})

    def problems(self, plan: Plan) -> tuple[Problem, ...]:  # noqa: ARG002
        """See `ackord.codegen.target.Target.problems`."""
        return ()

    def directory_problem(self, name: str, contract: Contract) -> str | None:  # noqa: ARG002
        """See `ackord.codegen.target.Target.directory_problem`."""
        return None

    @abstractmethod
    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
        """See `ackord.codegen.target.Target.generate`."""
