"""Long-polling as a client's transport: GETs bring packets, POSTs take them to the server.

The rules (Engine.IO v4, "HTTP long-polling"): there is one GET and one POST at a time. A GET is
answered when the server has something to say, and the next one follows at once. What is sent while
a POST runs waits for the next one (`PostQueue`). The server counts the bytes of a body, so a body
has no more than its ``maxPayload``.

A GET has no time limit of its own: a PING comes in time or the session ends. A POST has one, the
time in which a PING must come.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from ackord.runtime.engine.client_address import explain_redirect, without_secrets
from ackord.runtime.engine.client_opening import Requests
from ackord.runtime.engine.client_options import ClientSettings
from ackord.runtime.engine.client_transport import (
    ClientPolling,
    Connector,
    HttpResponse,
    TransportLostError,
    TransportReceiver,
)
from ackord.runtime.protocol.engineio.answers import (
    explain_no_payload,
    explain_refusal,
    is_final,
)
from ackord.runtime.protocol.engineio.errors import MalformedPacketError
from ackord.runtime.protocol.engineio.handshake import POLLING
from ackord.runtime.protocol.engineio.open_packet import OpenPacket
from ackord.runtime.protocol.engineio.packet import CLOSE, Packet, decode_payload
from ackord.runtime.protocol.engineio.post_queue import PostQueue
from ackord.runtime.tasks import start_later
from typing_extensions import override

_OK: Final = 200
_CONTENT_TYPE: Final = "text/plain;charset=UTF-8"
_PACKETS_PER_TURN: Final = 256
"""Packets of one answer after which other tasks have their turn."""


def open_polling(
    connector: Connector,
    requests: Requests,
    receiver: TransportReceiver,
    settings: ClientSettings,
) -> ClientPolling:
    """Begin long-polling; see `PollingOpener`."""
    return PollingTransport(connector, requests, receiver, settings)


class PollingTransport(ClientPolling):
    """The requests of one session."""

    def __init__(
        self,
        connector: Connector,
        requests: Requests,
        receiver: TransportReceiver,
        settings: ClientSettings,
    ) -> None:
        """Begin the first GET."""
        self._requests = requests
        self._receiver = receiver
        self._max_body = settings.max_message
        self._close_timeout = settings.close_timeout
        self._http = connector.open_http(requests.address.http)
        self._loop = asyncio.get_running_loop()
        self._opened: OpenPacket | None = None
        self._queue = PostQueue()
        self._posting = 0
        """Bytes of the POST that runs."""
        self._is_paused = False
        self._is_over = False
        self._is_ending_session = False
        """Whether the server is being told that the session ends."""
        self._may_read = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._post: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._get = self._start(self._read(), "ackord client GET")

    def _start(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = start_later(self._loop, coroutine)
        task.set_name(name)
        return task

    # The transport (`ClientPolling`)

    @property
    @override
    def buffered(self) -> int:
        return self._queue.size + self._posting

    @property
    @override
    def writable(self) -> bool:
        return not self.buffered

    @override
    def send(self, packet: Packet) -> None:
        if self._is_over:
            return
        self._queue.put(packet)
        self._drained.clear()
        self._post_if_idle()

    @override
    async def drain(self) -> None:
        await self._drained.wait()

    @override
    def resume(self) -> None:
        self._may_read.set()

    @override
    def adopt(self, receiver: TransportReceiver) -> None:
        self._receiver = receiver

    @override
    def opened(self, packet: OpenPacket) -> None:
        self._opened = packet

    @override
    async def pause(self) -> None:
        self._is_paused = True
        running = [task for task in (self._get, self._post) if task is not None]
        await asyncio.wait(running)

    @override
    def unpause(self) -> None:
        if self._is_paused and not self._is_over:
            self._is_paused = False
            if self._get.done():
                self._get = self._start(self._read(), "ackord client GET")
            self._post_if_idle()

    @override
    def take_unsent(self) -> Sequence[Packet]:
        unsent = self._queue.take_all()
        self._drained.set()
        return unsent

    @override
    def close(self, *, abort: bool = False) -> None:
        if self._closing is None:
            self._is_over = True
            self._queue.take_all()
            self._drained.set()
            self._closing = self._start(self._close(abort=abort), "ackord client closes polling")
        elif abort and self._is_ending_session:
            # Later the HTTP client is being closed, which must come to its end.
            self._closing.cancel()

    @override
    async def wait_closed(self) -> None:
        if self._closing is not None:
            await asyncio.wait([self._closing])

    # Requests

    async def _read(self) -> None:
        """Do one GET after the other."""
        with self._ending():
            while not self._is_paused and not self._is_over:
                response = await self._request("GET", None)
                await self._deliver(response)

    def _post_if_idle(self) -> None:
        if self._post is None and self._queue and not self._is_paused:
            self._post = self._start(self._write(), "ackord client POST")

    async def _write(self) -> None:
        """Do POSTs until nothing waits."""
        opened = self._opened
        if opened is None:
            raise AssertionError("nothing is sent before the open packet")
        patience = opened.ping_interval + opened.ping_timeout
        try:
            with self._ending():
                while self._queue and not self._is_paused and not self._is_over:
                    body, self._posting = self._queue.take(opened.max_payload)
                    try:
                        async with asyncio.timeout(patience):
                            await self._request("POST", body.encode())
                    except TimeoutError as error:
                        raise TransportLostError(
                            "transport error",
                            f"the server did not answer a POST within {patience:g} seconds",
                        ) from error
        finally:
            self._posting = 0
            self._post = None
            if not self._queue:
                self._drained.set()

    async def _deliver(self, response: HttpResponse) -> None:
        """Hand on the packets of an answer, as fast as the receiver takes them."""
        problem = explain_no_payload(response.header("content-type"), response.body)
        if problem is not None:
            raise TransportLostError("parse error", problem, is_final=True)
        for count, packet in enumerate(decode_payload(response.body), 1):
            if self._is_over:
                return
            self._may_read.clear()
            if not self._receiver.receive(packet):
                await self._may_read.wait()
            if count % _PACKETS_PER_TURN == 0:
                await asyncio.sleep(0)

    async def _request(self, method: str, body: bytes | None) -> HttpResponse:
        """Do one request of the session.

        Raises:
            TransportLostError: There was no answer, or it's no success.
        """
        requests = self._requests
        sid = None if self._opened is None else self._opened.sid
        url = requests.address.url(POLLING, sid, unique=secrets.token_hex(4))
        headers = {"Accept": "*/*", **requests.headers()}
        if body is not None:
            headers["Content-Type"] = _CONTENT_TYPE
        response = await self._http.request(method, url, headers, body, max_body=self._max_body)
        requests.cookies.store(requests.address.http, response.headers)
        if response.status != _OK:
            raise _refused(url, method, response)
        return response

    @contextmanager
    def _ending(self) -> Generator[None]:
        """Tell the receiver of a request that ends the session."""
        try:
            yield
        except (TransportLostError, MalformedPacketError) as error:
            if self._is_over:
                return
            if isinstance(error, MalformedPacketError):
                error = TransportLostError("parse error", str(error), is_final=True)
            self._receiver.closed(error)

    async def _close(self, *, abort: bool) -> None:
        """End the session at the server, and the requests that run."""
        try:
            if not abort and self._opened is not None:
                self._is_ending_session = True
                with suppress(TransportLostError, TimeoutError):
                    async with asyncio.timeout(self._close_timeout):
                        if self._post is not None:
                            await asyncio.wait([self._post])
                        await self._request("POST", CLOSE.encode())
        finally:
            self._is_ending_session = False
            for task in (self._get, self._post):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
            await self._http.close()


def _refused(url: str, method: str, response: HttpResponse) -> TransportLostError:
    location = response.header("location")
    if 300 <= response.status < 400 and location:
        why = explain_redirect(url, response.status, location)
    else:
        refusal = explain_refusal(response.status, response.body)
        why = f"{without_secrets(url)} refused a {method} with {refusal}"
    return TransportLostError(
        "transport error", why, is_final=is_final(response.status, response.body)
    )
