"""Every reason of a disconnect in Socket.IO's documentation, by name, over both transports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.server import Limits, Server, Socket

from tests.runtime.server.two_transports import Client, play

TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "websocket"])
POLLING_ONLY = pytest.mark.parametrize("transport", ["polling"])


class Told:
    """A server, and the reasons of the ends of its sockets."""

    def __init__(self, **options: Any) -> None:
        self.server = Server(**options)
        self.sockets: list[Socket] = []
        self.reasons: list[str] = []
        self.server.on("connection", self._connected)

    def _connected(self, socket: Socket) -> None:
        self.sockets.append(socket)
        socket.on("disconnect", self.reasons.append)

    def check(
        self, transport: str, scenario: Callable[[Client], Awaitable[None]], reason: str
    ) -> None:
        async def main(client: Client) -> None:
            await scenario(client)
            await asyncio.sleep(0.1)
            assert self.reasons == [reason]
            assert not self.sockets[0].connected
            assert self.server.main.sockets == {}

        play(self.server, transport, main)


@TRANSPORTS
def test_client_namespace_disconnect_is_a_disconnect_packet(transport: str) -> None:
    Told().check(transport, lambda client: client.send("41"), "client namespace disconnect")


@TRANSPORTS
@pytest.mark.parametrize("close", [False, True])
def test_server_namespace_disconnect_is_asked_for_by_the_server(
    transport: str, close: bool
) -> None:
    told = Told()

    async def scenario(client: Client) -> None:
        told.sockets[0].disconnect(close)
        assert await client.receive() == "41"
        if close:
            await client.closed()

    told.check(transport, scenario, "server namespace disconnect")


@TRANSPORTS
def test_server_namespace_disconnect_is_asked_for_by_a_broadcast(transport: str) -> None:
    told = Told()

    async def scenario(client: Client) -> None:
        told.server.disconnect_sockets()
        assert await client.receive() == "41"

    told.check(transport, scenario, "server namespace disconnect")


@TRANSPORTS
def test_server_shutting_down_is_the_end_of_the_server(transport: str) -> None:
    told = Told()

    async def scenario(client: Client) -> None:
        closing = asyncio.ensure_future(told.server.close())
        await client.closed()
        await closing

    told.check(transport, scenario, "server shutting down")


@TRANSPORTS
@pytest.mark.parametrize(
    "packet", ["42{}", "4abc", '42["connect"]', '42/nowhere,["x"]', "45-", b"\1"], ids=str
)
def test_a_violation_is_a_forced_close_and_over_polling_a_forced_server_close(
    transport: str, packet: str | bytes
) -> None:
    async def scenario(client: Client) -> None:
        await client.send(packet)
        await client.closed()

    Told().check(
        transport, scenario, "forced close" if transport == "websocket" else "forced server close"
    )


@TRANSPORTS
def test_who_joins_nothing_meets_a_forced_server_close_which_nobody_is_told(transport: str) -> None:
    server = Server(limits=Limits(connect_timeout=3))

    async def scenario(client: Client) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await client.closed()
        assert loop.time() - started == pytest.approx(3, abs=0.1)
        assert server.connections == frozenset()

    play(server, transport, scenario, join=False)


@TRANSPORTS
@pytest.mark.parametrize("packet", ["x", "9"])
def test_parse_error_is_a_packet_that_engineio_cannot_read(transport: str, packet: str) -> None:
    async def scenario(client: Client) -> None:
        await client.send(packet)

    Told().check(transport, scenario, "parse error")


@TRANSPORTS
def test_ping_timeout_is_a_ping_without_a_pong(transport: str) -> None:
    async def scenario(client: Client) -> None:
        assert await client.receive() == "2"
        await asyncio.sleep(21)

    Told().check(transport, scenario, "ping timeout")


@TRANSPORTS
def test_the_loss_of_the_network_is_a_transport_close_and_over_polling_an_error(
    transport: str,
) -> None:
    Told().check(
        transport,
        lambda client: client.vanish(),
        "transport close" if transport == "websocket" else "transport error",
    )


@TRANSPORTS
def test_transport_close_is_a_close_packet_of_the_client(transport: str) -> None:
    Told().check(transport, lambda client: client.send("1"), "transport close")


@TRANSPORTS
def test_transport_error_is_a_ping_of_the_client(transport: str) -> None:
    Told().check(transport, lambda client: client.send("2"), "transport error")


@POLLING_ONLY
def test_transport_error_is_a_second_poll_beside_the_first(transport: str) -> None:
    async def scenario(client: Client) -> None:
        polls = [asyncio.ensure_future(client.receive()) for _ in range(2)]
        await asyncio.gather(*polls, return_exceptions=True)

    Told().check(transport, scenario, "transport error")


@TRANSPORTS
def test_what_arrived_in_one_payload_before_the_end_is_handled_before_it_is_told(
    transport: str,
) -> None:
    told = Told()
    events: list[str] = told.reasons

    @told.server.on("connection")
    def connected(socket: Socket) -> None:
        async def note(text: str) -> None:
            await asyncio.sleep(1)
            events.append(text)

        socket.on("note", note)

    async def scenario(client: Client) -> None:
        await client.send('42["note","first"]', '42["note","second"]', "1")
        await asyncio.sleep(5)
        assert events == ["first", "second", "transport close"]

    play(told.server, transport, scenario)
