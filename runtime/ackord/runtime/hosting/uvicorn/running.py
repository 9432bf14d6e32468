"""Run an application on uvicorn until it is interrupted, in one process or in several."""

from __future__ import annotations

from contextlib import suppress
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
    """Serve until interrupted, with several workers in processes of their own.

    Raises:
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
    with suppress(KeyboardInterrupt):
        host_.run()
