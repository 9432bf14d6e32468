"""Options of a client's Engine.IO connection: as an application gives them, and as used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from ssl import SSLContext
from typing import Any, Final, Literal, TypedDict

from ackord.runtime.engine.client_transport import Connector
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.engineio.handshake import POLLING, WEBSOCKET

TransportName = Literal["polling", "websocket"]

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class EngineClientOptions(TypedDict, total=False):
    """Options of the Engine.IO connection, all with defaults."""

    path: str
    """Where Socket.IO is served; ``/socket.io/``."""
    query: Mapping[str, str] | None
    """Added to the query string of each request, and to what the URL has of it."""
    headers: Mapping[str, str] | None
    """Sent with each request."""
    transports: Sequence[TransportName]
    """Transports that may be used, in the order in which they are tried; ``("websocket",
    "polling")``.
    """
    try_all_transports: bool
    """Whether the next transport is tried if one can't be opened; true. Without, only the first one
    is.
    """
    upgrade: bool
    """Whether a session over long-polling moves to a WebSocket, if `transports` has it and the
    server offers it; true.
    """
    remember_upgrade: bool
    """Whether a WebSocket is tried first where the last connection had one, whatever the order of
    `transports`; false.
    """
    timeout: float
    """Seconds that opening the connection may take, and then joining a namespace; 20."""
    close_timeout: float
    """Seconds that a clean disconnect may take to write what waits, and then the closing handshake,
    and handlers to end; 5.
    """
    max_buffered: int
    """Bytes that may wait for the network, more is a `SlowConsumerError` for the one who emits; 16
    million.
    """
    max_message: int
    """Bytes that one incoming message, or the answer to a request of long-polling, may have after
    decompression; 16 million.
    """
    compression: bool
    """Whether the compression of WebSocket messages is offered to the server; false. Answers to
    requests of long-polling may always be compressed.
    """
    ssl: SSLContext | None
    """How TLS verifies the server and what it shows of the client; by default
    ``ssl.create_default_context()``, which verifies against the system's certificates.
    """
    proxy: str | Literal[True] | None
    """The URL of a proxy, `True` for those that the environment names (``HTTPS_PROXY``,
    ``NO_PROXY``, …), or `None` for none; `True`.
    """
    connector: Connector | None
    """How the server is reached; over the network. For tests there are
    `ackord.runtime.testing.Link` and `RawServer`, for which `ssl`, `proxy`, `compression` and
    `max_message` mean nothing.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """The values of `EngineClientOptions`, which explains them."""

    path: str = "/socket.io/"
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    transports: tuple[TransportName, ...] = (WEBSOCKET, POLLING)
    try_all_transports: bool = True
    upgrade: bool = True
    remember_upgrade: bool = False
    timeout: float = 20.0
    close_timeout: float = 5.0
    max_buffered: int = 16_000_000
    max_message: int = 16_000_000
    compression: bool = False
    ssl: SSLContext | None = None
    proxy: str | Literal[True] | None = True
    connector: Connector | None = None


_DEFAULTS: Final = ClientSettings()


def make_settings(options: Mapping[str, Any]) -> ClientSettings:
    """Take the engine's options out of those of a `Manager`, whose names and kinds were checked.

    Raises:
        UsageError: A value can't work.
    """
    given = {
        each.name: options[each.name] for each in fields(ClientSettings) if each.name in options
    }
    for name in ("query", "headers"):
        given[name] = dict(given.get(name) or {})
    for name, value in given["headers"].items():
        if not _is_header(name, value):  # the value may be a secret
            raise UsageError(
                f"the header {name!r} can't be sent: HTTP can't express its name, or its value"
            )
    transports = tuple(given.get("transports", _DEFAULTS.transports))
    if not transports or len(set(transports)) < len(transports):
        raise UsageError(
            "transports must name 'websocket', 'polling', or both in the order in which they are "
            f"tried, each once; not {list(transports)!r}"
        )
    given["transports"] = transports
    return ClientSettings(**given)


def _is_header(name: object, value: object) -> bool:
    return (
        isinstance(name, str)
        and _HEADER_NAME.fullmatch(name) is not None
        and isinstance(value, str)
        and _HEADER_VALUE.fullmatch(value) is not None
    )
