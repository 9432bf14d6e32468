"""Decide every name of a generated package."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

from ackord.codegen.python import reserved
from ackord.codegen.python.names import MODULES, PARAMETERS, Scope, attribute, camel, constant
from ackord.schema.model import Contract, Enum, Event, Namespace, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNames:
    """The names that one event has."""

    constant: str
    """In ``events.py``."""
    method: str
    """On whoever sends it."""
    handler: str
    """On whoever receives it."""
    parameters: tuple[str, ...]
    result: str | None
    """The union of its acknowledgement and its errors, where it declares errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceNames:
    """The names that one namespace has."""

    constant: str
    namespace: str
    context: str
    client_emitter: str
    broadcast_emitter: str
    room_emitters: Mapping[str, str]
    """By room, for each room that one of the namespace's events goes to."""
    gatherers: Mapping[str, str]
    """By emitter, for each broadcast emitter that reaches clients with acknowledged events."""
    cluster_emitter: str | None
    """Where the namespace has events between servers."""
    params: str | None
    """Where the namespace is dynamic."""
    instance: str | None
    """Where the namespace is dynamic: what sends to one of the namespaces."""
    client: str
    handlers: str
    refused: str
    client_to_server: tuple[EventNames, ...]
    server_to_client: tuple[EventNames, ...]
    server_to_server: tuple[EventNames, ...]

    @property
    def events(self) -> tuple[EventNames, ...]:
        """Of all directions."""
        return (*self.client_to_server, *self.server_to_client, *self.server_to_server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of a package."""

    types: Mapping[str, str]
    errors: Mapping[str, str]
    rooms: Mapping[str, str]
    fields: Mapping[str, tuple[str, ...]]
    """Of records, by type; of errors and rooms, by class."""
    tags: Mapping[str, str]
    """The field that holds the tag, by record."""
    members: Mapping[str, tuple[str, ...]]
    """Of enumerations, by type."""
    namespaces: tuple[NamespaceNames, ...]
    exports: AbstractSet[str]
    """What the package exports, and what its modules are called."""
    avoid: AbstractSet[str]
    """All names that a symbol from elsewhere must not hide or be hidden by."""


def name_everything(contract: Contract) -> Names:
    """Give names in order of declaration, those of the schema before those that are made from
    them.
    """
    package = Scope(MODULES)
    types = {declaration.name: package.claim(declaration.name) for declaration in contract.types}
    errors = {error.name: package.claim(error.name) for error in contract.errors}
    rooms = {room.name: package.claim(_room_class(room.name)) for room in contract.rooms}
    constants = Scope()
    drafts = [_NamespaceDraft(namespace, package, constants) for namespace in contract.namespaces]
    results = [draft.claim_results() for draft in drafts]
    exports = package.names()
    tag_of = {
        member: union.tag
        for union in contract.types
        if union.kind == "tagged_union"
        for member in union.members
    }
    fields: dict[str, tuple[str, ...]] = {}
    tags: dict[str, str] = {}
    for declaration in contract.types:
        if isinstance(declaration, Record):
            tag = tag_of.get(declaration.name)
            wire = ([] if tag is None else [tag]) + [field.name for field in declaration.fields]
            claimed = _members(wire, reserved.MODEL | exports)
            if tag is not None:
                tags[declaration.name] = claimed[0]
            fields[declaration.name] = claimed[0 if tag is None else 1 :]
    for error in contract.errors:
        fields[errors[error.name]] = _members(
            (field.name for field in error.fields), reserved.ERROR | exports
        )
    for room in contract.rooms:
        fields[rooms[room.name]] = _members(
            (field.name for field in room.params), reserved.ROOM | exports
        )
    for namespace, draft in zip(contract.namespaces, drafts, strict=True):
        if draft.params is not None:
            fields[draft.params] = _members(
                (field.name for field in namespace.params), reserved.PARAMS | exports
            )
    members = {
        declaration.name: _enum_members(declaration)
        for declaration in contract.types
        if isinstance(declaration, Enum)
    }
    namespaces = tuple(
        draft.finish(found, exports) for draft, found in zip(drafts, results, strict=True)
    )
    return Names(
        types=MappingProxyType(types),
        errors=MappingProxyType(errors),
        rooms=MappingProxyType(rooms),
        fields=MappingProxyType(fields),
        tags=MappingProxyType(tags),
        members=MappingProxyType(members),
        namespaces=namespaces,
        exports=exports,
        avoid=_avoid(
            exports=exports - MODULES,
            constants=constants,
            fields=fields,
            tags=tags,
            members=members,
            namespaces=namespaces,
        ),
    )


def _avoid(
    *,
    exports: AbstractSet[str],
    constants: Scope,
    fields: Mapping[str, tuple[str, ...]],
    tags: Mapping[str, str],
    members: Mapping[str, tuple[str, ...]],
    namespaces: tuple[NamespaceNames, ...],
) -> frozenset[str]:
    found = set(exports) | constants.names() | set(tags.values())
    for names in (*fields.values(), *members.values()):
        found.update(names)
    for namespace in namespaces:
        for event in namespace.events:
            found.update((event.method, event.handler, *event.parameters))
    return frozenset(found)


class _NamespaceDraft:
    """A namespace whose classes are named, and whose events are not yet."""

    def __init__(self, namespace: Namespace, package: Scope, constants: Scope) -> None:
        self._source = namespace
        self._package = package
        self._constants = constants
        self._prefix = prefix = camel(namespace.identifier)
        self._constant = constants.claim(constant(namespace.identifier))
        self._client = package.claim(f"{prefix}Client")
        self._handlers = package.claim(f"{prefix}Handlers")
        self._refused = package.claim(f"{prefix}ConnectRefusedError")
        self._namespace = package.claim(f"{prefix}Namespace")
        self._context = package.claim(f"{prefix}Context")
        self._client_emitter = package.claim(f"{prefix}ClientEmitter")
        self._broadcast_emitter = package.claim(f"{prefix}BroadcastEmitter")
        used = dict.fromkeys(room for event in namespace.server_to_client for room in event.rooms)
        self._room_emitters = {
            room: package.claim(f"{prefix}{_room_class(room)}Emitter") for room in used
        }
        acked = [event for event in namespace.server_to_client if event.acked]
        asking = [self._broadcast_emitter] if acked else []
        asking += [
            emitter
            for room, emitter in self._room_emitters.items()
            if any(room in event.rooms for event in acked)
        ]
        self._gatherers = {
            emitter: package.claim(f"{emitter.rstrip('_').removesuffix('Emitter')}Gatherer")
            for emitter in asking
        }
        self._cluster_emitter = (
            package.claim(f"{prefix}ClusterEmitter") if namespace.server_to_server else None
        )
        self.params = package.claim(f"{prefix}Params") if namespace.params else None
        self._instance = package.claim(f"{prefix}Instance") if namespace.params else None

    def claim_results(self) -> Iterator[str | None]:
        """Name the unions of acknowledgement and errors, event by event."""
        found: list[str | None] = []
        for event in (*self._source.client_to_server, *self._source.server_to_client):
            name = f"{camel(event.identifier)}Result"
            found.append(self._package.claim(name, self._prefix + name) if event.errors else None)
        return iter(found)

    def finish(self, results: Iterator[str | None], exports: AbstractSet[str]) -> NamespaceNames:
        """Name the events, when all names that the package exports are known."""
        prefix = self._constant
        client = Scope(reserved.CLIENT)
        server_handlers = Scope(reserved.NAMESPACE)
        emitter = Scope(reserved.EMITTER)
        sending = [client.claim(event.identifier) for event in self._source.client_to_server]
        receiving = [
            server_handlers.claim(f"on_{event.identifier}")
            for event in self._source.client_to_server
        ]
        emitting = [emitter.claim(event.identifier) for event in self._source.server_to_client]
        clustered = Scope()
        spreading = [clustered.claim(event.identifier) for event in self._source.server_to_server]
        learning = [
            server_handlers.claim(f"on_{event.identifier}", f"on_{event.identifier}_from_cluster")
            for event in self._source.server_to_server
        ]
        listening = [
            client.claim(f"on_{event.identifier}") for event in self._source.server_to_client
        ]

        def names(
            event: Event, method: str, handler: str, suffix: str, *, has_result: bool = True
        ) -> EventNames:
            plain = f"{prefix}_{constant(event.identifier)}"
            return EventNames(
                constant=self._constants.claim(plain, plain + suffix),
                method=method,
                handler=handler,
                parameters=_members((field.name for field in event.args), PARAMETERS | exports),
                result=next(results) if has_result else None,
            )

        return NamespaceNames(
            constant=self._constant,
            namespace=self._namespace,
            context=self._context,
            client_emitter=self._client_emitter,
            broadcast_emitter=self._broadcast_emitter,
            room_emitters=MappingProxyType(self._room_emitters),
            gatherers=MappingProxyType(self._gatherers),
            cluster_emitter=self._cluster_emitter,
            params=self.params,
            instance=self._instance,
            client=self._client,
            handlers=self._handlers,
            refused=self._refused,
            client_to_server=tuple(
                names(event, method, handler, "_FROM_CLIENT")
                for event, method, handler in zip(
                    self._source.client_to_server, sending, receiving, strict=True
                )
            ),
            server_to_client=tuple(
                names(event, method, handler, "_FROM_SERVER")
                for event, method, handler in zip(
                    self._source.server_to_client, emitting, listening, strict=True
                )
            ),
            server_to_server=tuple(
                names(event, method, handler, "_FROM_CLUSTER", has_result=False)
                for event, method, handler in zip(
                    self._source.server_to_server, spreading, learning, strict=True
                )
            ),
        )


def _room_class(name: str) -> str:
    plain = camel(name)
    return plain if plain.endswith("Room") else f"{plain}Room"


def _members(names: Iterable[str], taken: AbstractSet[str]) -> tuple[str, ...]:
    """Name fields or parameters; those whose name needs no change keep it, whatever stands before
    them.
    """
    listed = tuple(names)
    free = Scope(taken)
    kept = {name for name in listed if _is_harmless(name) and name not in taken}
    for name in kept:
        free.claim(name)
    return tuple(
        name if name in kept else free.claim(f"{attribute(name).rstrip('_')}_") for name in listed
    )


def _is_harmless(name: str) -> bool:
    return attribute(name) == name and not keyword.iskeyword(name)


def _enum_members(enum: Enum) -> tuple[str, ...]:
    scope = Scope(reserved.ENUM)
    return tuple(scope.claim(constant(member.value)) for member in enum.members)
