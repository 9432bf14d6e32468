"""Ends the process when its event loop gets no memory."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any, Final

EXIT_CODE: Final = 70
"""``EX_SOFTWARE`` of sysexits.h."""

_logger = logging.getLogger("ackord.runtime.hosting")


def end_without_memory(loop: asyncio.AbstractEventLoop) -> None:
    """End the process with `EXIT_CODE` when a callback of the event loop raises `MemoryError`.

    That callback should have accepted a connection, woken a task or run a timer. It is lost, and
    everything that waits for it waits for ever. A supervisor starts the process again, and its
    clients come back.

    A `MemoryError` in a handler is handled as any exception, and one in a transport ends its
    connection.
    """
    previous = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), MemoryError) and "handle" in context:
            try:
                _logger.critical(
                    "The event loop gets no memory: the process ends with exit code %d", EXIT_CODE
                )
            finally:
                os._exit(EXIT_CODE)
        if previous is None:
            loop.default_exception_handler(context)
        else:
            previous(loop, context)

    loop.set_exception_handler(handle)
