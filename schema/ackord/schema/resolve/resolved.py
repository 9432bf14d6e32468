"""A contract beside the document that it was made from, for checks that need both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ackord.schema.document.nodes import Document
from ackord.schema.model import Contract, Type, TypeDeclaration
from ackord.schema.source import Place


@dataclass(frozen=True, slots=True)
class Resolved:
    """What `resolve` gives; only a contract that can be used if nothing has been reported."""

    document: Document
    contract: Contract
    types: tuple[tuple[Type, Place], ...]
    """Each type as it is written somewhere in the file, and where."""
    inline: frozenset[str]
    """The names that inline records have been given."""
    declarations: Mapping[str, TypeDeclaration] = field(init=False)
    """The contract's types by name."""

    def __post_init__(self) -> None:
        by_name = {declaration.name: declaration for declaration in self.contract.types}
        object.__setattr__(self, "declarations", by_name)
