"""Base of the generated clients of a contract's namespaces."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeAlias, TypeVar

from ackord.runtime.client import ClientSocket, Manager
from ackord.runtime.client.manager import ManagerOptions
from ackord.runtime.errors import ConnectRefusedError as UntypedConnectRefusedError
from ackord.runtime.typed.client_event import ClientEvent
from ackord.runtime.typed.event import Event, NamespaceContract
from ackord.runtime.typed.exchange import encode_typed, request, request_result
from ackord.runtime.typed.handlers import check_handlers, parameters_of
from ackord.runtime.typed.model import Error, UnknownError
from ackord.runtime.typed.params import Params
from pydantic import ValidationError
from typing_extensions import Unpack, override

R = TypeVar("R")
ErrorT_co = TypeVar("ErrorT_co", covariant=True)
P = ParamSpec("P")

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


class ClientHandlers:
    """Base of the classes whose methods handle a client's incoming events."""

    @override
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if ClientHandlers in cls.__bases__:  # the generated one
            return
        generated = [base for base in cls.__mro__ if ClientHandlers in base.__bases__]
        known = {
            name: parameters_of(getattr(base, name))
            for base in generated
            for name in vars(base)
            if name.startswith("on_")
        }
        check_handlers(cls, known, plain=frozenset(known))


def unhandled(
    function: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, R | Coroutine[Any, Any, R]]:
    """Mark a method of generated handlers as empty: an event whose method isn't overridden has no
    handler.

    By its type, plain functions and coroutine functions may override it.
    """
    function.__ackord_unhandled__ = True  # type: ignore[attr-defined]  # functions take attributes
    return function


class Client:
    """Base of generated clients: one namespace of one server.

    Connect it by ``async with`` or `connect`. After the end it can be connected again.
    """

    def __init__(
        self,
        contract: NamespaceContract,
        url: str,
        *,
        auth: Any,
        handlers: ClientHandlers | None,
        refused: type[ConnectRefusedError[Any]],
        params: Params | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """Prepare a connection to the server at `url`, without opening it.

        Raises:
            InvalidPayloadError: `auth` isn't of its declared type, or `params` can't stand in a
                name.
        """
        self.__contract = contract
        self.__refused = refused
        self.__handlers = handlers
        self.__incoming: dict[str, ClientEvent[..., Any, Any]] = {}
        payload = None if contract.auth is None else contract.auth.dump(auth)
        self.__socket = Manager(url, **options).socket(_path(contract, params), auth=payload)
        self.__socket.on("disconnect", self.__ended)
        for event in contract.server_to_client:
            self.__receive(event)

    @property
    def connected(self) -> bool:
        """Whether the namespace is joined."""
        return self.__socket.connected

    @property
    def sid(self) -> str | None:
        """The public id of this connection, given by the server; `None` while there is none."""
        return self.__socket.id

    @property
    def recovered(self) -> bool:
        """Whether the latest connection has recovered the session of the one before, so that no
        event was missed.
        """
        return self.__socket.recovered

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
            raise self.__refused(
                refusal.message, refusal.data, self.__read_refusal(refusal)
            ) from refusal

    async def disconnect(self) -> None:
        """Leave the namespace and close the connection."""
        await self.__socket.disconnect()

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
        handler = getattr(self.__handlers, event.handler, None)
        if handler is not None and not getattr(handler, "__ackord_unhandled__", False):
            incoming(handler)

    def __ended(self, *_: object) -> None:
        for event in self.__incoming.values():
            event.end()

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
