"""Serve with several workers: the settings of the parent, and what runs in each worker."""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from ackord.runtime.adapters.broker.channels import BrokerChannels
from ackord.runtime.asgi_types import Application
from ackord.runtime.engine.worker_tag import MAX_WORKERS
from ackord.runtime.errors import UsageError
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn.serve import check_settings, make_config
from ackord.runtime.hosting.uvicorn.sharing import SharedFactory, Sharing
from ackord.runtime.hosting.uvicorn.worker_host import WorkerHost
from ackord.runtime.hosting.workers.balance import Balance
from ackord.runtime.hosting.workers.handover import HandoverClient
from ackord.runtime.hosting.workers.listeners import Group, listen, listen_at
from ackord.runtime.hosting.workers.parent import START_FAILED, Parent, Watch
from ackord.runtime.hosting.workers.requests import RequestFinder
from ackord.runtime.hosting.workers.seat import Seat

TIME_TO_STOP: Final = 25.0
"""Seconds that a worker may take to stop beyond `graceful_timeout`; then it is killed."""

_logger = logging.getLogger("ackord.runtime.hosting")


class Hosted(NamedTuple):
    """What a worker serves."""

    engine_app: AsgiApp
    application: Application | None = None
    """The application that uvicorn calls, if the engine's application is mounted in it."""


def run_workers(
    load: Callable[[], Hosted],
    workers: int,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    watch: Watch | None = None,
    **settings: Any,
) -> None:
    """Serve until interrupted: `load` is called in each worker, and the rest are the settings of
    `configure`.

    Raises:
        UsageError: a setting doesn't exist, or can't work here.
        SystemExit: the server can't start, or was killed.
    """
    _check(workers, settings)
    backlog: int = settings.get("backlog", 2048)
    uds: str | None = settings.get("uds")
    try:
        groups: list[Group]
        if uds is None:
            groups = listen(host, port, backlog, workers)
        else:
            groups = listen_at(uds, backlog, workers)
    except OSError as error:
        where = f"{host}:{port}" if uds is None else uds
        why = "the address is in use" if error.errno == errno.EADDRINUSE else error.strerror
        sys.stderr.write(f"error: can't listen on {where}: {why}\n")
        raise SystemExit(START_FAILED) from None
    parent = Parent(
        partial(serve_worker, load, settings),
        groups,
        drain_timeout=settings.get("graceful_timeout", 5) + TIME_TO_STOP,
        watch=watch,
    )
    parent.run()


def serve_worker(load: Callable[[], Hosted], settings: dict[str, Any], seat: Seat) -> None:
    """Run one worker until its parent stops it."""
    seat.watch_parent()
    app, application = load()
    options = app.engine.options
    finder = RequestFinder(seat.number, seat.workers, options.prefix.rstrip("/").encode())
    handovers = HandoverClient(seat.handover_path)
    sharing = Sharing(finder, handovers, Balance(seat.loads, seat.number))
    factory = SharedFactory(sharing, is_direct=settings.get("direct", True))
    own: dict[str, Any] = {**settings, "http": factory}
    config = make_config(app, application=application, **own)
    app.join(seat.number, BrokerChannels(seat.broker))
    WorkerHost(config, app, seat, factory).run(sockets=list(seat.listeners))


def _check(workers: int, settings: dict[str, Any]) -> None:
    if type(workers) is not int or not 1 <= workers <= MAX_WORKERS:
        raise UsageError(f"'workers' must be a whole number from 1 to {MAX_WORKERS}")
    if not hasattr(os, "fork") or not hasattr(socket, "AF_UNIX"):
        raise UsageError(
            "several workers need fork and Unix sockets, which this system lacks: start one "
            "server, or several behind a load balancer with sticky sessions and an adapter"
        )
    if threading.current_thread() is not threading.main_thread():
        raise UsageError("several workers can be started in the main thread only")
    for name, value in settings.items():
        if name.startswith("ssl_") and value and name not in _TLS_DETAILS:
            raise UsageError(
                f"{name!r} can't work with several workers, because a connection with TLS can't "
                "be handed over from one to another: let a proxy such as nginx in front end TLS "
                "(docs/workers.md), or serve with one worker"
            )
        if name in ("http", "fd") and value is not None:
            raise UsageError(f"{name!r} can't work with several workers")
    check_settings(settings)


_TLS_DETAILS: Final = frozenset(("ssl_version", "ssl_cert_reqs", "ssl_ciphers"))
"""Settings of TLS that do nothing without a certificate."""
