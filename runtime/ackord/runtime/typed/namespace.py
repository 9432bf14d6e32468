"""Base of the generated namespaces of a server."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.error_acks import FailureReply, InvalidArgumentsError
from ackord.runtime.protocol.socketio.expiry import AUTH_EXPIRED
from ackord.runtime.server.namespace import Namespace as UntypedNamespace
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.parent import ParentNamespace
from ackord.runtime.server.refusal import RefusalReply
from ackord.runtime.typed.context import Context
from ackord.runtime.typed.event import NamespaceContract
from ackord.runtime.typed.handlers import awaiting, check_handlers, handler
from ackord.runtime.typed.member import dump_session, load_session
from ackord.runtime.typed.model import Error, error_message
from ackord.runtime.typed.params import Params, ParamsT
from ackord.runtime.typed.raised_errors import declared_error
from ackord.runtime.typed.rate import RateLimiter
from ackord.runtime.typed.rated_route import RatedRoute
from ackord.runtime.typed.reach import Reach
from ackord.runtime.typed.requires import check_guards
from ackord.runtime.typed.route import TypedRoute
from ackord.runtime.typed.server_route import TypedServerRoute
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.server import Server
    from ackord.runtime.server.socket import Socket

ContextT = TypeVar("ContextT", bound=Context[Any])

_PLAIN_HOOKS: Final = frozenset({"on_invalid"})
"""Hooks that are plain functions."""


class Instance(Reach):
    """One of the namespaces of a dynamic namespace, to send to from anywhere."""

    def __init__(self, namespace: UntypedNamespace) -> None:
        """Take the untyped namespace."""
        self.__untyped = namespace
        parent = core_of(namespace).parent
        self.__parent: ParentNamespace | None = None if parent is None else parent.facade

    def _params(self, type_: type[ParamsT]) -> ParamsT:
        found = type_.parse(self.__untyped.name)
        if found is None:
            raise UsageError(f"{self.__untyped.name!r} isn't a namespace of {type_.template!r}")
        return found

    @property
    @override
    def socket_namespace(self) -> UntypedNamespace:
        # It may have been removed and made again since.
        found = None if self.__parent is None else self.__parent.children.get(self.__untyped.name)
        return found or self.__untyped


class Namespace(Reach, Generic[ContextT]):
    """Base of generated namespaces: one method for each event of the clients.

    A subclass is checked when it is defined: a method ``on_…`` that belongs to no event, or isn't
    `async`, is a `TypeError`.
    """

    path: ClassVar[str]
    contract: ClassVar[NamespaceContract]
    context_type: ClassVar[type[Context[Any]]]
    instance_type: ClassVar[type[Instance] | None] = None
    """Of a dynamic namespace, the class for one of the namespaces."""

    __untyped: UntypedNamespace | None = None

    @override
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if hasattr(cls, "contract"):
            check_handlers(cls, _handlers(cls.contract), plain=_PLAIN_HOOKS)
            check_guards(cls, cls.contract.client_to_server)

    def on_invalid(self, ctx: ContextT, event: str, failure: FailureReply) -> None:
        """Called for each event that failed, whether it was answered or not; for metrics and
        audits.

        `failure` has the code and, for ``invalid_request``, the issues; `event` is the name that
        the client sent.
        """

    def around(self, ctx: ContextT, event: str) -> AbstractAsyncContextManager[object]:  # noqa: ARG002  # of overrides
        """Return an asynchronous context manager in which a handler runs: a database session, a
        transaction, a span. Override it with a method that has `contextlib.asynccontextmanager`.

        It is entered for each event of a client, with the event's name on the wire, and for the
        hooks ``on_connect`` and ``on_disconnect``, as ``connect`` and ``disconnect``, where they
        are overridden. What the handler raises passes through it.
        """
        return nullcontext()

    def rate_key(self, ctx: ContextT, event: str) -> Hashable:  # noqa: ARG002  # of overrides
        """Return whose events are counted together for a `rate` of the contract: the id of a user,
        say. By default each connection is counted for itself.

        Called for each event that has a rate; `event` is its name on the wire.
        """
        return ctx.sid

    @handler
    async def on_start(self) -> None:
        """Called when the server starts, before it accepts a connection. An exception stops the
        start.

        A dynamic namespace is started once, not for each of its namespaces.
        """

    @handler
    async def on_stop(self) -> None:
        """Called when the server has stopped, after the last connection has ended."""

    def attach_to(self, server: Server) -> None:
        """Serve the namespace, or namespaces; `Server.register` calls this."""
        params = self.contract.params
        self.attach(
            server.of(self.path) if params is None else server.of(_Names(self.path, params))
        )

    def attach(self, namespace: UntypedNamespace) -> None:
        """Handle the events of an untyped namespace, or of a dynamic one."""
        if self.__untyped is not None:
            raise UsageError(f"this {type(self).__name__} is registered already: make another one")
        environment = core_of(namespace).environment
        environment.documents.add(_package(type(self)), self.path)
        lifetime = environment.lifetime
        if self.__overrides_ours("on_start"):
            lifetime.on_startup(self.on_start)
        if self.__overrides_ours("on_stop"):
            lifetime.on_shutdown(self.on_stop)
        self.__untyped = namespace
        self.contract.warm("server")
        for route_of, route in self.__routes():
            namespace.set_route(route_of, route)
        for event in self.contract.server_to_server:
            namespace.set_server_route(
                event.name,
                TypedServerRoute(
                    event,
                    awaiting(getattr(self, event.handler)),
                    self.instance_type,
                    answers_failures=event.acked and self.contract.error_replies,
                ),
            )
        if self.contract.contract_name is not None:
            namespace.add_contract(self.contract.contract_name)
        if self.contract.session is not None:
            namespace.set_data_format(
                partial(dump_session, self.contract), partial(load_session, self.contract)
            )
        if self.contract.session_default is not None:
            namespace.set_data_factory(self.contract.session_default)
        self.__attach_hooks(namespace)

    def __routes(self) -> Iterator[tuple[str, TypedRoute]]:
        """Make the routes of the events of clients, by the event's name."""
        shared = None if self.contract.rate is None else RateLimiter(self.contract.rate)
        key_of = self.rate_key if self.__overrides_ours("rate_key") else None
        for event in self.contract.client_to_server:
            handle = self.__surrounded(event.name, awaiting(getattr(self, event.handler)))
            limiter = shared if event.rate is None else RateLimiter(event.rate)
            yield (
                event.name,
                TypedRoute(event, handle, self.__context)
                if limiter is None
                else RatedRoute(event, handle, self.__context, limiter, key_of),
            )

    def __surrounded(
        self, name: str, handle: Callable[..., Coroutine[Any, Any, Any]]
    ) -> Callable[..., Coroutine[Any, Any, Any]]:
        """Return a handler that runs within `around`; the handler itself if that isn't
        overridden.
        """
        if not self.__overrides_ours("around"):
            return handle

        @wraps(handle)
        async def handle_within(ctx: Any, *arguments: Any) -> Any:
            async with self.around(ctx, name):
                return await handle(ctx, *arguments)

        return handle_within

    def __attach_hooks(self, namespace: UntypedNamespace) -> None:
        # Without these hooks, clients join and leave without a task.
        if self.contract.auth is not None or self.__overrides("on_connect"):
            namespace.set_connect_hook(self.__connect)
        if self.__overrides("on_disconnect") or self.contract.auth_expires:
            namespace.set_disconnect_hook(self.__disconnected)
        if not self.contract.error_replies:
            namespace.error_replies = False
        if self.__overrides_ours("on_invalid"):
            namespace.on_invalid(self.__invalid)

    @property
    @override
    def socket_namespace(self) -> UntypedNamespace:
        """The untyped namespace; for a dynamic one its parent namespace.

        Raises:
            UsageError: this namespace isn't registered with a server yet.
        """
        if self.__untyped is None:
            raise UsageError(
                f"no server serves this {type(self).__name__} yet: call Server.register"
            )
        return self.__untyped

    def _at(self, params: Params) -> UntypedNamespace:
        """Return the namespace with these parameters, which needn't have clients on this server."""
        parent = self.socket_namespace
        wanted = self.contract.params
        if (
            wanted is None
            or not isinstance(params, wanted)
            or not isinstance(parent, ParentNamespace)
        ):
            raise TypeError(
                f"{self.path} takes a {getattr(wanted, '__name__', None)}, not "
                f"{type(params).__name__!r}"
            )
        return parent.at(params.path)

    def __overrides(self, hook: str) -> bool:
        """Whether the application overrides a generated hook."""
        generated = next(
            (vars(base).get(hook) for base in type(self).__mro__ if "contract" in vars(base)), None
        )
        found = getattr(self, hook, None)
        return found is not None and getattr(found, "__func__", None) is not generated

    def __overrides_ours(self, hook: str) -> bool:
        """Whether the application overrides a hook of this class."""
        return any(hook in vars(base) for base in type(self).__mro__ if base is not Namespace)

    def __context(self, socket: Socket) -> Any:
        """Return the context of a connection, always the same object: handlers may keep and compare
        it.
        """
        context = socket.context
        if context is None:
            context = socket.context = self.context_type(socket, self.contract)
        return context

    async def __connect(self, socket: Socket, auth_text: str | None) -> None:
        contract = self.contract
        arguments: tuple[Any, ...] = ()
        if contract.auth is not None:
            try:
                arguments = (contract.auth.read(auth_text or "{}"),)
            except InvalidArgumentsError as failure:
                raise RefusalReply(
                    "The auth payload isn't as declared",
                    {"code": failure.code, "issues": failure.issues},
                ) from None
        if not self.__overrides("on_connect"):
            return
        on_connect = self.__surrounded("connect", awaiting(getattr(self, "on_connect")))  # noqa: B009  # optional
        context = self.__context(socket)
        try:
            refusal = await on_connect(context, *arguments)
        except BaseException as raised:  # noqa: BLE001  # raised again unless it is declared
            context._forget_expiry()  # noqa: SLF001  # not for applications
            refusal = declared_error(
                raised,
                contract.connect_errors,
                owner=f"The namespace {contract.path}",
                key="connect_errors",
            )
        if context._is_expired:  # noqa: SLF001  # likewise
            raise RefusalReply("The authentication has expired", {"code": AUTH_EXPIRED})
        if refusal is None:
            return
        context._forget_expiry()  # noqa: SLF001  # likewise
        if not isinstance(refusal, contract.connect_errors):
            raise TypeError(
                f"on_connect returned a {type(refusal).__name__}, which isn't one of the "
                "declared connect_errors"
            )
        raise _refused(refusal)

    async def __disconnected(self, socket: Socket, reason: str) -> None:
        context = self.__context(socket)
        context._forget_expiry()  # noqa: SLF001  # not for applications
        if not self.__overrides("on_disconnect"):
            return
        if context._is_expired:  # noqa: SLF001  # likewise
            reason = AUTH_EXPIRED
        on_disconnect = self.__surrounded("disconnect", awaiting(getattr(self, "on_disconnect")))  # noqa: B009  # optional, so the class doesn't have it
        await on_disconnect(context, reason)

    def __invalid(self, socket: Socket, event: str, failure: FailureReply) -> None:
        self.on_invalid(self.__context(socket), event, failure)


@dataclass(frozen=True, slots=True)
class _Names:
    """Accepts the names of a dynamic namespace."""

    text: str
    params: type[Params]

    def __call__(self, name: str) -> bool:
        return self.params.parse(name) is not None


def _handlers(contract: NamespaceContract) -> dict[str, tuple[str, ...]]:
    """Return the handlers and hooks of a namespace by name, with the parameters of each besides
    `self`.
    """
    handlers = {
        event.handler: ("ctx", *(arg.name for arg in event.args))
        for event in contract.client_to_server
    }
    return {
        **handlers,
        **{
            event.handler: (
                *(() if contract.params is None else ("ctx",)),
                *(arg.name for arg in event.args),
            )
            for event in contract.server_to_server
        },
        "on_connect": ("ctx",) if contract.auth is None else ("ctx", "auth"),
        "on_disconnect": ("ctx", "reason"),
        "on_invalid": ("ctx", "event", "failure"),
        "on_start": (),
        "on_stop": (),
    }


def _package(cls: type[Namespace[Any]]) -> str:
    """Return the name of the generated package that a namespace is of."""
    generated = next(base for base in cls.__mro__ if "contract" in vars(base))
    return generated.__module__.rpartition(".")[0]


def _refused(error: Error) -> RefusalReply:
    data = error.model_dump(mode="json", by_alias=True)
    return RefusalReply(
        error_message(type(error)),
        {"code": error.code, "data": data} if data else {"code": error.code},
    )
