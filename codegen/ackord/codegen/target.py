"""What a target is: a language, and the way in which a contract is written in it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeAlias

from ackord.codegen.plan import Plan
from ackord.schema import Contract

NameKind: TypeAlias = Literal[
    "field", "error_field", "room_parameter", "namespace_parameter", "argument", "sent", "received"
]
"""Kinds of names of a contract that a target may have to change.

``sent`` are events as methods that send them, ``received`` as methods that handle them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a package is generated with."""

    source: str
    """Name of the schema file, without its directory: the result is the same everywhere."""


class Target(Protocol):
    """A language that contracts are generated in.

    A target decides how things are called and written. It doesn't decide what there is: that is in
    the plan, which is the same for every target. Its templates stand in its own folder.
    """

    name: ClassVar[str]
    """The name by which ``--target`` chooses it."""

    @property
    def reserved_names(self) -> Mapping[NameKind, AbstractSet[str]]:
        """Names that parts of a contract can't keep in this language; they are written differently
        there, and keep their names on the wire.
        """
        ...

    def problems(self, plan: Plan) -> tuple[str, ...]:
        """Say what of a contract this target can't express, each with the way out.

        Nothing is generated where there are problems: no part of a contract is left out in silence.
        """
        ...

    def directory_problem(self, name: str, contract: Contract) -> str | None:
        """Say why no package can be in a directory of this name."""
        ...

    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
        """Give the text of each file, by its path below the package's directory.

        The same plan and options give the same bytes on every machine. The plan has no problems.
        """
        ...
