"""A WebSocket of an ASGI server.

ASGI's `send` waits for the network, and the engine's writes never wait, so there is a queue between
them. It is emptied as follows:

- The connection's own task passes a message to the receiver, and then sends everything that the
  receiver wrote before it receives the next message. So a client that sends and doesn't read stops
  itself.
- All other messages are sent by the `Pump`, in a task that many WebSockets share.
- Only one of the two sends at a time: `_is_busy` says that one of them does, or will.

ASGI can't say how much the network has taken, close without a status, or drop a connection. So
`paused` is always true, and the engine looks at `buffered`, which counts the queue, at each write;
a close without a status has the code 1000; `abort` clears the queue and ends the application's
call. On uvicorn, `ackord.runtime.hosting` adds what is missing, by the extensions `HOST` and
`VIOLATION` of the scope.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from ackord.runtime.asgi_types import Message, Receive, Send
from ackord.runtime.containment import Step
from ackord.runtime.engine.websocket import CloseCode, ServerWebSocket, WebSocketReceiver
from ackord.runtime.protocol.engineio.packet import utf8_length
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.websocket import bounds
from ackord.runtime.websocket.pump import Drainable, Pump
from typing_extensions import override

_logger = logging.getLogger("ackord.runtime.hosting")

_TURN: Final = range(bounds.FRAMES_PER_TURN)

_VIOLATIONS: Final = frozenset(
    (CloseCode.PROTOCOL_ERROR, CloseCode.INVALID_DATA, CloseCode.MESSAGE_TOO_BIG)
)

HOST: Final = "ackord.host"
"""An extension of the ASGI scope on Ackord's own hosts: the `HostWebSocket` of the connection."""

VIOLATION: Final = "ackord.violation"
"""An extension of the ASGI scope on Ackord's own hosts: a mapping that is empty until the host
closes the WebSocket because the client broke a rule.

With other ASGI servers such an end looks like a close frame of the client with the same code.
"""


class HostWebSocket(Protocol):
    """Calls between a WebSocket and its host that ASGI doesn't have."""

    __slots__ = ()

    def watch(self, receiver: WebSocketReceiver) -> None:
        """Call `receiver.hold` from now on."""
        ...

    def drop(self) -> None:
        """Drop the connection if the network hasn't taken everything that was written; else do
        nothing, and let ASGI close it.
        """
        ...


class AsgiWebSocket(ServerWebSocket, Drainable):
    """A `ServerWebSocket` over ASGI's `send` and `receive`.

    See the module's docstring for who sends the queue.
    """

    __slots__ = (
        "_accept",
        "_closed",
        "_host",
        "_is_busy",
        "_loop",
        "_pump",
        "_queue",
        "_scope",
        "_send",
        "_violation",
        "_writer",
        "buffered",
        "paused",
    )

    buffered: int
    paused: bool

    def __init__(
        self,
        send: Send,
        pump: Pump | None = None,
        *,
        subprotocol: str | None = None,
        violation: Mapping[str, Any] | None = None,
        host: HostWebSocket | None = None,
    ) -> None:
        """Write to `send`, by a pump that all WebSockets of a server should share; `violation` and
        `host` are the extensions `VIOLATION` and `HOST`.
        """
        self._send = send
        self._host = host
        self._violation = violation
        self._accept: Message = {"type": "websocket.accept"}
        if subprotocol is not None:
            self._accept["subprotocol"] = subprotocol
        self._pump = pump or Pump()
        self._loop = asyncio.get_running_loop()
        self._pump.enter(self._loop)
        # The queue: messages, and the code of a close. ASGI's messages are made one at a time, when
        # they are sent: thousands at once, in a broadcast, would leave the processor's caches
        # before they are read.
        self._queue: deque[str | bytes | int] = deque()
        self.buffered = 0
        """Bytes that were written and that the ASGI server hasn't taken yet."""
        self.paused = True  # pyright: ignore[reportIncompatibleMethodOverride]  # read each time: no property
        """Whether the network takes less than is written at present: ASGI doesn't tell."""
        self._closed = False
        # whether somebody will send what is queued: not before it is accepted, then a task
        self._is_busy = True
        self._writer: asyncio.Task[Any] | None = None
        # Expires when the connection is to be dropped: this ends `receive`, and can't be mistaken
        # for a cancellation from outside.
        self._scope: asyncio.Timeout | None = None

    @override
    def send(self, message: str | bytes) -> None:
        if self._closed:
            return
        self._queue.append(message)
        self.buffered += _size(message)
        if not self._is_busy:
            self._is_busy = True
            self._pump.add(self)

    @override
    def send_prepared(self, prepared: Prepared) -> None:
        if prepared.attachments or self._closed:
            self.send(prepared.text)
            for data in prepared.attachments:
                self.send(data)
            return
        # As `send`, without the call: one for each recipient of a broadcast.
        text = prepared.text
        self._queue.append(text)
        self.buffered += len(text) if text.isascii() else utf8_length(text)
        if not self._is_busy:
            self._is_busy = True
            self._pump.add(self)

    @override
    def close(self, code: int | None = None) -> None:
        if self._closed:
            return
        self._closed = True
        # ASGI can't send a close frame without a status.
        self._queue.append(code or CloseCode.NORMAL)
        if not self._is_busy:
            self._is_busy = True
            self._pump.add(self)
        self._leave_after(bounds.CLOSE_TIMEOUT)

    @override
    def abort(self) -> None:
        """Drop the connection, as far as ASGI can: another ASGI server may still send what it has
        buffered.
        """
        self._end()
        if self._host is not None:
            self._host.drop()

    def _end(self) -> None:
        self._closed = True
        self._queue.clear()
        self.buffered = 0
        if self._writer is not None:
            self._writer.cancel()
        self._leave_after(0)

    async def run(
        self,
        receive: Receive,
        receiver: WebSocketReceiver,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """Accept with these headers, then pass messages to the receiver until the connection is
        gone.
        """
        if headers:
            self._accept["headers"] = list(headers)
        ending: Message = {}
        description: str | None = None
        try:
            if self._host is not None:
                self._host.watch(receiver)
            async with asyncio.timeout(None) as self._scope:
                if self._closed:  # the receiver has closed the WebSocket already
                    self._leave_after(bounds.CLOSE_TIMEOUT)
                await self._send(self._accept)
                await self.drain(None)
                ending = await self._receive_all(receive, receiver)
                description = f"close code {ending.get('code')}"
        except TimeoutError:
            description = "closed by this side"
        finally:
            self._scope = None
            with Step("drop what a WebSocket hasn't sent"):
                self._end()
            is_violation = (
                ending.get("code") in _VIOLATIONS
                if self._violation is None
                else bool(self._violation)
            )
            receiver.closed(description, is_violation=is_violation)

    async def _receive_all(self, receive: Receive, receiver: WebSocketReceiver) -> Message:
        """Pass messages to the receiver until the end; return the message
        ``websocket.disconnect``.
        """
        queue = self._queue
        take = receiver.receive
        while True:
            for _ in _TURN:
                message = await receive()
                if message["type"] == "websocket.receive":
                    text: str | None = message.get("text")
                    if self._is_busy:
                        may_go_on = take(message["bytes"] if text is None else text)
                    else:
                        self._is_busy = True
                        may_go_on = take(message["bytes"] if text is None else text)
                        if queue:
                            await self.drain(None)
                        else:
                            self._is_busy = False
                    if not may_go_on:
                        await receiver.ready()
                elif message["type"] == "websocket.disconnect":
                    if message.get("code") == CloseCode.MESSAGE_TOO_BIG and not self._closed:
                        # The code of the ASGI server, or of the client that refuses a message of
                        # this side.
                        receiver.oversized(None)
                    return message
            # An ASGI server may pass on thousands of messages without a turn of the event loop.
            await asyncio.sleep(0)

    def _leave_after(self, seconds: float) -> None:
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(self._loop.time() + seconds)

    @override
    async def drain(self, writer: asyncio.Task[Any] | None) -> None:
        """Send the queue in `writer`, a task of the pump, or without `writer` in the connection's
        own task, which ends by its timeout scope.
        """
        queue = self._queue
        send = self._send
        self._writer = writer
        try:
            while queue:
                item = queue.popleft()
                if isinstance(item, str):
                    await send({"type": "websocket.send", "text": item})
                elif isinstance(item, bytes):
                    await send({"type": "websocket.send", "bytes": item})
                else:
                    await send({"type": "websocket.close", "code": item})
                self.buffered = self.buffered - _size(item) if queue else 0
        except Exception as exc:  # noqa: BLE001 - each ASGI server has its own for a connection that is gone
            _logger.debug("A WebSocket was lost while it was written to: %r", exc)
            queue.clear()
            self.buffered = 0  # pyright: ignore[reportIncompatibleMethodOverride]  # read each time: no property
            if (
                not self._closed
            ):  # earlier messages are still received, and then the end of the connection
                self._closed = True
                self._leave_after(bounds.CLOSE_TIMEOUT)
        finally:
            self._writer = None
            self._is_busy = False


def _size(item: str | bytes | int) -> int:
    """Return the bytes of a message, or 0 for the code of a close."""
    if isinstance(item, str):
        return len(item) if item.isascii() else utf8_length(item)
    return 0 if isinstance(item, int) else len(item)
