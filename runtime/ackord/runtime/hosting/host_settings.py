"""Settings of the ASGI server, as far as an application can see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ackord.runtime.asgi_types import Receive

ONE_OF_SEVERAL: Final = (
    "This process is one of %d that the host has started for this server, and the server has no "
    "adapter: broadcasts and rooms reach the clients of one process only, and long-polling fails, "
    "because its requests go to any of them. Start the processes with Server.run(workers=…) or "
    "`ackord serve module:server --workers …`; or give the server an adapter, and have a load "
    "balancer send all requests of a client to one process. See docs/workers.md. (Each process "
    "logs this once.)"
)

INFLATES_AHEAD: Final = (
    "uvicorn compresses WebSocket messages (its default), and inflates all frames of one read "
    "before the first is handled: 250 KB of a client become "
    "180 MB. Start it with --ws-per-message-deflate false, or use Server.run, or "
    "`ackord.runtime.hosting.configure`; see docs/hosting.md."
)


def problems_of(receive: Receive, *, has_adapter: bool) -> Iterator[str]:
    """Return what is to be said of the host of the `receive` of a lifespan."""
    if _inflates_ahead(receive):
        yield INFLATES_AHEAD
    processes = _count_processes(receive)
    if processes > 1 and not has_adapter:
        yield ONE_OF_SEVERAL % processes


def _count_processes(receive: Receive) -> int:
    """Return how many processes the host of the `receive` of a lifespan has started, as far as it
    can be seen: workers of uvicorn, and those of gunicorn with uvicorn's worker.
    """
    config: Any = getattr(getattr(receive, "__self__", None), "config", None)
    if config is None:
        return 1
    # gunicorn's worker has uvicorn call one of its methods.
    gunicorn: Any = getattr(getattr(config, "callback_notify", None), "__self__", None)
    settings: Any = getattr(gunicorn, "cfg", None)
    workers: object = getattr(config if settings is None else settings, "workers", 1)
    if settings is None and getattr(config, "should_reload", False):
        return 1  # uvicorn ignores the number
    return workers if isinstance(workers, int) else 1


def _inflates_ahead(receive: Receive) -> bool:
    """Whether the `receive` of a lifespan belongs to a uvicorn that inflates WebSocket messages
    without `GuardedWebSocket`, which bounds them.
    """
    config: Any = getattr(getattr(receive, "__self__", None), "config", None)
    if not getattr(config, "ws_per_message_deflate", False):
        return False
    protocol = getattr(config, "ws_protocol_class", None)
    return protocol is not None and not protocol.__module__.startswith("ackord.runtime.")
