"""Finds the parts of a contract in the schema file that it was made from."""

from __future__ import annotations

from collections.abc import Iterable

from ackord.schema.document.nodes import (
    AliasNode,
    EnumNode,
    EventNode,
    FieldNode,
    NamespaceNode,
    RecordNode,
    TypeDeclarationNode,
    TypeNode,
    UnionNode,
)
from ackord.schema.model import (
    Alias,
    Contract,
    Enum,
    Event,
    Field,
    ListType,
    MapType,
    Namespace,
    NullableType,
    Path,
    Record,
    RefType,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
)
from ackord.schema.resolve.scopes import File
from ackord.schema.source import Place


class Places:
    """The places of a contract's parts.

    Document and contract are walked side by side, because inline records have names in the contract
    only, and fields may have other names there.
    """

    def __init__(self, files: Iterable[File], contract: Contract) -> None:
        """Take the files of the contract, its own first."""
        self._found: dict[Path, Place] = {}
        self._declared = {each.name: each for each in contract.types}
        self._files = tuple(files)
        own = self._files[0].document
        self._start = own.name.place
        for file in self._files:
            self._walk(file, contract)
        paths = {namespace.path: namespace for namespace in contract.namespaces}
        for node in own.namespaces:
            namespace = paths.get(node.path.text)
            if namespace is not None:
                self._namespace(node, namespace)

    def find(self, path: Path) -> Place:
        """Return the place of a part, or of the nearest part around it."""
        for length in range(len(path), 0, -1):
            place = self._found.get(path[:length])
            if place is not None:
                return place
        return self._start

    def _walk(self, file: File, contract: Contract) -> None:
        document = file.document
        for type_node in document.types:
            declared = self._declared.get(file.qualified(type_node.name.text, "types"))
            if declared is not None:
                self._add(("types", declared.name), type_node.name.place)
                self._declaration(type_node, declared)
        codes = {error.code: error for error in contract.errors}
        for error_node in document.errors:
            error = codes.get(error_node.code.text)
            if error is not None:
                self._add(("errors", error.name), error_node.name.place)
                self._fields(error_node.fields, error.fields, ("errors", error.name, "fields"))
        rooms = {room.name: room for room in contract.rooms}
        for room_node in document.rooms:
            room = rooms.get(file.qualified(room_node.name.text, "rooms"))
            if room is not None:
                self._add(("rooms", room.name), room_node.name.place)
                self._fields(room_node.params, room.params, ("rooms", room.name, "params"))

    def _namespace(self, node: NamespaceNode, namespace: Namespace) -> None:
        path = "namespaces", namespace.path
        self._add(path, node.path.place)
        self._fields(node.params, namespace.params, (*path, "params"))
        self._type(node.auth, namespace.auth, (*path, "auth"))
        self._type(node.session, namespace.session, (*path, "session"))
        sections = (
            ("client_to_server", node.client_to_server, namespace.client_to_server),
            ("server_to_client", node.server_to_client, namespace.server_to_client),
            ("server_to_server", node.server_to_server, namespace.server_to_server),
        )
        for section, nodes, events in sections:
            for event_node, event in zip(nodes, events, strict=False):
                self._event(event_node, event, (*path, section, event.name))

    def _event(self, node: EventNode, event: Event, path: Path) -> None:
        self._add(path, node.name.place)
        self._fields(node.args, event.args, (*path, "args"))
        self._type(node.ack, event.ack, (*path, "ack"))
        self._fields(node.ack_args or (), event.ack_args or (), (*path, "ack", "args"))
        for name in node.errors:
            self._add((*path, "errors", name.text), name.place)

    def _declaration(self, node: TypeDeclarationNode, declared: TypeDeclaration) -> None:
        path = "types", declared.name
        match node, declared:
            case RecordNode(fields=nodes), Record(fields=fields):
                self._fields(nodes, fields, (*path, "fields"))
            case EnumNode(members=nodes), Enum(members=members):
                for member_node, member in zip(nodes, members, strict=False):
                    self._add((*path, "members", member.value), member_node.value.place)
            case UnionNode(members=expressions), TaggedUnion(members=names):
                for expression, name in zip(expressions, names, strict=False):
                    self._add((*path, "members", name), expression.place)
            case AliasNode(type=type_node), Alias(type=target):
                self._parts(type_node, target, path)
            case _:
                pass

    def _fields(self, nodes: tuple[FieldNode, ...], fields: tuple[Field, ...], path: Path) -> None:
        for node, field in zip(nodes, fields, strict=False):
            self._add((*path, field.name), node.name.place)
            self._parts(node.type, field.type, (*path, field.name))

    def _type(self, node: TypeNode | None, of: Type | None, path: Path) -> None:
        if node is not None:
            self._add(path, node.place)
            self._parts(node, of, path)

    def _parts(self, node: TypeNode | None, of: Type | None, path: Path) -> None:
        """Walk what is written in place: the parts of a list, map or tuple, and an inline record,
        which is a declared type in the contract.
        """
        target = of.item if isinstance(of, NullableType) else of
        if node is None:
            return
        if node.fields is not None and isinstance(target, RefType):
            declared = self._declared.get(target.name)
            if isinstance(declared, Record):
                self._add(("types", declared.name), node.place)
                self._fields(node.fields, declared.fields, ("types", declared.name, "fields"))
            return
        parts = node.parts
        match target:
            case ListType(item) if parts is not None:
                self._type(next(iter(parts.items), None), item, (*path, "item"))
            case TupleType(items) if parts is not None:
                for position, (inner, item) in enumerate(zip(parts.items, items, strict=False)):
                    self._type(inner, item, (*path, str(position)))
            case MapType(value, key=key) if parts is not None:
                self._type(parts.keys, key, (*path, "key"))
                self._type(parts.values, value, (*path, "value"))
            case _:
                pass

    def _add(self, path: Path, place: Place) -> None:
        self._found.setdefault(path, place)
