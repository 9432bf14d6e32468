"""The names that each file of a contract knows: its own, and those of the files that it imports.

In the contract, a declaration of an imported file has the file's alias before its name: ``User`` of
``common.yaml`` is ``CommonUser``, a room ``lobby`` is ``common_lobby``. A file that several others
import, or that is imported through another one, has the alias of the import that is nearest to the
contract's own file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, Literal, NamedTuple, TypeAlias

from ackord.schema.document.nodes import (
    Document,
    ErrorNode,
    Name,
    RoomNode,
    TypeDeclarationNode,
    WireNames,
)
from ackord.schema.names import camel_case

Kind: TypeAlias = Literal["types", "errors", "rooms"]
KINDS: Final[tuple[Kind, ...]] = ("types", "errors", "rooms")


class File(NamedTuple):
    """One file of a contract."""

    document: Document
    alias: str
    """The name of the file in its importer; empty for the contract's own file."""
    imports: Mapping[str, str | None]
    """The imported files by alias; `None` for a file that couldn't be read."""

    def qualified(self, name: str, kind: Kind) -> str:
        """Return the name that a declaration of this file has in the contract."""
        if not self.alias:
            return name
        return f"{self.alias}_{name}" if kind == "rooms" else f"{camel_case(self.alias)}{name}"


class Scopes:
    """The files of one contract, by name; the contract's own file comes first."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self.files = files
        self.used: set[tuple[str, str]] = set()
        """Each file with the aliases of the imported files whose names it uses."""
        self._own = {
            (name, kind): _declared(file, kind) for name, file in files.items() for kind in KINDS
        }

    @property
    def root(self) -> Document:
        """The contract's own file."""
        return next(iter(self.files.values())).document

    @property
    def root_file(self) -> str:
        """The name of the contract's own file."""
        return next(iter(self.files))

    @property
    def documents(self) -> Iterable[Document]:
        """All files, the contract's own first."""
        return [file.document for file in self.files.values()]

    def find(self, name: Name, kind: Kind) -> str | None:
        """Return the name in the contract of what a file calls by this name; `None` if there is no
        such declaration.
        """
        file = name.place.file
        own = self._own[file, kind].get(name.text)
        if own is not None:
            return own
        alias, _, local = name.text.partition(".")
        target = self.files[file].imports.get(alias)
        if target is not None:
            self.used.add((file, alias))
        return None if target is None else self._own[target, kind].get(local)

    def known(self, file: str, kind: Kind) -> Iterator[str]:
        """Return the names of a kind that a file knows, its own first."""
        yield from self._own[file, kind]
        for alias, target in self.files[file].imports.items():
            if target is not None:
                yield from (f"{alias}.{name}" for name in self._own[target, kind])

    def imported(self, name: Name, kind: Kind) -> list[str]:
        """Return what a name would be with the aliases of the imported files that have it."""
        return [
            f"{alias}.{name.text}"
            for alias, target in self.files[name.place.file].imports.items()
            if target is not None and name.text in self._own[target, kind]
        ]

    def is_unread(self, name: Name) -> bool:
        """Return whether a name is one of an imported file that couldn't be read."""
        alias, dot, _ = name.text.partition(".")
        imports = self.files[name.place.file].imports
        return bool(dot) and alias in imports and imports[alias] is None

    def aliases(self, file: str) -> AbstractSet[str]:
        """List the names by which a file calls the files that it imports."""
        return self.files[file].imports.keys()

    def wire_names(self, file: str) -> WireNames:
        """Return how names of a file's fields travel."""
        return self.files[file].document.names

    def version(self, file: str) -> str | None:
        """Return the version that ``since:`` in a file is about."""
        return self.files[file].document.version or self.root.version

    def types(self) -> tuple[TypeDeclarationNode, ...]:
        """Return all types, with their names in the contract."""
        return tuple(
            node._replace(name=Name(file.qualified(node.name.text, "types"), node.name.place))
            for file in self.files.values()
            for node in file.document.types
        )

    def errors(self) -> tuple[ErrorNode, ...]:
        """Return all errors, with their names in the contract."""
        return tuple(
            node._replace(name=Name(file.qualified(node.name.text, "errors"), node.name.place))
            for file in self.files.values()
            for node in file.document.errors
        )

    def rooms(self) -> tuple[RoomNode, ...]:
        """Return all rooms, with their names in the contract."""
        return tuple(
            node._replace(name=Name(file.qualified(node.name.text, "rooms"), node.name.place))
            for file in self.files.values()
            for node in file.document.rooms
        )

    def reserved(self, kind: Kind) -> list[Name]:
        """List the removed names of a kind, as they would be in the contract."""
        return [
            Name(file.qualified(name.text, kind), name.place)
            for file in self.files.values()
            for name in file.document.reserved.get(kind, ())
        ]

    def reserved_codes(self) -> list[Name]:
        """List the codes of removed errors."""
        return [name for document in self.documents for name in document.reserved.get("errors", ())]


def _declared(file: File, kind: Kind) -> dict[str, str]:
    """Return the names in the contract of a file's own declarations, by their names in the file."""
    document = file.document
    names: list[tuple[str, str]]
    match kind:
        case "types":
            names = [(node.name.text, node.name.text) for node in document.types]
        case "rooms":
            names = [(node.name.text, node.name.text) for node in document.rooms]
        case "errors":
            names = [(node.name.text, node.name.text) for node in document.errors]
            names += [(node.key.text, node.name.text) for node in document.errors]
    return {written: file.qualified(name, kind) for written, name in names}
