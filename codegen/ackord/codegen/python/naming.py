"""Decides every name of a generated package.

No name depends on the order of a contract. Names of the contract go before names that are derived
from them. If two parts would get the same name, `Names.problems` says so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, Protocol

from ackord.codegen.casing import camel, constant, prefixed, room_class
from ackord.codegen.errors import Problem
from ackord.codegen.plan import EventPlan, NamespacePlan, Plan, Result
from ackord.codegen.python import reserved
from ackord.codegen.python.names import MODULES, members, scope
from ackord.codegen.scopes import Scope, clashes
from ackord.schema.model import Enum, Path, Record, TaggedUnion


class EventNames(NamedTuple):
    """The names that one event has."""

    constant: str
    """The name of the table in ``events.py``."""
    method: str
    """The name of the method that sends the event."""
    handler: str
    """The name of the method that handles the event."""
    parameters: tuple[str, ...]
    result: str | None
    """The union of success and errors, if the event declares errors."""
    ack: str | None
    """The named tuple of the acknowledgement's arguments, if there are several."""
    ack_fields: tuple[str, ...]
    """The fields of that tuple."""


class OutletNames(NamedTuple):
    """The names of the classes by which a process without a server reaches a namespace."""

    emitter: str
    broadcast: str
    rooms: Mapping[str, str]
    """The classes that publish to rooms, by room."""
    cluster: str | None

    @property
    def classes(self) -> tuple[str, ...]:
        """All of them."""
        cluster = () if self.cluster is None else (self.cluster,)
        return (self.emitter, self.broadcast, *self.rooms.values(), *cluster)


class NamespaceNames(NamedTuple):
    """The names that one namespace has."""

    constant: str
    namespace: str
    context: str
    client_emitter: str
    broadcast_emitter: str
    member: str
    """The class for a client on any server."""
    room_emitters: Mapping[str, str]
    """The emitters by room, for each room that one of the namespace's events goes to."""
    gatherers: Mapping[str, str]
    """The gatherers by emitter, for each broadcast emitter with acknowledged events."""
    cluster_emitter: str | None
    """Set if the namespace has events between servers."""
    params: str | None
    """Set if the namespace is dynamic."""
    instance: str | None
    """The class for one of the namespaces; set if the namespace is dynamic."""
    outlets: Mapping[bool, OutletNames]
    """The classes for processes without a server; the synchronous ones by true."""
    client: str
    sync_client: str
    handlers: str
    refused: str
    events: Mapping[EventPlan, EventNames]


class Names(NamedTuple):
    """The names of a package."""

    types: Mapping[str, str]
    unknown: Mapping[str, str]
    """The classes of unknown members, by open type."""
    errors: Mapping[str, str]
    rooms: Mapping[str, str]
    fields: Mapping[str, tuple[str, ...]]
    """The fields of records by type, and of errors, rooms and parameters of namespaces by class."""
    tags: Mapping[str, str]
    """The field with the tag, by record."""
    members: Mapping[str, tuple[str, ...]]
    """The members of enumerations, by type."""
    namespaces: tuple[NamespaceNames, ...]
    avoid: AbstractSet[str]
    """All names that an imported symbol must not have."""
    problems: tuple[Problem, ...]
    """The problems with names that several parts of the contract would get."""


@lru_cache(maxsize=1)
def name_everything(plan: Plan) -> Names:
    """Name the parts of a plan; the last names are kept, because problems with them are looked for
    before the names are printed.
    """
    return _Naming(plan).names()


class _Wired(Protocol):
    """A field, or the tag of a union."""

    @property
    def name(self) -> str:
        """The name on the wire."""
        ...

    @property
    def identifier(self) -> str:
        """The name in generated code."""
        ...


class _Naming:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._package = scope(MODULES)
        self._constants = scope()
        self._fields: dict[str, tuple[str, ...]] = {}
        self._tags: dict[str, str] = {}
        self._members: dict[str, tuple[str, ...]] = {}
        self._problems: list[Problem] = []

    def names(self) -> Names:
        contract = self._plan.contract
        types = {each.name: self._package.claim(each.name) for each in contract.types}
        errors = {error.name: self._package.claim(error.name) for error in contract.errors}
        rooms = self._name_rooms()
        unknown = {
            each.name: self._package.claim(f"Unknown{each.name}")
            for each in contract.types
            if isinstance(each, Enum | TaggedUnion) and each.open
        }
        drafts = [
            _NamespaceDraft(namespace, self._package, self._constants)
            for namespace in self._plan.namespaces
        ]
        acks = self._name_answers(self._plan.acks, "Ack")
        results = self._name_answers(self._plan.results, "Result")
        exports = self._package.names()
        self._name_fields(exports, errors, rooms, drafts)
        namespaces = tuple(draft.finish(results, acks, exports) for draft in drafts)
        self._check_events(namespaces)
        return Names(
            types=MappingProxyType(types),
            unknown=MappingProxyType(unknown),
            errors=MappingProxyType(errors),
            rooms=MappingProxyType(rooms),
            fields=MappingProxyType(self._fields),
            tags=MappingProxyType(self._tags),
            members=MappingProxyType(self._members),
            namespaces=namespaces,
            avoid=self._avoid(exports - MODULES, namespaces),
            problems=tuple(self._problems),
        )

    def _name_rooms(self) -> dict[str, str]:
        """Name rooms; a room that is called ``…_room`` goes first."""
        listed = [room.name for room in self._plan.contract.rooms]
        self._refuse(
            "the rooms",
            "the class",
            listed,
            [camel(name) for name in listed],
            [("rooms", name) for name in listed],
            solution="rename all but one of them",
        )
        first = [name for name in listed if camel(name) == room_class(name)]
        ordered = [*first, *(name for name in listed if name not in first)]
        claimed = {name: self._package.claim(room_class(name)) for name in ordered}
        return {name: claimed[name] for name in listed}

    def _name_answers(self, found: Sequence[Result], ending: str) -> Mapping[EventPlan, str]:
        """Name answers to events; the namespace's name is put before names that events of several
        namespaces would have.
        """
        plain = [f"{camel(each.event.declared.identifier)}{ending}" for each in found]
        count = Counter(plain)
        taken = self._package.names()
        wanted = [
            f"{camel(each.namespace.declared.identifier)}{name}"
            if count[name] > 1 or name in taken
            else name
            for each, name in zip(found, plain, strict=True)
        ]
        return {
            each.event: self._package.claim(name) for each, name in zip(found, wanted, strict=True)
        }

    def _name_fields(
        self,
        exports: AbstractSet[str],
        errors: Mapping[str, str],
        rooms: Mapping[str, str],
        drafts: Sequence[_NamespaceDraft],
    ) -> None:
        contract = self._plan.contract
        taken = {kind: names | exports for kind, names in reserved.NAMES.items()}
        for declared in contract.types:
            if isinstance(declared, Record):
                tag = self._plan.tags.get(declared.name)
                listed: list[_Wired] = [*declared.fields]
                if tag is not None:
                    listed.insert(0, tag)
                claimed = self._claim_fields(
                    declared.name, ("types", declared.name, "fields"), listed, taken["field"]
                )
                if tag is not None:
                    self._tags[declared.name] = claimed[0]
                self._fields[declared.name] = claimed[0 if tag is None else 1 :]
            elif isinstance(declared, Enum):
                self._name_members(declared)
        for error in contract.errors:
            name = errors[error.name]
            self._fields[name] = self._claim_fields(
                error.name, ("errors", error.name, "fields"), error.fields, taken["error_field"]
            )
        for room in contract.rooms:
            name = rooms[room.name]
            self._fields[name] = self._claim_fields(
                room.name, ("rooms", room.name, "params"), room.params, taken["room_parameter"]
            )
        for draft in drafts:
            if draft.params is not None:
                declared_ = draft.plan.declared
                self._fields[draft.params] = self._claim_fields(
                    declared_.path,
                    ("namespaces", declared_.path, "params"),
                    declared_.params,
                    taken["namespace_parameter"],
                )

    def _claim_fields(
        self, owner: str, path: Path, fields: Sequence[_Wired], taken: AbstractSet[str]
    ) -> tuple[str, ...]:
        """Name the attributes of a class.

        No attribute is called as another field is on the wire, because models are made with names
        of both kinds.
        """
        listed = [field.identifier for field in fields]
        on_wire = {field.name for field in fields if field.name != field.identifier}
        given = members(listed, taken | on_wire)
        paths = [(*path, field.name) for field in fields]
        self._refuse(f"the fields of {owner}:", "the attribute", listed, given, paths)
        return given

    def _name_members(self, declared: Enum) -> None:
        values = [member.value for member in declared.members]
        given = tuple(constant(member.identifier or member.value) for member in declared.members)
        for name, clashing in clashes(values, given):
            message = (
                f"enum {declared.name}: the members {_listed(clashing)} would all be called {name} "
                "in Python"
            )
            solution = (
                "give one of them a name there, as in "
                f"{{value: {json.dumps(clashing[-1], ensure_ascii=False)}, name: other}}"
            )
            paths = tuple(("types", declared.name, "members", value) for value in clashing)
            self._problems.append(Problem(message, solution, paths))
        self._members[declared.name] = given

    def _check_events(self, namespaces: Sequence[NamespaceNames]) -> None:
        for plan, names in zip(self._plan.namespaces, namespaces, strict=True):
            sections = (
                ("client_to_server", plan.client_to_server),
                ("server_to_client", plan.server_to_client),
                ("server_to_server", plan.server_to_server),
            )
            for section, event in ((name, each) for name, events in sections for each in events):
                path = ("namespaces", plan.declared.path, section, event.declared.name)
                where = f"{event.declared.name!r} in {plan.declared.path}:"
                self._refuse(
                    f"the arguments of {where}",
                    "the parameter",
                    [field.identifier for field in event.declared.args],
                    names.events[event].parameters,
                    [(*path, "args", field.name) for field in event.declared.args],
                )
                self._refuse(
                    f"the arguments of the acknowledgement of {where}",
                    "the field",
                    [field.identifier for field in event.ack_args],
                    names.events[event].ack_fields,
                    [(*path, "ack", "args", field.name) for field in event.ack_args],
                )

    def _refuse(
        self,
        where: str,
        what: str,
        declared: Sequence[str],
        given: Sequence[str],
        paths: Sequence[Path],
        *,
        solution: str = "give all but one of them another `name:`",
    ) -> None:
        self._problems += [
            Problem(
                f"{where} {_listed(clashing)} would all become {what} {name} in Python",
                solution,
                tuple(path for path, each in zip(paths, given, strict=True) if each == name),
            )
            for name, clashing in clashes(declared, given)
        ]

    def _avoid(
        self, exports: AbstractSet[str], namespaces: tuple[NamespaceNames, ...]
    ) -> frozenset[str]:
        found = set(exports) | self._constants.names() | set(self._tags.values())
        for names in (*self._fields.values(), *self._members.values()):
            found.update(names)
        for namespace in namespaces:
            for event in namespace.events.values():
                found.update((event.method, event.handler, *event.parameters, *event.ack_fields))
        return frozenset(found)


class _NamespaceDraft:
    """A namespace whose classes are named, before its events are named."""

    def __init__(self, plan: NamespacePlan, package: Scope, constants: Scope) -> None:
        self.plan = plan
        self._constants = constants
        identifier = plan.declared.identifier
        self._prefix = prefix = camel(identifier)
        self._constant = constants.claim(constant(identifier))
        self._client = package.claim(f"{prefix}Client")
        self._sync_client = package.claim(f"{prefix}ClientSync")
        self._handlers = package.claim(f"{prefix}Handlers")
        self._refused = package.claim(f"{prefix}ConnectRefusedError")
        self._namespace = package.claim(f"{prefix}Namespace")
        self._context = package.claim(f"{prefix}Context")
        self._client_emitter = package.claim(f"{prefix}ClientEmitter")
        self._broadcast_emitter = package.claim(f"{prefix}BroadcastEmitter")
        self._room_emitters = self._name_rooms(package)
        asking = [
            (self._broadcast_emitter, plan.everybody),
            *((self._room_emitters[each.room.name], each) for each in plan.rooms if each.room),
        ]
        self._gatherers = {
            name: package.claim(f"{name.rstrip('_').removesuffix('Emitter')}Gatherer")
            for name, emitter in asking
            if emitter.asks
        }
        self._cluster_emitter = (
            None if plan.cluster is None else package.claim(f"{prefix}ClusterEmitter")
        )
        self.params = package.claim(f"{prefix}Params") if plan.is_dynamic else None
        self._instance = package.claim(f"{prefix}Instance") if plan.is_dynamic else None
        self._member = package.claim(f"{prefix}Member")
        self._outlets = {
            sync: self._name_outlet(package, "Sync" if sync else "") for sync in (False, True)
        }

    def _name_outlet(self, package: Scope, suffix: str) -> OutletNames:
        def publisher(emitter: str) -> str:
            plain = emitter.rstrip("_").removesuffix("Emitter")
            return package.claim(f"{plain}Publisher{suffix}")

        return OutletNames(
            emitter=package.claim(f"{self._prefix}Emitter{suffix}"),
            broadcast=publisher(self._broadcast_emitter),
            rooms=MappingProxyType(
                {name: publisher(emitter) for name, emitter in self._room_emitters.items()}
            ),
            cluster=None if self._cluster_emitter is None else publisher(self._cluster_emitter),
        )

    def _name_rooms(self, package: Scope) -> dict[str, str]:
        """Name the emitters of rooms. The namespace's name isn't repeated if the room's name begins
        with it, unless another room's emitter has that name.
        """
        rooms = [each.room.name for each in self.plan.rooms if each.room is not None]
        short = {name: prefixed(self._prefix, room_class(name)) for name in rooms}
        count = Counter(short.values())
        return {
            name: package.claim(
                f"{self._prefix}{room_class(name)}Emitter"
                if count[plain] > 1
                else f"{plain}Emitter"
            )
            for name, plain in short.items()
        }

    def finish(
        self,
        results: Mapping[EventPlan, str],
        acks: Mapping[EventPlan, str],
        exports: AbstractSet[str],
    ) -> NamespaceNames:
        """Name the events, after all exported names are known."""
        events: dict[EventPlan, EventNames] = {}
        taken = {kind: reserved.NAMES[kind] | exports for kind in ("argument", "ack_argument")}
        for event, suffix, method, handler in self._methods():
            plain = f"{self._constant}_{constant(event.declared.identifier)}"
            events[event] = EventNames(
                constant=self._constants.claim(plain, plain + suffix),
                method=method,
                handler=handler,
                parameters=members(
                    [field.identifier for field in event.declared.args],
                    taken["argument"],
                ),
                result=results.get(event),
                ack=acks.get(event),
                ack_fields=members(
                    [field.identifier for field in event.ack_args],
                    taken["ack_argument"],
                ),
            )
        return NamespaceNames(
            constant=self._constant,
            namespace=self._namespace,
            context=self._context,
            client_emitter=self._client_emitter,
            broadcast_emitter=self._broadcast_emitter,
            member=self._member,
            outlets=MappingProxyType(self._outlets),
            room_emitters=MappingProxyType(self._room_emitters),
            gatherers=MappingProxyType(self._gatherers),
            cluster_emitter=self._cluster_emitter,
            params=self.params,
            instance=self._instance,
            client=self._client,
            sync_client=self._sync_client,
            handlers=self._handlers,
            refused=self._refused,
            events=MappingProxyType(events),
        )

    def _methods(self) -> Iterator[tuple[EventPlan, str, str, str]]:
        """Return each event with the prefix of its direction, its method and its handler."""
        plan = self.plan
        client = scope(reserved.CLIENT | reserved.HOOKS)
        handlers = scope(reserved.NAMESPACE)
        sent = client.claim_all(_identifiers(plan.client_to_server))
        handled = handlers.claim_all(_handlers(plan.client_to_server))
        yield from zip(
            plan.client_to_server, _repeat("_FROM_CLIENT", sent), sent, handled, strict=True
        )
        emitted = scope(reserved.EMITTER).claim_all(_identifiers(plan.server_to_client))
        heard = client.claim_all(_handlers(plan.server_to_client))
        yield from zip(
            plan.server_to_client, _repeat("_FROM_SERVER", emitted), emitted, heard, strict=True
        )
        spread = scope().claim_all(_identifiers(plan.server_to_server))
        learned = [
            handlers.claim(name, f"{name}_from_cluster")
            for name in _handlers(plan.server_to_server)
        ]
        yield from zip(
            plan.server_to_server, _repeat("_FROM_CLUSTER", spread), spread, learned, strict=True
        )


def _identifiers(events: Sequence[EventPlan]) -> list[str]:
    return [event.declared.identifier for event in events]


def _handlers(events: Sequence[EventPlan]) -> list[str]:
    return [f"on_{event.declared.identifier}" for event in events]


def _repeat(suffix: str, names: Sequence[str]) -> list[str]:
    return [suffix] * len(names)


def _listed(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
