"""Run an application on uvicorn until it is interrupted, in one process or in several."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn.serve import configure


def run(
    engine_app: AsgiApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int | None = None,
    **settings: Any,
) -> None:
    """Serve until interrupted, with several workers in processes of their own.

    Raises:
        UsageError: a setting doesn't exist, or can't work here.
    """
    if workers is not None and workers != 1:
        from ackord.runtime.hosting.uvicorn.workers import Hosted, run_workers  # noqa: PLC0415  # no cost for one process

        application = settings.pop("application", None)
        run_workers(
            lambda: Hosted(engine_app, application), workers, host=host, port=port, **settings
        )
        return
    with suppress(KeyboardInterrupt):
        configure(engine_app, host=host, port=port, **settings).run()
