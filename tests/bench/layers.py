"""Where the time of a message goes, layer by layer: ``python -m tests.bench.layers``.

The bytes of a masked frame go into the direct protocol object, and the answer's into a
transport that takes them: no socket, no other process. Each line has everything up to a layer, the
rest being replaced by something that does nothing, so the difference of two lines is what a layer
costs. The layers take turns, and the lowest of many runs counts: what disturbs a run only makes it
longer.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import struct
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import uvloop
from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.link import EngineRequest, EngineSocket
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.engine.websocket import WebSocketReceiver
from ackord.runtime.hosting.uvicorn.websocket import DirectWebSocket
from ackord.runtime.server import Server
from ackord.runtime.sockets.routes import Arguments, EncodedArguments
from ackord.runtime.websocket.turns import turns_of
from pydantic import TypeAdapter

from tests.bench.contract import Item
from tests.bench.servers.application import Bench

ITEM: Final = '{"id":123456,"text":"the quick brown fox jumps over the lazy dog, twice a day","tags":["alpha","beta"]}'
MASK: Final = b"\x37\xfa\x21\x3d"
REQUEST: Final = EngineRequest(
    url="/?EIO=4&transport=websocket",
    query={"EIO": "4", "transport": "websocket"},
    headers={},
    address="",
)


@dataclass(frozen=True, slots=True)
class Layer:
    """Everything up to one layer, for one message at a time."""

    name: str
    feed: Callable[[bytes], None]
    frame: bytes


class Sink:
    """A transport that takes what is written."""

    def write(self, data: bytes) -> None:
        self.last = data

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass


class Nothing:
    """A receiver, a handler and a route that do nothing."""

    concurrent = False
    congested = False

    def receive(self, message: str | bytes) -> bool:
        return True

    def receive_text(self, packet: str) -> bool:
        return True

    def receive_binary(self, data: bytes) -> bool:
        return True

    def hold(self, part: Part, size: int) -> None:
        pass

    def oversized(self, size: int | None) -> None:
        """Ignore it."""

    def closed(self, *_: Any, **__: Any) -> None:
        """Ignore the end, of a WebSocket or of a session."""

    async def ready(self) -> None:
        pass

    def decode(self, payload: str, attachments: Sequence[bytes]) -> Arguments:
        return ()

    async def handle(self, socket: Any, arguments: Arguments) -> None:
        pass

    def rescue(self, error: BaseException) -> Any:
        raise error

    def encode(self, answer: Any) -> EncodedArguments:
        return "[]", ()


def masked(text: str) -> bytes:
    """Build a client's text frame."""
    data = text.encode()
    head = (
        bytes((0x81, 0x80 | len(data)))
        if len(data) < 126
        else bytes((0x81, 0xFE)) + struct.pack("!H", len(data))
    )
    return head + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(data))


async def connect(
    receiver: Callable[[DirectWebSocket], Coroutine[Any, Any, WebSocketReceiver]],
) -> DirectWebSocket:
    """Open a WebSocket the direct way, up to where messages take the shortest way."""
    websocket = DirectWebSocket(
        cast("asyncio.Transport", Sink()), set(), turns_of(asyncio.get_running_loop()), 1_000_000
    )
    websocket.accept(b"", await receiver(websocket))
    websocket.data_received(masked("40"))
    await asyncio.sleep(0.01)
    for text in (
        '42["note",' + ITEM + "]",
        '42["nothing"]',
    ):  # the first event of a socket starts its task
        websocket.data_received(masked(text))
        await asyncio.sleep(0.01)
    return websocket


async def make_layers() -> list[Layer]:
    """Build the stack up to each layer."""

    async def only_frames(_: DirectWebSocket) -> WebSocketReceiver:
        return Nothing()

    def no_upper_layer(_: EngineSocket) -> Nothing:
        return Nothing()

    engine = EngineServer(EngineOptions(), no_upper_layer)
    server = Server()
    server.register(Bench())
    server.main.set_route("nothing", Nothing())

    frames = await connect(only_frames)
    session = await connect(lambda websocket: engine.open_websocket(REQUEST, websocket))
    whole = await connect(lambda websocket: server.engine.open_websocket(REQUEST, websocket))
    note = masked(f'42["note",{ITEM}]')
    return [
        Layer("frame: find, unmask, decode", frames.data_received, note),
        Layer("engine: session", session.data_received, note),
        Layer(
            "Socket.IO: packet, socket, handler's step",
            whole.data_received,
            masked(f'42["nothing",{ITEM}]'),
        ),
        Layer("validation of the arguments", whole.data_received, note),
        Layer(
            "answer: serialize, packet, frame", whole.data_received, masked(f'421["echo",{ITEM}]')
        ),
    ]


def measure(layers: Sequence[Layer], rounds: int, messages: int) -> list[float]:
    """Return the nanoseconds of a message for each layer."""
    best = [float("inf")] * len(layers)
    for _ in range(rounds):
        for number, layer in enumerate(layers):
            feed, frame = layer.feed, layer.frame
            began = time.process_time_ns()
            for _ in range(messages):
                feed(frame)
            best[number] = min(best[number], (time.process_time_ns() - began) / messages)
    return best


def floor(rounds: int, messages: int) -> float:
    """Return the nanoseconds that pydantic itself takes to read and write the item."""
    adapter = TypeAdapter(Item)
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time_ns()
        for _ in range(messages):
            adapter.serializer.to_json(adapter.validator.validate_json(ITEM))
        best = min(best, (time.process_time_ns() - began) / messages)
    return best


async def run(rounds: int, messages: int) -> None:
    """Measure and print."""
    layers = await make_layers()
    # As a transport calls it: in the course of no task.
    loop = asyncio.get_running_loop()
    measured: asyncio.Future[list[float]] = loop.create_future()
    loop.call_soon(lambda: measured.set_result(measure(layers, rounds, messages)))
    before = 0.0
    total = 0.0
    print(f"{'':44}  {'own ns':>8}  {'up to here':>10}")
    for layer, spent in zip(layers, await measured, strict=True):
        print(f"{layer.name:44}  {spent - before:8.0f}  {spent:10.0f}")
        before = total = spent
    pydantic = floor(rounds, messages)
    print(
        f"\npydantic's own part, reading and writing the item: {pydantic:.0f} ns, "
        f"{pydantic / total:.0%} of an echo"
    )


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.layers",
        description="Measure what each layer adds to an echo, in memory.",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=40,
        help="turns of each layer; the lowest counts (default: %(default)s)",
    )
    parser.add_argument(
        "--messages", type=int, default=2000, help="messages in a turn (default: %(default)s)"
    )
    arguments = parser.parse_args()
    gc.disable()
    uvloop.run(run(arguments.rounds, arguments.messages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
