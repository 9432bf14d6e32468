"""The Python target: a contract's plan becomes the files of a package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from types import MappingProxyType
from typing import ClassVar, Final

from ackord.codegen.errors import Problem
from ackord.codegen.plan import Plan
from ackord.codegen.python.imports import RUNTIME, import_order
from ackord.codegen.python.module import Module
from ackord.codegen.python.names import MODULES
from ackord.codegen.python.namespace_view import namespace_views
from ackord.codegen.python.naming import Names, NamespaceNames, name_everything
from ackord.codegen.python.package_name import hidden_type, name_problem
from ackord.codegen.python.reserved import NAMES
from ackord.codegen.python.type_views import TypeViews
from ackord.codegen.python.values import inexpressible
from ackord.codegen.target import NameKind, Options
from ackord.schema import Contract

FROM_RUNTIME: Final = (
    "AckTimeoutError",
    "AckordError",
    "DeclaredError",
    "DisconnectedError",
    "FailureReply",
    "InvalidAckError",
    "InvalidPayloadError",
    "RemoteError",
    "SlowConsumerError",
    "UnknownError",
    "unwrap",
)
"""Names of the runtime that every package exports, for `match`, `except` and calls; a name of the
contract goes before them.
"""


class PythonTarget:
    """A package with the types, the server's and the client's side of a contract."""

    name: ClassVar[str] = "python"
    options: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})

    @property
    def reserved_names(self) -> Mapping[NameKind, AbstractSet[str]]:
        """See `ackord.codegen.target.Target.reserved_names`."""
        return NAMES

    def problems(self, plan: Plan) -> tuple[Problem, ...]:
        """See `ackord.codegen.target.Target.problems`."""
        names = name_everything(plan)
        return (*names.problems, *inexpressible(plan, Module(plan, names, "types.py").values))

    def directory_problem(self, name: str, contract: Contract) -> str | None:
        """See `ackord.codegen.target.Target.directory_problem`."""
        return name_problem(name) or hidden_type(name, contract)

    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
        """See `ackord.codegen.target.Target.generate`."""
        names = name_everything(plan)
        types, *sides = _exports(names)
        server, client, client_sync, emitter, emitter_sync = sides
        return {
            "__init__.py": _init(Module(plan, names, "__init__.py"), options, types, sides),
            "types.py": _types(plan, names, options, types),
            "events.py": _side(plan, names, options, "events.py", _tables(names)),
            "server.py": _side(plan, names, options, "server.py", server),
            "client.py": _side(plan, names, options, "client.py", client),
            "client_sync.py": _side(plan, names, options, "client_sync.py", client_sync),
            "emitter.py": _side(plan, names, options, "emitter.py", emitter),
            "emitter_sync.py": _side(plan, names, options, "emitter_sync.py", emitter_sync),
            "py.typed": "",
        }


def _types(plan: Plan, names: Names, options: Options, exports: list[str]) -> str:
    module = Module(plan, names, "types.py")
    views = TypeViews(module)
    values = {
        "python_types": views.python_types(),
        "newtypes": views.newtypes(),
        "enums": views.enums(),
        "records": views.records(),
        "unknown": views.unknown(),
        "named": views.named(),
        "errors": views.errors(),
        "rooms": views.rooms(),
        "params": views.params(),
        "acks": views.acks(),
        "results": views.results(),
    }
    return module.render(options, exports, {key: list(value) for key, value in values.items()})


def _side(plan: Plan, names: Names, options: Options, file: str, exports: list[str]) -> str:
    module = Module(plan, names, file)
    return module.render(options, exports, {"namespaces": namespace_views(module)})


def _init(module: Module, options: Options, types: list[str], sides: Sequence[list[str]]) -> str:
    """Print ``__init__.py``, which exports everything that users need by name."""
    exports = ["CONTRACT_VERSION", *types, *chain.from_iterable(sides)]
    for name in FROM_RUNTIME:
        if name not in exports and name not in MODULES:
            module.imports.use_as(f"{RUNTIME}.v1", name, name)
            exports.append(name)
    lazy = {
        file: sorted(names, key=import_order)
        for file, names in sorted(
            zip(
                ("types", "server", "client", "client_sync", "emitter", "emitter_sync"),
                (types, *sides),
                strict=True,
            )
        )
        if names
    }
    return module.render(options, exports, {"lazy": lazy})


def _exports(names: Names) -> tuple[list[str], ...]:
    """List what ``types.py`` and the modules of the sides define."""
    events = [event for each in names.namespaces for event in each.events.values()]
    types = [
        *names.types.values(),
        *names.unknown.values(),
        *names.errors.values(),
        *names.rooms.values(),
        *(each.params for each in names.namespaces if each.params is not None),
        *(event.ack for event in events if event.ack is not None),
        *(event.result for event in events if event.result is not None),
    ]
    server = [name for each in names.namespaces for name in _server_classes(each)]
    client = [
        name for each in names.namespaces for name in (each.refused, each.handlers, each.client)
    ]
    client_sync = [each.sync_client for each in names.namespaces]
    emitter, emitter_sync = (
        [name for each in names.namespaces for name in each.outlets[sync].classes]
        for sync in (False, True)
    )
    return types, server, client, client_sync, emitter, emitter_sync


def _server_classes(names: NamespaceNames) -> Iterator[str]:
    yield from (names.client_emitter, names.broadcast_emitter, names.context, names.namespace)
    yield names.member
    yield from (*names.room_emitters.values(), *names.gatherers.values())
    yield from (each for each in (names.cluster_emitter, names.instance) if each is not None)


def _tables(names: Names) -> list[str]:
    return [
        name
        for each in names.namespaces
        for name in (each.constant, *(event.constant for event in each.events.values()))
    ]
