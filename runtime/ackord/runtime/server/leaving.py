"""The steps by which a client leaves a namespace, ended by either side.

The order:

1. Listeners of ``disconnecting`` are called while the socket is connected and in its rooms.
2. The socket leaves namespace and rooms; with recovery, its session is kept. Those listeners of
   ``disconnecting`` that are tasks still see the rooms until they are done.
3. Callers that wait for an acknowledgement of the client get `DisconnectedError`.
4. Events that the client sent before are still handled, within `Limits.ending_timeout`; waiting
   events are dropped if this side ended the socket.
5. Listeners of ``disconnect`` are called, then the disconnect hook.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from ackord.runtime.containment import Step
from ackord.runtime.engine.server import SHUTTING_DOWN
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.server.socket import Socket
from ackord.runtime.sockets.lifecycle import call_lifecycle

_ENDED_HERE: Final = frozenset({"server namespace disconnect", SHUTTING_DOWN})
"""Disconnect reasons if this side ended the socket."""


def leave(socket: Socket, reason: str, description: str | None = None) -> None:
    """Take a socket through the steps above.

    Events that the client sent before are still handled; waiting events are dropped if this side
    ended the socket.
    """
    namespace = socket._namespace
    log = namespace.tasks.log
    if not socket._connected:
        _leave_unconnected(socket, reason)
        return
    if socket._ending:  # a listener of "disconnecting" disconnects
        return
    socket._ending = True
    details = (reason,) if description is None else (reason, description)
    rooms: frozenset[str] = frozenset()
    with Step("read the rooms of a socket", log):
        rooms = namespace.adapter.socket_rooms(socket.id)
    departing: list[asyncio.Task[None]] = []
    if socket._lifecycle is not None:
        with Step("tell the listeners of 'disconnecting'", log):
            departing = _tell(socket, "disconnecting", details)
    socket._connected = False
    socket._connection.socket_closed(namespace.name, socket)
    if socket._recovery_session is not None and namespace.recovery is not None:
        with Step("keep what a client needs to come back", log):
            namespace.recovery.part(socket._recovery_session, socket.data, reason)
    namespace.remove(socket)
    if departing:
        # Listeners that are tasks still see the rooms that the socket was in.
        socket._departed_rooms = rooms
        socket._connection.count_tasks(departing)
        for task in departing:
            task.add_done_callback(partial(_forget_rooms, socket))
    if socket._acks is not None:
        socket._acks.fail_all(
            lambda: DisconnectedError(f"the socket has been disconnected: {reason}")
        )
    if namespace.environment.cancel_on_disconnect:
        with Step("cancel the handlers of a socket", log):
            socket._queue.cancel()
    if reason in _ENDED_HERE:
        with Step("drop the events of a socket that wait", log):
            socket._queue.clear()
            socket._queue.close()
        _tell_disconnect(socket, reason, details)
    else:
        socket._queue.finish(
            partial(_tell_disconnect, socket, reason, details),
            namespace.limits.ending_timeout,
        )


def _leave_unconnected(socket: Socket, reason: str) -> None:
    """Close a socket that never joined, or has left already."""
    namespace = socket._namespace
    log = namespace.tasks.log
    socket._outbox = None
    if (
        socket._recovery_session is not None
        and namespace.recovery is not None
        and not socket._ending
    ):
        with Step("forget the session of a client that wasn't let in", log):
            namespace.recovery.refuse(socket._recovery_session, reason)
    with Step("take a socket out of its rooms", log):
        namespace.adapter.del_all(socket.id)


def _tell_disconnect(socket: Socket, reason: str, details: Sequence[str]) -> None:
    namespace = socket._namespace
    log = namespace.tasks.log
    if socket._lifecycle is not None:
        with Step("tell the listeners of 'disconnect'", log):
            if tasks := _tell(socket, "disconnect", details):
                socket._connection.count_tasks(tasks)
    with Step("run the disconnect hook", log):
        if hook := namespace.run_disconnect_hook(socket, reason):
            socket._connection.count_tasks((hook,))


def _tell(socket: Socket, name: str, details: Sequence[str]) -> list[asyncio.Task[None]]:
    if socket._lifecycle is None:
        return []
    namespace = socket._namespace
    return call_lifecycle(
        socket._lifecycle,
        name,
        details,
        namespace.tasks,
        partial(namespace.environment.errors.report, socket, name),
    )


def _forget_rooms(socket: Socket, _: object) -> None:
    socket._departed_rooms = None
