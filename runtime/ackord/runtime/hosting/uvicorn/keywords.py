"""The settings of uvicorn that `Server.run` and `configure` pass on, with their types.

It imports nothing of uvicorn, so that a server can be imported without it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from configparser import RawConfigParser
from os import PathLike
from typing import IO, Any, Literal, TypedDict


class UvicornKeywords(TypedDict, total=False):
    """The parameters of `uvicorn.Config` that may be given; a test compares both lists.

    Those that can't work are left out: the application and the worker processes are Ackord's, and
    reloading is the business of ``ackord serve --reload``.
    """

    uds: str | None
    fd: int | None
    loop: str
    http: type[asyncio.Protocol] | str
    http2: bool
    ws: type[asyncio.Protocol] | str
    ws_max_size: int
    ws_max_queue: int
    ws_ping_interval: float | None
    ws_ping_timeout: float | None
    ws_per_message_deflate: bool
    lifespan: Literal["auto", "on", "off"]
    env_file: str | PathLike[str] | None
    log_config: dict[str, Any] | str | PathLike[str] | RawConfigParser | IO[Any] | None
    log_level: str | int | None
    access_log: bool
    use_colors: bool | None
    proxy_headers: bool
    server_header: bool
    date_header: bool
    forwarded_allow_ips: list[str] | str | None
    root_path: str
    limit_concurrency: int | None
    limit_max_requests: int | None
    limit_max_requests_jitter: int
    backlog: int
    timeout_keep_alive: int
    timeout_notify: int
    timeout_graceful_shutdown: int | None
    callback_notify: Callable[..., Awaitable[None]] | None
    ssl_keyfile: str | PathLike[str] | None
    ssl_certfile: str | PathLike[str] | None
    ssl_keyfile_password: str | None
    ssl_version: int
    ssl_cert_reqs: int
    ssl_ca_certs: str | PathLike[str] | None
    ssl_ciphers: str | None
    ssl_context_factory: Callable[[Any, Callable[[], ssl.SSLContext]], ssl.SSLContext] | None
    headers: list[tuple[str, str]] | None
    h11_max_incomplete_event_size: int | None
    reset_contextvars: bool
