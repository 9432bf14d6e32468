"""A contract with facts about the document that it was made from, for checks that need both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ackord.schema.document.nodes import Document, Name
from ackord.schema.model import (
    Contract,
    LiteralType,
    RefType,
    ScalarType,
    Type,
    TypeDeclaration,
)
from ackord.schema.resolve.scopes import Scopes
from ackord.schema.source import Place


@dataclass(frozen=True, slots=True)
class Resolved:
    """The result of `resolve`; the contract is valid only if no error was reported."""

    document: Document
    contract: Contract
    types: tuple[tuple[Type, Place], ...]
    """Each type in the file, with its place."""
    inline: frozenset[str]
    """The names of inline records."""
    patterns: tuple[Name, ...]
    """The constraints ``pattern``."""
    scopes: Scopes
    """The files, and the names that each of them knows."""
    declarations: Mapping[str, TypeDeclaration] = field(init=False)
    """The contract's types by name."""
    composed: tuple[tuple[Type, Place], ...] = field(init=False)
    """Those of `types` that others are written in: few of them."""

    def __post_init__(self) -> None:
        by_name = {declaration.name: declaration for declaration in self.contract.types}
        object.__setattr__(self, "declarations", by_name)
        plain = ScalarType, RefType, LiteralType
        composed = tuple(each for each in self.types if each[0].__class__ not in plain)
        object.__setattr__(self, "composed", composed)
