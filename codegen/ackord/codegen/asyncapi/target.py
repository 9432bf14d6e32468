"""The AsyncAPI target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import ClassVar

from ackord.codegen.asyncapi.document import describe
from ackord.codegen.errors import Problem
from ackord.codegen.plan import Plan
from ackord.codegen.target import NameKind, Options
from ackord.schema import Contract


class AsyncApiTarget:
    """One file, ``asyncapi.json``."""

    name: ClassVar[str] = "asyncapi"
    options: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})

    @property
    def reserved_names(self) -> Mapping[NameKind, AbstractSet[str]]:
        """See `ackord.codegen.target.Target.reserved_names`: no name is one of a language."""
        return MappingProxyType({})

    def problems(self, plan: Plan) -> tuple[Problem, ...]:  # noqa: ARG002
        """See `ackord.codegen.target.Target.problems`: what is lossy is said in the document."""
        return ()

    def directory_problem(self, name: str, contract: Contract) -> str | None:  # noqa: ARG002
        """See `ackord.codegen.target.Target.directory_problem`: every name is one."""
        return None

    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:  # noqa: ARG002
        """See `ackord.codegen.target.Target.generate`."""
        return {"asyncapi.json": json.dumps(describe(plan), indent=2, ensure_ascii=False) + "\n"}
