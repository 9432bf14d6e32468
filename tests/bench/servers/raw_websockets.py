"""The limit: what the `websockets` library's Sans-I/O layer costs alone, with no more Socket.IO
than the load generator needs.

Packets aren't parsed: where the arguments begin is searched for, and the rest is written back.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

import uvloop
from typing_extensions import override
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.bench.servers.listening import listen

OPEN: Final = (
    b'0{"sid":"raw","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
)
CONNECT: Final = b'40{"sid":"raw"}'


class Raw(asyncio.Protocol):
    """One connection."""

    everybody: Final[set[asyncio.Transport]] = set()

    def __init__(self) -> None:
        self._websocket = ServerProtocol(max_size=1_000_000)
        self._upload = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's isn't a subclass
        self.everybody.add(self._transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.everybody.discard(self._transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._websocket.receive_data(data)
        for event in self._websocket.events_received():
            if isinstance(event, Request):
                self._websocket.send_response(self._websocket.accept(event))
                self._websocket.send_text(OPEN)
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._receive(bytes(event.data))
            elif isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                self._websocket.send_text(b"43%s[%d]" % (self._upload, len(event.data)))
        self._transport.write(b"".join(self._websocket.data_to_send()))
        if self._websocket.close_expected():
            self._transport.close()

    def _receive(self, packet: bytes) -> None:
        begin = packet.find(b"[")
        if packet.startswith(b"45"):
            self._upload = packet[packet.index(b"-") + 1 : begin]
        elif packet.startswith(b'42["shout"'):
            frame = Frame(Opcode.TEXT, b'42["shouted",' + packet[begin + 9 :]).serialize(mask=False)
            for transport in self.everybody:
                transport.write(frame)
        elif packet.startswith(b"42") and begin > 2:
            arguments = packet.find(b",", begin)
            # An event without arguments is `sync`.
            self._websocket.send_text(
                b"43%s[%s"
                % (packet[2:begin], packet[arguments + 1 :] if arguments > 0 else b"true]")
            )
        elif packet.startswith(b"40"):
            self._websocket.send_text(CONNECT)


async def main() -> None:
    """Serve."""
    server = await asyncio.get_running_loop().create_server(Raw, sock=listen())
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
