"""The contracts between the parts of a server and the parts above them.

Imports in this package go one way: the server knows its connections, a connection its sockets, a
socket its namespace, a namespace the operators. A lower part uses a higher one only through a
`Protocol` of this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ackord.runtime.adapters.base import (
    AckCollector,
    Adapter,
    BroadcastFlags,
    Recipient,
    Target,
)
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.engine.server_loop import ServerLoop
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.recovery import RecoverySession
from ackord.runtime.server.handshake import Handshake
from ackord.runtime.sockets.acks import AckCallback, AckReply
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.tasks import TaskSet
from typing_extensions import TypeVar


class RemoteSocket(Protocol):
    """A connected socket on any server of a cluster; `fetch_sockets` returns them."""

    id: str
    """The socket's public id."""
    data: Any
    """The application's data of the socket."""

    @property
    def handshake(self) -> Handshake:
        """The request that opened the connection, and the payload of CONNECT."""
        ...

    @property
    def rooms(self) -> frozenset[str]:
        """The rooms that the socket is in, its own id among them."""
        ...

    def join(self, *rooms: str | Iterable[str]) -> None:
        """Enter rooms."""
        ...

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave rooms."""
        ...

    def emit(self, name: str, *values: Any, ack: AckCallback | None = None) -> None:
        """Send an event to the client."""
        ...

    def disconnect(self, close: bool = False) -> None:
        """Disconnect the socket from the namespace; with `close`, close its connection."""
        ...


class NamespaceSocket(RemoteSocket, Recipient, Protocol):
    """A socket of this process, as its namespace uses it."""

    context: Any
    """The typed layer's context of the socket."""
    _refused: bool
    """Whether a middleware disconnected the socket."""

    @property
    def conn(self) -> EngineSocket:
        """The Engine.IO session."""
        ...

    def _forget_ack(self, ack_id: int) -> None:
        """Wait for an acknowledgement no longer."""
        ...


SocketT = TypeVar("SocketT", bound=NamespaceSocket, default=Any)
"""The sockets of a namespace: `Socket`, of which a namespace doesn't know the class."""


class Audience(Protocol):
    """A namespace, as its broadcast operators use it."""

    __slots__ = ()

    server_loop: ServerLoop
    """The event loop that the server works in."""
    tasks: TaskSet
    """The server's tasks, and the log for what code of the application raises."""

    def check_event(self, event: EncodedEvent) -> None:
        """Refuse an event that can't be sent.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        ...

    def is_heard(self, target: Target, flags: BroadcastFlags) -> bool:
        """Whether an event must be encoded, because a client may get it, or come back for it."""
        ...

    def may_answer(self, target: Target, flags: BroadcastFlags) -> bool:
        """Whether an event with an ack id must be encoded, because a client may get it now.

        Raises:
            UsageError: this namespace can't be asked.
        """
        ...

    def broadcast_event(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        """Send an event to some of the sockets. Return a future that is done when the event is
        published to the other servers, or `None`. Raises what `check_event` raises.
        """
        ...

    def ask_sockets(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags, collector: AckCollector
    ) -> None:
        """Send an event to some of the sockets, and pass their acknowledgements to `collector`;
        raises what `check_event` raises.
        """
        ...

    def next_ack_id(self) -> int:
        """Return an ack id that no socket of the namespace waits for."""
        ...

    def forget_ack(self, sid: str, ack_id: int) -> None:
        """Make a socket of this process no longer wait for an acknowledgement."""
        ...

    def adapters(self) -> Sequence[Adapter]:
        """Return the adapters: one, or those of all children."""
        ...

    async def fetch_from(
        self,
        target: Target,
        flags: BroadcastFlags,
        timeout: float,  # noqa: ASYNC109  # the adapter bounds the wait
    ) -> Sequence[RemoteSocket]:
        """Return some of the sockets."""
        ...

    def send_server_event(self, event: EncodedEvent) -> None:
        """Send an event to the other servers."""
        ...

    async def ask_servers(self, event: EncodedEvent, timeout: float) -> list[AckReply]:  # noqa: ASYNC109  # the adapter bounds the wait
        """Send an event to the other servers and return the answer of each."""
        ...

    def call_back(self, callback: Registration, arguments: Sequence[Any], event: str) -> None:
        """Call a callback of the application which has to do with an event."""
        ...


class NamedNamespace(Protocol):
    """A namespace that was just made, as listeners of ``new_namespace`` get it."""

    @property
    def name(self) -> str:
        """The name, with its leading slash."""
        ...

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters in the name of a dynamic namespace."""
        ...


class PendingAdmission(Protocol):
    """A CONNECT that waits for middlewares, as its namespace uses it."""

    def refuse(self, payload: str) -> None:
        """Answer with CONNECT_ERROR now, because the namespace is removed for another one."""
        ...


class RecoverableSocket(Protocol):
    """A socket, as connection state recovery uses it."""

    id: str

    @property
    def _recovery_session(self) -> RecoverySession | None:
        """The session of connection state recovery."""
        ...

    def _supersede(self) -> None:
        """End the connection: its client is back on another one."""
        ...

    def _begin_anew(self, session: RecoverySession) -> None:
        """Make this the socket of a new client, with a new session."""
        ...


class SocketConnection(Protocol):
    """A connection, as its sockets use it."""

    @property
    def engine(self) -> EngineSocket:
        """The Engine.IO session."""
        ...

    @property
    def backlog(self) -> Backlog:
        """The events of the connection that wait for handlers."""
        ...

    @property
    def announced(self) -> Mapping[str, ContractName]:
        """The contracts that the client was generated from, as it says, by name."""
        ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the connection."""
        ...

    def put_out(self, name: str) -> None:
        """Send DISCONNECT for a namespace, and close the socket there."""
        ...

    def socket_closed(self, name: str, socket: RemoteSocket) -> None:
        """Called when a socket has left its namespace."""
        ...

    def disconnect(self) -> None:
        """Leave all namespaces, then end the connection."""
        ...

    def close(self, socket_reason: str, engine_reason: str) -> None:
        """End the sockets, then the connection."""
        ...

    def count_tasks(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Count listeners of the life cycle as long as they run."""
        ...
