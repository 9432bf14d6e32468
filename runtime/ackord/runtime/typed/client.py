"""Base of the generated clients of a contract's namespaces."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from types import TracebackType
from typing import Any, Generic, Self, TypeAlias, TypeVar

from ackord.runtime.client import ClientSocket, Manager
from ackord.runtime.client.end_notice import EndNotice
from ackord.runtime.client.manager import ManagerOptions
from ackord.runtime.errors import AckordError, UsageError
from ackord.runtime.errors import ConnectRefusedError as UntypedConnectRefusedError
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.protocol.socketio.expiry import AUTH_EXPIRED, AUTH_EXPIRED_EVENT
from ackord.runtime.typed.client_event import ClientEvent
from ackord.runtime.typed.client_handlers import HOOKS, ClientHandlers, overridden
from ackord.runtime.typed.client_state import ClientState
from ackord.runtime.typed.event import Event, NamespaceContract
from ackord.runtime.typed.exchange import encode_typed, request, request_result
from ackord.runtime.typed.model import Error, UnknownError
from ackord.runtime.typed.params import Params
from pydantic import ValidationError
from typing_extensions import Unpack

_log = logging.getLogger("ackord.runtime.client")

R = TypeVar("R")
ErrorT_co = TypeVar("ErrorT_co", covariant=True)

ClientOptions: TypeAlias = ManagerOptions
"""Options of a client, all with defaults."""

REFUSED = "refused"
"""Code of the `UnknownError` for a refusal without a code, as other servers send it."""


class ConnectRefusedError(UntypedConnectRefusedError, Generic[ErrorT_co]):
    """The server refused the connection; `error` is one of the declared errors, or an
    `UnknownError`.
    """

    def __init__(self, message: str, data: Any, error: ErrorT_co) -> None:
        super().__init__(message, data)
        self.error = error


AuthT = TypeVar("AuthT")
Auth: TypeAlias = AuthT | Callable[[], AuthT | Awaitable[AuthT]]
"""The payload of CONNECT, or a plain or async function that returns it for each connection."""


class Client(ClientState):
    """Base of generated clients: one namespace of one server.

    Connect it by ``async with`` or `connect`. A lost connection is opened again, and events wait
    for that, within bounds. After the end the client can be connected again.
    """

    def __init__(
        self,
        contract: NamespaceContract,
        server: str | Manager,
        *,
        auth: Any,
        handlers: ClientHandlers | None,
        refused: type[ConnectRefusedError[Any]],
        params: Params | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """Prepare a connection to the server at a URL, or over a manager's connection, which
        several clients can share; nothing is opened yet.

        Raises:
            InvalidPayloadError: `auth` isn't of its declared type, or `params` can't stand in a
                name.
            UsageError: an option is unknown, or given beside a manager; or the manager has a client
                of this namespace already.
        """
        self.__contract = contract
        self.__refused = refused
        self.__handlers = handlers
        self.__compared: ContractName | None = None
        self.__incoming: dict[str, ClientEvent[..., Any, Any]] = {}
        self.__has_joined = False
        if isinstance(server, Manager):
            if options:
                raise UsageError(
                    f"{next(iter(options))!r} belongs to the connection: give it to the manager"
                )
            manager = server
        else:
            manager = Manager(server, **options)
        self.__socket = manager.claim_socket(_path(contract, params), auth=self.__encoded(auth))
        super().__init__(self.__socket)
        if contract.contract_name is not None:
            manager.announce(contract.contract_name)
        self.__socket.when_closed(self.__closed)
        self.__socket.on("connect", self.__joined)
        if contract.auth_expires:
            notice = EndNotice(self.__socket, AUTH_EXPIRED)
            self.__socket.set_route(AUTH_EXPIRED_EVENT.name, notice)
        for event in contract.server_to_client:
            self.__receive(event)
        for name in HOOKS:
            if (hook := overridden(handlers, name)) is not None:
                getattr(self, name)(self._prepare(hook))

    @property
    def socket(self) -> ClientSocket:
        """The untyped socket of this client."""
        return self.__socket

    async def connect(self) -> None:
        """Open the connection and join the namespace.

        Raises:
            ConnectRefusedError: the server refused; generated code has a subclass of it for each
                namespace.
            DisconnectedError: the network failed, or the time was over.
        """
        self.__contract.warm("client")
        for event in self.__incoming.values():
            event.begin()
        try:
            await self.__socket.connect()
        except UntypedConnectRefusedError as refusal:
            raise self.__typed_refusal(refusal) from refusal
        self.__compare_versions()

    async def disconnect(self) -> None:
        """Leave the namespace, and close the connection unless another client uses it."""
        await self.__socket.disconnect()

    def on_connect(self, hook: Callable[[], R]) -> Callable[[], R]:
        """Call `hook` when the namespace is joined, for the first time and after a lost connection;
        a decorator, as those that follow.
        """
        return self.__socket.on("connect", hook)

    def on_disconnect(self, hook: Callable[[str], R]) -> Callable[[str], R]:
        """Call `hook` with the reason when the namespace was left; the client comes back by itself
        if it is still `active`.
        """
        return self.__socket.on("disconnect", hook)

    def on_connect_error(self, hook: Callable[[AckordError], R]) -> Callable[[AckordError], R]:
        """Call `hook` with the exception when an attempt to connect has failed; a refusal has the
        type that `connect` raises.
        """

        async def tell(error: AckordError) -> None:
            if isinstance(error, UntypedConnectRefusedError):
                error = self.__typed_refusal(error)
            result = hook(error)
            if isawaitable(result):
                await result

        self.__socket.on("connect_error", tell)
        return hook

    def on_reconnect_attempt(self, hook: Callable[[int], R]) -> Callable[[int], R]:
        """Call `hook` with the number when an attempt to connect again begins."""
        return self.__socket.manager.on("reconnect_attempt", hook)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect()

    def _prepare(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Return what is called in place of a handler of `ClientHandlers`."""
        return handler

    def _emit(self, event: Event[None], *args: object) -> None:
        self.__socket.send_event(encode_typed(event, args))

    async def _request(self, event: Event[R], *args: object, timeout: float) -> R:  # noqa: ASYNC109  # a timer, no task
        return await request(self.__socket, event, args, timeout)

    async def _request_result(
        self,
        event: Event[R],
        *args: object,
        timeout: float,  # noqa: ASYNC109  # a timer, no task
    ) -> R | UnknownError:
        return await request_result(self.__socket, event, args, timeout)

    def _incoming(self, event: Event[Any]) -> ClientEvent[..., Any, Any]:
        """Return the `ClientEvent` of an event."""
        return self.__incoming[event.name]

    def __receive(self, event: Event[Any]) -> None:
        incoming: ClientEvent[..., Any, Any] = ClientEvent(event)
        self.__socket.set_route(event.name, incoming)
        self.__incoming[event.name] = incoming
        if (handler := overridden(self.__handlers, event.handler)) is not None:
            incoming(self._prepare(handler))

    def __encoded(self, auth: Any) -> Any:
        """Return the auth payload as JSON values, or a function that returns it."""
        described = self.__contract.auth
        if described is None:
            return None
        if not callable(auth):
            return described.dump(auth)

        async def encode() -> Any:
            payload = auth()
            return described.dump(await payload if isawaitable(payload) else payload)

        return encode

    def __joined(self) -> None:
        self.__compare_versions()
        if self.__has_joined and not self.__socket.recovered:
            for event in self.__incoming.values():
                event.note_gap()
        self.__has_joined = True

    def __compare_versions(self) -> None:
        """Warn of another major version, once for each version that the server has."""
        ours, theirs = self.__contract.contract_name, self.__socket.server_contract
        if ours is None or theirs is None or theirs == self.__compared:
            return
        self.__compared = theirs
        if theirs.name == ours.name and theirs.major != ours.major:
            _log.warning(
                "The server has the contract %s, and this client has %s: what changed in between "
                "may be refused.",
                theirs,
                ours,
            )

    def __closed(self, error: AckordError) -> None:
        for event in self.__incoming.values():
            event.end(error)

    def __typed_refusal(self, refusal: UntypedConnectRefusedError) -> ConnectRefusedError[Any]:
        return self.__refused(refusal.message, refusal.data, self.__read_refusal(refusal))

    def __read_refusal(self, refusal: UntypedConnectRefusedError) -> Error | UnknownError:
        match refusal.data:
            case {"code": str(code)}:
                data: Any = refusal.data.get("data")
                found: Any = refusal.data.get("issues")
                issues: list[Any] | None = found if found.__class__ is list else None
            case _:
                return UnknownError(REFUSED, refusal.message, refusal.data)
        for declared in self.__contract.connect_errors:
            if declared.code == code:
                try:
                    return declared.model_validate_json(
                        json.dumps(data or {}), by_alias=True, by_name=False
                    )
                except ValidationError:
                    # A refusal whose payload isn't valid is a refusal all the same.
                    break
        return UnknownError(code, refusal.message, data, issues)


def _path(contract: NamespaceContract, params: Params | None) -> str:
    if contract.params is None:
        return contract.path
    if not isinstance(params, contract.params):
        raise TypeError(
            f"namespace {contract.path} takes a {contract.params.__name__}, not "
            f"{type(params).__name__!r}"
        )
    return params.path
