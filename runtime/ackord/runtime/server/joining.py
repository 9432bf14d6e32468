"""The steps by which a client joins a namespace: its socket is made, missed events are replayed,
CONNECT is answered.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.protocol.socketio.contract_names import PARAMETER
from ackord.runtime.protocol.socketio.packet import encode_connect
from ackord.runtime.server.contracts import SocketConnection
from ackord.runtime.server.core import NamespaceCore
from ackord.runtime.server.replay import replay, write
from ackord.runtime.server.socket import Socket

_SID_BYTES: Final = 15


def make_socket(
    connection: SocketConnection, namespace: NamespaceCore[Socket], auth: dict[str, Any]
) -> Socket:
    """Make the socket of a client that wants to join."""
    sid = secrets.token_urlsafe(_SID_BYTES)
    if namespace.recovery is None:
        return Socket(sid, namespace, connection, auth)
    recovery = namespace.recovery
    client = connection.engine.request.client
    session = recovery.claim(auth) or recovery.make_session(sid, client)
    try:
        socket = Socket(session.sid, namespace, connection, auth, session)
        recovery.attach(session, socket)
        if session.claimed:
            socket._recover()
    except BaseException:  # the adapter, or what makes a socket's data
        recovery.refuse(session, "transport close")
        raise
    return socket


def has_missed(socket: Socket) -> bool:
    """Whether the client has come back and missed events."""
    recovery, session = socket._namespace.recovery, socket._recovery_session
    return recovery is not None and session is not None and bool(recovery.missing(session))


async def replay_missed(engine: EngineSocket, socket: Socket) -> None:
    """Write the events that a client missed, except a rest that may be written at once.

    Raises:
        StalledError: the network takes nothing.
    """
    recovery, session = socket._namespace.recovery, socket._recovery_session
    if recovery is not None and session is not None:
        await replay(engine, recovery, session, socket._namespace.prefix)


def welcome(engine: EngineSocket, socket: Socket) -> None:
    """Answer CONNECT. What a client missed comes before the answer, as in the reference
    implementation, whose client holds events back until it is connected.
    """
    namespace, session = socket._namespace, socket._recovery_session
    version = _version_for(socket) if PARAMETER in engine.request.query else ""
    if session is None or namespace.recovery is None:
        engine.send(encode_connect(namespace.prefix, f'{{"sid":"{socket.id}"{version}}}'))
        return
    for event in namespace.recovery.join(session, socket):
        write(engine, namespace.prefix, event)
    members = f'"sid":"{socket.id}","pid":"{session.pid}"{version}'
    engine.send(encode_connect(namespace.prefix, f"{{{members}}}"))


def _version_for(socket: Socket) -> str:
    """Return the member with the server's version of the contract that the client announces; other
    clients are sent only what they know.
    """
    announced = socket.client_contract
    if announced is None:
        return ""
    return f',"{PARAMETER}":"{socket._namespace.registrations.contracts[announced.name]}"'
