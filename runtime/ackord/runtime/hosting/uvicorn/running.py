"""Run an application on uvicorn until it is interrupted, in one process or in several."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Unpack

from ackord.runtime.asgi_types import Application
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn.keywords import UvicornKeywords
from ackord.runtime.hosting.uvicorn.serve import configure


def run(
    engine_app: AsgiApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int | None = None,
    application: Application | None = None,
    direct: bool = True,
    per_message_deflate: bool = False,
    graceful_timeout: float = 5,
    **uvicorn: Unpack[UvicornKeywords],
) -> None:
    """Serve until Ctrl-C or SIGTERM, with several workers in processes of their own.

    Raises:
        SystemExit: the server can't start, or a second signal has ended it at once.
        UsageError: a setting doesn't exist, or can't work here.
    """
    if workers is not None and workers != 1:
        from ackord.runtime.hosting.uvicorn.workers import Hosted, run_workers  # noqa: PLC0415  # no cost for one process

        run_workers(
            lambda: Hosted(engine_app, application),
            workers,
            host=host,
            port=port,
            direct=direct,
            per_message_deflate=per_message_deflate,
            graceful_timeout=graceful_timeout,
            **uvicorn,
        )
        return
    host_ = configure(
        engine_app,
        host=host,
        port=port,
        application=application,
        direct=direct,
        per_message_deflate=per_message_deflate,
        graceful_timeout=graceful_timeout,
        **uvicorn,
    )
    with suppress(KeyboardInterrupt), _interrupted_by_sigterm():
        host_.run()
    if host_.force_exit:
        raise SystemExit(128 + signal.SIGINT)


@contextmanager
def _interrupted_by_sigterm() -> Generator[None]:
    """Let SIGTERM do what Ctrl-C does, unless the application handles it: uvicorn raises the signal
    that has stopped it once more at its end, and the process would be killed after all.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
