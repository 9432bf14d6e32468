"""Socket.IO clients on asyncio.

::

    async with connect("http://127.0.0.1:8000") as socket:
        print(await socket.emit_with_ack("hello", "world"))

`connect` is all that a client of one namespace needs; a `Manager` shares one connection among
several.
"""

from __future__ import annotations

from typing import Unpack

from ackord.runtime.client.address import split_namespace
from ackord.runtime.client.connection_events import ConnectionEvents
from ackord.runtime.client.manager import Manager, ManagerOptions
from ackord.runtime.client.operator import ClientOperator
from ackord.runtime.client.socket import Auth, ClientSocket
from ackord.runtime.engine.client_options import EngineClientOptions
from ackord.runtime.engine.client_transport import (
    ClientWebSocket,
    Connector,
    HttpClient,
    HttpResponse,
    TransportLostError,
    TransportReceiver,
)

__all__ = [
    "Auth",
    "ClientOperator",
    "ClientSocket",
    "ClientWebSocket",
    "ConnectionEvents",
    "Connector",
    "EngineClientOptions",
    "HttpClient",
    "HttpResponse",
    "Manager",
    "ManagerOptions",
    "TransportLostError",
    "TransportReceiver",
    "connect",
]


def connect(url: str, *, auth: Auth = None, **options: Unpack[ManagerOptions]) -> ClientSocket:
    """Return the socket of a namespace, which is the URL's path, over a connection of its own.

    Nothing is opened by this: ``async with connect(…) as socket`` does that, or ``await
    socket.connect()`` once listeners are registered. The options are those of `Manager`.
    """
    server_url, namespace = split_namespace(url)
    return Manager(server_url, **options).socket(namespace, auth=auth)
