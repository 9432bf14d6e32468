"""The declarations of a contract's files, by the names that stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ackord.schema.document.nodes import (
    AliasNode,
    EnumNode,
    NewTypeNode,
    PythonNode,
    RecordNode,
    TypeDeclarationNode,
    UnionNode,
)
from ackord.schema.load import LoadResult
from ackord.schema.source import Place

_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (RecordNode, "a record"),
    (EnumNode, "an enum"),
    (NewTypeNode, "a newtype"),
    (UnionNode, "a union"),
    (AliasNode, "a type"),
    (PythonNode, "a Python type"),
)


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration, as a file names it."""

    name: str
    """With the alias of its file, where it was imported."""
    kind: str
    """``types``, ``errors`` or ``rooms``."""
    what: str
    """In words, such as "a record"."""
    doc: str | None
    place: Place


def declarations(result: LoadResult, file: str) -> Iterator[Declared]:
    """Yield what a file declares, and what it imports."""
    found = result.files.get(file)
    if found is None:
        return
    yield from _of(result, file, "")
    for alias, imported in found.imports.items():
        if imported is not None:
            yield from _of(result, imported, f"{alias}.")


def _of(result: LoadResult, file: str, prefix: str) -> Iterator[Declared]:
    if file not in result.files:
        return
    document = result.files[file].document
    for declared in document.types:
        name = declared.name
        yield Declared(prefix + name.text, "types", _what(declared), _doc(declared), name.place)
    for error in document.errors:
        yield Declared(prefix + error.name.text, "errors", "an error", error.doc, error.name.place)
    for room in document.rooms:
        yield Declared(prefix + room.name.text, "rooms", "a room", room.doc, room.name.place)


def _what(declared: TypeDeclarationNode) -> str:
    return next((words for kind, words in _KINDS if isinstance(declared, kind)), "a type")


def _doc(declared: TypeDeclarationNode) -> str | None:
    doc: str | None = getattr(declared, "doc", None)
    return doc
