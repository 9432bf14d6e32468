"""A server that does exactly what a test wants, bytes and all: to see what the load generator makes
of it.
"""

from __future__ import annotations

import base64
import hashlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.generator import Result, run

LONGEST: Final = 30.0
"""Seconds that a script may wait for the generator, which itself gives a server up after 20 unless
told otherwise.
"""
ITEM: Final = '{"id":123456,"text":"the quick brown fox jumps over the lazy dog, twice a day","tags":["alpha","beta"]}'
GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OPEN: Final = (
    '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that the generator sent."""

    opcode: int
    mask: bytes
    payload: bytes

    @property
    def text(self) -> str:
        return self.payload.decode()


def frame(payload: str | bytes, first: int | None = None) -> bytes:
    """Build a server's frame; `first` is its first byte."""
    data = payload.encode() if isinstance(payload, str) else payload
    start = first if first is not None else 0x81 if isinstance(payload, str) else 0x82
    length = bytes((len(data),)) if len(data) < 126 else b"\x7e" + struct.pack("!H", len(data))
    return bytes((start,)) + length + data


def answer(event: Frame) -> str:
    """Acknowledge an event with its own argument, as `echo` does."""
    begin = event.text.index("[")
    return f"43{event.text[2:begin]}[{event.text[begin:].partition(',')[2]}"


class Peer:
    """The server's end of one connection of the generator."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def request(self) -> tuple[bytes, bytes]:
        """Read an HTTP request: its head and its body."""
        head = bytearray()
        while not head.endswith(b"\r\n\r\n"):
            head += self._exactly(1)
        length = next(
            (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")),
            b":0",
        )
        return bytes(head), self._exactly(int(length.partition(b":")[2]))

    def upgrade(self) -> None:
        """Read the handshake, and make the connection a WebSocket."""
        head, _ = self.request()
        key = next(
            line for line in head.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key: ")
        ).partition(b": ")[2]
        accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        self.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
            + accept
            + b"\r\n\r\n"
        )

    def join(self) -> None:
        """Do what is necessary until the generator has joined the root namespace."""
        self.upgrade()
        self.send_text(OPEN)
        assert self.frame().text == "40"
        self.send_text('40{"sid":"p"}')

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def send_text(self, text: str) -> None:
        self.send(frame(text))

    def send_bytewise(self, data: bytes) -> None:
        """Send every byte alone."""
        for byte in data:
            self.send(bytes((byte,)))

    def frame(self) -> Frame:
        """Read a frame."""
        first, second = self._exactly(2)
        assert first & 0xF0 == 0x80
        assert second & 0x80
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        mask = self._exactly(4)
        data = self._exactly(length)
        key = int.from_bytes((mask * (length // 4 + 1))[:length], "big")
        return Frame(
            first & 0x0F, mask, (int.from_bytes(data, "big") ^ key).to_bytes(length, "big")
        )

    def frames(self) -> Iterator[Frame]:
        """Read frames until the generator says goodbye."""
        while (received := self.frame()).opcode != 8:
            yield received
        self.send(frame(received.payload, 0x88))

    @property
    def has_more(self) -> bool:
        """Whether more has arrived than was read."""
        return bool(self._buffer)

    @property
    def is_gone(self) -> bool:
        """Whether the generator has ended the connection, where it has nothing to send."""
        if not select.select([self._connection], [], [], 0)[0]:
            return False
        try:
            return not self._connection.recv(1, socket.MSG_PEEK)
        except ConnectionError:
            return True

    def close(self) -> None:
        """End the connection, as a server does that crashed."""
        self._connection.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        self._connection.close()

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            received = self._connection.recv(65536)
            if not received:
                raise ConnectionError("the generator went away")
            self._buffer += received
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        return data


Script = Callable[[Peer], None]


@contextmanager
def serving(script: Script) -> Generator[int]:
    """Let `script` serve each connection, in a thread of its own; give the port.

    What it asserts holds when the context ends.
    """
    failures: list[Exception] = []
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        connection.settimeout(LONGEST)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = Peer(connection)
        try:
            # The generator leaves when it has seen enough.
            with suppress(ConnectionError):
                script(peer)
        except Exception as failure:  # noqa: BLE001  # raised below, in the test's own thread
            failures.append(failure)
        finally:
            peer.release()

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):  # the listener is shut down
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        acceptor = threading.Thread(target=accept, args=(listener,))
        acceptor.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for thread in threads:
                thread.join()
    if failures:
        raise failures[0]


def load(program: Path, script: Script, workload: str = "echo", **options: float) -> Result:
    """Put a short workload on a server that does what `script` says; ``least`` is what has to be
    answered however long it takes.
    """
    with serving(script) as port:
        return run(port, workload, program=program, **{"warmup": 0.02, "seconds": 0.1, **options})
