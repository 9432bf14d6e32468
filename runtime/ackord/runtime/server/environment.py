"""The frozen value that a server passes to its namespaces, connections and sockets."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from ackord.runtime.adapters.base import Adapter, LocalNamespace
from ackord.runtime.bounds.shares import NOBODY
from ackord.runtime.engine.server_loop import ServerLoop
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.protocol.socketio.complexity import Complexity
from ackord.runtime.protocol.socketio.parser import Parser
from ackord.runtime.server.contracts import NamespaceSocket
from ackord.runtime.server.documents import Documents
from ackord.runtime.server.lifetime import Lifetime
from ackord.runtime.server.limits import Limits
from ackord.runtime.server.recovery import RecoverySettings
from ackord.runtime.server.transcoding import Transcoder
from ackord.runtime.sockets.failures import InvalidPolicy
from ackord.runtime.sockets.lifecycle import call_hook
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.tasks import TaskSet

AdapterFactory: TypeAlias = Callable[[LocalNamespace], Adapter]
"""Makes the adapter of a namespace."""

ErrorHookT = TypeVar("ErrorHookT", bound="Callable[..., object]")
"""A function or coroutine function that takes the socket or `None`, the event's name and the
exception.
"""


class ErrorHooks:
    """The hooks of `Server.on_error`."""

    __slots__ = ("_hooks", "_tasks")

    def __init__(self, tasks: TaskSet) -> None:
        self._hooks: tuple[Registration, ...] = ()
        self._tasks = tasks

    def add(self, hook: ErrorHookT) -> ErrorHookT:
        """Call `hook` at each report."""
        self._hooks = (*self._hooks, Registration(hook))
        return hook

    def report(self, socket: NamespaceSocket | None, event: str, error: Exception) -> None:
        """Call the hooks with an exception of the application."""
        for hook in self._hooks:
            # Outside of the loop there are only namespaces that are made when the program starts,
            # and nothing runs coroutines.
            if not hook.is_async or _is_running():
                client = NOBODY if socket is None else socket.conn.request.client or socket.id
                call_hook(hook, (socket, event, error), self._tasks, "The on_error hook", client)


class Checking:
    """Which events are checked."""

    __slots__ = ("always",)

    def __init__(self) -> None:
        self.always = False
        """Whether events are encoded, and so checked, even if no client gets them; for tests
        (`ackord.runtime.testing.Link`).
        """


class Membership:
    """A server's place in its cluster."""

    __slots__ = ("make_adapter", "server_id")

    def __init__(self, make_adapter: AdapterFactory) -> None:
        self.make_adapter = make_adapter
        """Makes the adapter of each namespace."""
        self.server_id = secrets.token_hex(8)
        """The id of the server in its cluster."""

    def renew(self, make_adapter: AdapterFactory | None) -> None:
        """Take another id, which no other fork of this process has, and other adapters if there are
        any.
        """
        self.server_id = secrets.token_hex(8)
        self.make_adapter = make_adapter or self.make_adapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The options, tasks and log that all parts of a server share."""

    membership: Membership
    """The server's place in its cluster."""
    checking: Checking
    limits: Limits
    complexity: Complexity
    """The bounds on one packet, from `limits`."""
    parser: Parser
    transcoder: Transcoder
    loop: ServerLoop
    """The event loop that the server works in."""
    tasks: TaskSet
    log: LimitedLog
    """The log of the server, with a limit for each kind of line."""
    lifetime: Lifetime
    """The server's start and stop."""
    errors: ErrorHooks
    documents: Documents
    """The contracts of the typed namespaces."""
    error_replies: bool
    """Whether an event that fails is answered by an error ack, unless a namespace says otherwise.
    """
    invalid_events: InvalidPolicy
    """What happens if an event without an ack id fails, unless a namespace says otherwise."""
    cancel_on_disconnect: bool
    """Whether running handlers of a socket are cancelled when it disconnects."""
    recovery: RecoverySettings | None
    """`None` without connection state recovery."""


def _is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
