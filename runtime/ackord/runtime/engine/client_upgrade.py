"""The upgrade of a client's connection from long-polling to a WebSocket.

`ackord.runtime.protocol.engineio.client_session` has the rules. Here is who does what:

1. A second connection is opened, a WebSocket, which sends the probe. Long-polling goes on.
2. When the server has answered, long-polling pauses: the GET that waits ends, because the server
   answers it, and so does the POST that runs. What is sent meanwhile is held back.
3. The WebSocket sends the packet that ends long-polling, then what was held back, and becomes the
   connection's transport.

Where any of this fails before the last step, the WebSocket is dropped and long-polling goes on. A
WebSocket that is lost after it ends the connection: nobody can know what the server has received.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from ackord.runtime.engine.client import Connection
from ackord.runtime.engine.client_transport import (
    ClientPolling,
    ClientWebSocket,
    TransportLostError,
    TransportReceiver,
)
from ackord.runtime.protocol.engineio.client_session import ClientSession
from ackord.runtime.protocol.engineio.packet import Packet
from ackord.runtime.tasks import start_later
from typing_extensions import override

_NO_ANSWER: Final = "the server did not answer the probe as it must"
_log = logging.getLogger("ackord.runtime.client")


async def upgrade(
    connection: Connection,
    polling: ClientPolling,
    open_websocket: Callable[[str, TransportReceiver], Awaitable[ClientWebSocket]],
    *,
    timeout: float,  # noqa: ASYNC109  # bounds several waits
) -> None:
    """Move a connection to the WebSocket that `open_websocket` opens for a session's id, if
    possible.
    """
    session = connection.session
    probe = _Probe(session)
    websocket: ClientWebSocket | None = None
    try:
        async with asyncio.timeout(timeout):
            websocket = await open_websocket(connection.opened.sid, probe)
            if not session.can_upgrade:
                return
            websocket.send(session.probe())
            await probe.answered()
            await probe.unless_lost(polling.pause())
        # Nothing from here to the end waits, so that nothing can come between.
        websocket.adopt(connection)
        websocket.send(session.upgrade())
        for packet in polling.take_unsent():
            websocket.send(packet)
        connection.attach(websocket)
        websocket = None
    except (TransportLostError, TimeoutError) as error:
        _log.debug("the upgrade to a WebSocket failed: %s", str(error) or "no answer in time")
        return
    finally:
        if websocket is not None:
            session.cancel_upgrade()
            connection.attach(polling)
            polling.unpause()
            websocket.close(abort=True)
            await websocket.wait_closed()
    polling.close(abort=True)


class _Probe(TransportReceiver):
    """Takes what the probing WebSocket receives."""

    def __init__(self, session: ClientSession) -> None:
        loop = asyncio.get_running_loop()
        self._session = session
        self._answer: asyncio.Future[None] = loop.create_future()
        self._failed: asyncio.Future[TransportLostError] = loop.create_future()

    async def answered(self) -> None:
        """Wait for the server's answer to the probe.

        Raises:
            TransportLostError: Something else came.
        """
        await _first(self._answer, self._failed)
        self._check()

    async def unless_lost(self, step: Awaitable[None]) -> None:
        """Wait for a step of the upgrade.

        Raises:
            TransportLostError: The WebSocket was lost meanwhile.
        """
        task = start_later(asyncio.get_running_loop(), _await(step))
        try:
            await _first(task, self._failed)
            self._check()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _check(self) -> None:
        if self._failed.done():
            raise self._failed.result()

    @override
    def receive(self, message: Packet) -> bool:
        if not self._answer.done() and self._session.receive_probe(message):
            self._answer.set_result(None)
        else:
            self.closed(TransportLostError("transport error", _NO_ANSWER))
        return True

    @override
    def closed(self, error: TransportLostError) -> None:
        if not self._failed.done():
            self._failed.set_result(error)


async def _first(*futures: asyncio.Future[Any]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


async def _await(step: Awaitable[None]) -> None:
    await step
