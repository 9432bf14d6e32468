"""The lifespan of the application that gets the requests for other paths; not every application has
a lifespan.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from ackord.runtime.asgi_types import Application, Message, Receive, Scope, Send

_logger = logging.getLogger("ackord.runtime.hosting")


class OtherLifespan:
    """Runs another application's lifespan inside the server's: it starts and stops after the
    server.

    An application without a lifespan raises, or returns without an answer: the specification of
    ASGI allows both. Then the caller answers the ASGI server.
    """

    def __init__(
        self,
        startup: Message,
        receive: Receive,
        send: Send,
        before_shutdown: Callable[[], Awaitable[None]],
    ) -> None:
        """Take the message ``lifespan.startup``; `before_shutdown` is called before the application
        is told to stop.
        """
        self._startup: Message | None = startup
        self._receive = receive
        self._send = send
        self._before_shutdown = before_shutdown
        self.is_started = False
        """Whether the application has said that it has started."""
        self.has_failed = False
        """Whether the application has said that it can't start."""
        self.is_told_to_stop = False
        """Whether the ASGI server's last message has come."""
        self.is_stopped = False
        """Whether the application has answered ``lifespan.shutdown``."""

    async def run(self, application: Application, scope: Scope) -> None:
        """Run the application's lifespan until the application returns.

        Raises:
            Exception: the application raised it after it had said that it can't start.
        """
        try:
            await application(scope, self._receive_next, self._send_next)
        except Exception as error:
            if self.has_failed:
                raise
            if self.is_started:
                _logger.exception("The lifespan of the other application failed")
            else:
                _logger.info(
                    "The other application has no lifespan (%s): only this server is started "
                    "and stopped",
                    type(error).__name__,
                )

    async def _receive_next(self) -> Message:
        startup, self._startup = self._startup, None
        if startup is not None:
            return startup
        message = await self._receive()
        self.is_told_to_stop = True
        try:
            await self._before_shutdown()
        except Exception:
            _logger.exception("The server can't stop as it should")
        return message

    async def _send_next(self, message: Message) -> None:
        kind: str = message["type"]
        if kind == "lifespan.startup.complete":
            self.is_started = True
        elif kind == "lifespan.startup.failed":
            self.has_failed = True
        else:
            self.is_stopped = True
        await self._send(message)
