"""The contract of a target: a language in which contracts are generated."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, TypeAlias

from ackord.codegen.errors import Problem
from ackord.codegen.plan import Plan
from ackord.schema import Contract

NameKind: TypeAlias = Literal[
    "field",
    "error_field",
    "room_parameter",
    "namespace_parameter",
    "argument",
    "ack_argument",
    "sent",
    "received",
]
"""Kinds of names of a contract that may be reserved in a target's language.

``sent`` are events as methods that send them, ``received`` as methods that handle them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a generated package."""

    source: str
    """Name of the schema file, without its directory, so that the result is the same everywhere."""
    chosen: Mapping[str, str] = field(default_factory=dict[str, str])
    """The values of the target's own options; those that aren't there have their default."""


class Target(Protocol):
    """A language that contracts are generated in.

    A target decides how things are named and written. Which classes there are is decided by the
    plan, which is the same for every target. The templates are in the target's own folder.
    """

    name: ClassVar[str]
    """The name by which ``--target`` chooses it."""
    options: ClassVar[Mapping[str, tuple[str, ...]]]
    """The values of each of its options, the default first."""

    @property
    def reserved_names(self) -> Mapping[NameKind, AbstractSet[str]]:
        """Names that parts of a contract can't keep in this language; they are written differently,
        and keep their names on the wire.
        """
        ...

    def problems(self, plan: Plan) -> tuple[Problem, ...]:
        """Return the parts of a contract that this target can't express, each with a solution.

        If there are problems, nothing is generated: no part of a contract is left out silently.
        """
        ...

    def directory_problem(self, name: str, contract: Contract) -> str | None:
        """Return why no package can be in a directory of this name."""
        ...

    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
        """Return the text of each file, by its path below the package's directory.

        The same plan and options give the same bytes on every machine. The plan has no problems.
        """
        ...
