"""Events and namespaces as a contract declares them: tables that generated code passes to the
runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, TypeVar

from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.typed.ack import UNACKED, AckAdapter, AckStyle
from ackord.runtime.typed.collector import paused_collector
from ackord.runtime.typed.model import Error
from ackord.runtime.typed.params import Params
from ackord.runtime.typed.rate import Rate
from ackord.runtime.validation import Arg, ArgumentsAdapter, ValueAdapter

R_co = TypeVar("R_co", covariant=True)
"""The return type of the event's handler: the value, a declared error, or `None` without an
acknowledgement.
"""


class Event(Generic[R_co]):
    """One event in one direction."""

    __slots__ = (
        "acked",
        "args",
        "arguments",
        "concurrent",
        "errors",
        "handler",
        "name",
        "rate",
        "reply",
        "style",
        "timeout",
    )

    def __init__(
        self,
        name: str,
        *,
        handler: str,
        args: Sequence[Arg] = (),
        ack: Any = UNACKED,
        ack_args: Sequence[Arg] = (),
        errors: Sequence[type[Error]] = (),
        style: AckStyle = "bare",
        timeout: float = 20.0,
        concurrent: bool = False,
        rate: Rate | None = None,
    ) -> None:
        """Take the declaration of the contract; `ack` is left out if the event has no
        acknowledgement, and `None` if the acknowledgement has no value. With `ack_args`, the
        arguments of the acknowledgement one by one, `ack` is the class of their named tuple.
        """
        self.name = name
        self.handler = handler
        self.args = tuple(args)
        self.acked = ack is not UNACKED or bool(errors)
        self.errors = tuple(errors)
        self.style: AckStyle = style
        self.timeout = timeout
        self.concurrent = concurrent
        self.rate = rate
        """How often a client may send it; `None`: as the namespace says."""
        self.arguments = ArgumentsAdapter(name, self.args)
        self.reply = AckAdapter(name, ack, self.errors, style, ack_args)


class NamespaceContract:
    """One namespace of a contract."""

    __slots__ = (
        "auth",
        "auth_expires",
        "client_to_server",
        "connect_errors",
        "contract",
        "error_replies",
        "params",
        "path",
        "rate",
        "server_to_client",
        "server_to_server",
        "session",
        "session_value",
        "version",
    )

    def __init__(
        self,
        path: str,
        *,
        contract: str,
        version: str | None = None,
        params: type[Params] | None = None,
        auth: Any = None,
        session: Any = None,
        connect_errors: Sequence[type[Error]] = (),
        client_to_server: Sequence[Event[Any]] = (),
        server_to_client: Sequence[Event[Any]] = (),
        server_to_server: Sequence[Event[Any]] = (),
        error_replies: bool = True,
        rate: Rate | None = None,
        auth_expires: bool = False,
    ) -> None:
        """Take the declaration of the contract; `params`, `auth` and `session` are types, or `None`
        if none is declared.
        """
        self.path = path
        self.contract = contract
        self.version = version
        """Three numbers; `None` in code that was generated for codegen API 1.1 or older."""
        self.params = params
        """The parameters in the path of a dynamic namespace."""
        self.auth = None if auth is None else ValueAdapter("auth", auth)
        self.auth_expires = auth_expires
        """Whether the server may say when a connection's authentication ends."""
        self.session = session
        """The type of the session, or `None`."""
        self.session_value = None if session is None else ValueAdapter("session", session)
        """Reads and writes sessions for other servers."""
        self.connect_errors = tuple(connect_errors)
        self.client_to_server = tuple(client_to_server)
        self.server_to_client = tuple(server_to_client)
        self.server_to_server = tuple(server_to_server)
        self.error_replies = error_replies
        self.rate = rate
        """How often a client may send all events together that have no rate of their own."""
        for event in (*self.client_to_server, *self.server_to_client, *self.server_to_server):
            event.reply.error_replies = error_replies

    @property
    def contract_name(self) -> ContractName | None:
        """Name and version of the contract, as both sides tell them to each other."""
        return None if self.version is None else ContractName(self.contract, self.version)

    @property
    def session_default(self) -> Callable[[], Any] | None:
        """A function that makes a session, if all fields have defaults; else `None`."""
        fields = getattr(self.session, "model_fields", None)
        if fields is None or any(field.is_required() for field in fields.values()):
            return None
        return self.session  # type: ignore[no-any-return]  # a class whose arguments are all optional

    def warm(self, side: Literal["server", "client"]) -> None:
        """Build the validators and serializers of one side, so that no message waits for them;
        takes about a millisecond for each event.
        """
        with paused_collector():
            self._warm(side)

    def _warm(self, side: Literal["server", "client"]) -> None:
        incoming, outgoing = self.client_to_server, self.server_to_client
        if side == "client":
            incoming, outgoing = outgoing, incoming
        elif self.auth is not None:
            self.auth.warm()
        if side == "server":
            for event in self.server_to_server:
                event.arguments.warm_reader()
                event.arguments.warm_writer()
                if event.acked:
                    event.reply.warm_reader()
                    event.reply.warm_writer()
        for event in incoming:
            event.arguments.warm_reader()
            if event.acked:
                event.reply.warm_writer()
        for event in outgoing:
            event.arguments.warm_writer()
            if event.acked:
                event.reply.warm_reader()
