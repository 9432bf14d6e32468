"""Log lines for refused requests: the request, the client, the reason, and the option or setting to
change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.worker_tag import worker_of
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted, shortened
from ackord.runtime.protocol.engineio.handshake import (
    CLOSED_FOR_SHUTDOWN,
    UNKNOWN_SID,
    UNSUPPORTED_PROTOCOL_VERSION,
    Refusal,
)

_DECISIONS: Final = frozenset(
    ("ALLOW_REQUEST_FAILURE", "MIDDLEWARE_FAILURE", "ID_GENERATION_ERROR")
)
"""Refusals by the application's code; if that code raised, this was logged there."""
_LOGGED: Final = "TOO_MANY_CONNECTIONS"
"""A refusal that `Capacity` logs."""

_HINTS: Final[Mapping[str, str]] = {
    "REQUEST_TOO_LARGE": (
        "Its query string or its headers are larger than 16 KB or 32 KB; cookies are the usual "
        "cause."
    ),
    "UPGRADES_NOT_ALLOWED": "The option allow_upgrades is off.",
}


def log_refusal(log: LimitedLog, request: EngineRequest, refusal: Refusal) -> None:
    """Write one line for each kind and interval; refusals that the application or a shutdown asked
    for are at INFO.
    """
    name = refusal.context.get("name", "")
    key: object = None
    if name == _LOGGED:
        return
    if (
        name in _DECISIONS
        or "message" in refusal.context
        or refusal.message == CLOSED_FOR_SHUTDOWN.message
    ):
        log.write_info(
            "refused",
            name,
            _describe(request, refusal, "The application decided so, or shuts down."),
        )
        return
    if name == "ORIGIN_NOT_ALLOWED":
        origin = request.headers.get("origin", "")
        key, hint = (origin, request.host), _explain_origin(origin, request)
    elif name == "HOST_NOT_ALLOWED":
        key, hint = request.host, _explain_host(request)
    elif refusal.code == UNKNOWN_SID.code:
        sid = request.query.get("sid", "")
        key = worker_of(sid) is not None
        hint = f"This process has no session {shortened(sid)}. " + (
            "A server with workers has made this id: after the end of one of them, or a restart, "
            "it is normal; else requests are sent to the wrong server."
            if key
            else "With several processes or servers and without sticky sessions "
            "this happens to every client that uses long-polling: start the processes with "
            "Server.run(workers=…), route all requests of a "
            "client to one process, or offer transports=('websocket',) "
            "only. After a restart, or when a client was offline for long, it is normal."
        )
    elif refusal.code == UNSUPPORTED_PROTOCOL_VERSION.code:
        version = request.query.get("EIO", "")
        key = version
        hint = (
            f"The client speaks Engine.IO {quoted(version, 20)}, the server 4: clients of "
            "Socket.IO 2 and older send 3."
        )
    else:
        hint = _HINTS.get(
            name,
            (
                "The request breaks the protocol; other things than Socket.IO clients send such "
                "requests as well."
            ),
        )
    log.write_warning(
        f"refused {refusal.code} {name}",
        key,
        _describe(request, refusal, hint),
        client=request.client,
    )


def _describe(request: EngineRequest, refusal: Refusal, hint: str) -> str:
    name = refusal.context.get("name")
    reason = (
        quoted(refusal.message) if name is None else f"{quoted(refusal.message)}, {quoted(name)}"
    )
    transport = quoted(request.query.get("transport", ""), 20)
    return (
        f"A {request.method} request of {quoted(request.address)} (transport {transport}) was "
        f"refused: {reason}. {hint}"
    )


def _explain_host(request: EngineRequest) -> str:
    forwarded = request.headers.get("x-forwarded-host")
    shown = "" if forwarded is None else f", X-Forwarded-Host {quoted(forwarded)}"
    return (
        f"Its Host {quoted(request.host)}{shown} is none of allowed_hosts: add it if it is a "
        "name of this server. A proxy must pass Host on, or set "
        "X-Forwarded-Host and be named in trusted_proxies."
    )


def _explain_origin(origin: str, request: EngineRequest) -> str:
    start = (
        f"Its Origin {quoted(origin)} is neither the server's own (Host "
        f"{quoted(request.host or request.headers.get('host', ''))}) "
        "nor one of cors_origins."
    )
    if origin.startswith("file:") or origin == "null":
        return (
            f"{start} Devices (ESP32, Arduino) and pages of applications (Electron, Cordova) "
            "send this Origin: allow it with "
            f"cors_origins=[{quoted(origin)}] if such clients are yours."
        )
    if _same_host(origin, request):
        return (
            f"{start} Only the port differs: a proxy passes Host on without the port (nginx "
            "needs 'proxy_set_header Host $http_host', "
            "not $host), or sets X-Forwarded-Host and is missing in trusted_proxies."
        )
    return (
        f"{start} If the page is yours, name its origin in cors_origins. Behind a proxy, have "
        "it pass Host on, or X-Forwarded-Host with the "
        "proxy's address in trusted_proxies."
    )


def _same_host(origin: str, request: EngineRequest) -> bool:
    try:
        return (
            urlsplit(origin.lower()).hostname
            == urlsplit(f"//{(request.host or request.headers.get('host', '')).lower()}").hostname
        )
    except ValueError:
        return False
