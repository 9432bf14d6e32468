"""Uvicorn with the settings that suit Socket.IO."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from inspect import signature
from typing import Any, Final, Unpack, cast

import uvicorn
from ackord.runtime.asgi_types import Application
from ackord.runtime.errors import UsageError
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn.first_bytes import FirstBytesFactory
from ackord.runtime.hosting.uvicorn.guarded_websocket import GuardedWebSocket
from ackord.runtime.hosting.uvicorn.host import Host
from ackord.runtime.hosting.uvicorn.http import Http
from ackord.runtime.hosting.uvicorn.keywords import UvicornKeywords
from ackord.runtime.option_values import check_names, check_values

_SETTINGS: Final = frozenset(signature(uvicorn.Config).parameters) - {"app"}
_OWN_SETTINGS: Final = (
    "host",
    "port",
    "graceful_timeout",
    "per_message_deflate",
    "direct",
    "application",
)
_RELOADING: Final = frozenset({"reload", "reload_dirs", "reload_includes", "reload_excludes"})


def configure(
    engine_app: AsgiApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    graceful_timeout: float = 5,
    per_message_deflate: bool = False,
    direct: bool = True,
    application: Application | None = None,
    **settings: Unpack[UvicornKeywords],
) -> Host:
    """Make a `Host`; `await host.serve()` runs it.

    Args:
        engine_app: The server's ASGI application, which is closed when the host stops.
        host: The address to listen on.
        port: The port to listen on; 0 for any free port.
        graceful_timeout: Seconds for running requests when the host stops; parked polls and
            WebSockets are answered before.
        per_message_deflate: Whether WebSocket messages may be compressed; the limit of their size
            holds after inflation.
        direct: Whether the messages of WebSockets go past ASGI; middlewares then see only the
            handshake. Compressed messages always go through ASGI. Requests of long-polling go past
            ASGI too, unless the engine's application is mounted in another one.
        application: The application that uvicorn calls, if the engine's application is mounted in
            another one.
        settings: Passed to `uvicorn.Config`.

    Raises:
        UsageError: a setting doesn't exist, or can't work here.
    """
    http = FirstBytesFactory() if direct else partial(Http, is_direct=False)
    config = make_config(
        engine_app,
        host=host,
        port=port,
        graceful_timeout=graceful_timeout,
        per_message_deflate=per_message_deflate,
        direct=direct,
        application=application,
        **{"http": http, **cast("dict[str, Any]", settings)},
    )
    return Host(config, engine_app)


def make_config(
    engine_app: AsgiApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    graceful_timeout: float = 5,
    per_message_deflate: bool = False,
    direct: bool = True,
    application: Application | None = None,
    **settings: Any,
) -> uvicorn.Config:
    """Make uvicorn's settings of those of `configure`; `http` among them makes the protocols.

    Raises:
        UsageError: a setting doesn't exist, or can't work here.
    """
    check_values(
        {
            "host": host,
            "port": port,
            "graceful_timeout": graceful_timeout,
            "per_message_deflate": per_message_deflate,
            "direct": direct,
            "application": application,
        },
        make_config,
    )
    check_settings(settings)
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "ws": GuardedWebSocket,
        # Costs up to 100 KB a connection and a third of the CPU of small messages.
        "ws_per_message_deflate": per_message_deflate,
        "ws_max_size": engine_app.engine.options.max_payload,
        # Engine.IO has its own heartbeat.
        "ws_ping_interval": None,
        "timeout_graceful_shutdown": max(1, round(graceful_timeout)),
        # The engine's `trusted_proxies` names the proxies; uvicorn would trust every peer on this
        # machine.
        "proxy_headers": False,
        # The query string holds the session id, a secret of the client.
        "access_log": False,
        "log_level": "warning",
        # uvicorn would read it from the environment.
        "workers": 1,
        **settings,
    }
    return uvicorn.Config(application or engine_app, **options)


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse settings that would be ignored here, or that uvicorn doesn't know."""
    check_names(settings, _SETTINGS.union(_OWN_SETTINGS), "the host")
    for name, value in settings.items():
        if name in _RELOADING and value:
            raise UsageError(
                f"{name!r} can't work here, as the application exists already: use `ackord serve "
                "module:server --reload`"
            )
    if settings.get("workers") not in (None, 1):
        raise UsageError(
            "several workers can't work here, as this process is to serve: use "
            "Server.run(workers=…), or `ackord serve module:server --workers …`"
        )
    if settings.get("factory"):
        raise UsageError("'factory' can't work here: the application is given, not made")
    if settings.get("interface") not in (None, "auto", "asgi3"):
        raise UsageError("'interface' can't be changed: the application is ASGI 3")
