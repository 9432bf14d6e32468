"""Sessions whose packets are written by another parser than the protocol's own."""

from __future__ import annotations

from collections.abc import Callable

from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.link import EngineRequest, EngineSocket
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.parser import Parser, write_packet
from typing_extensions import override


class TranscodingSocket(EngineSocket):
    """An `EngineSocket` that sends each packet as a binary message of the parser; everything else
    goes to the wrapped one.
    """

    __slots__ = ("_engine", "_transcoder", "request", "sid")

    def __init__(self, engine: EngineSocket, transcoder: Transcoder) -> None:
        self._engine = engine
        self._transcoder = transcoder
        self.sid: str = engine.sid
        self.request: EngineRequest = engine.request

    @property
    @override
    def transport(self) -> str:
        return self._engine.transport

    @property
    @override
    def is_open(self) -> bool:
        return self._engine.is_open

    @property
    @override
    def writable(self) -> bool:
        return self._engine.writable

    @property
    @override
    def buffered(self) -> int:
        return self._engine.buffered

    @override
    def claim(self) -> bool:
        return self._engine.claim()

    @override
    def send(self, packet: str) -> None:
        self._engine.send_binary(self._transcoder.encode(packet))

    @override
    def send_prepared(self, prepared: Prepared) -> None:
        self._engine.send_binary(self._transcoder.encode_prepared(prepared))

    @override
    def send_binary(self, data: bytes) -> None:
        self._engine.send_binary(data)

    @override
    def close(self, *, discard: bool = False, reason: str = "forced close") -> None:
        self._engine.close(discard=discard, reason=reason)

    @override
    def hold(self, part: Part, size: int, drop: Callable[[], None] | None = None) -> None:
        self._engine.hold(part, size, drop)


class Transcoder:
    """The parser of a server, which encodes a broadcast once and not once for each recipient."""

    __slots__ = ("_last", "_parser")

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._last: tuple[Prepared, bytes] | None = None

    def wrap(self, engine: EngineSocket) -> EngineSocket:
        """Return the session for the Socket.IO layer."""
        return TranscodingSocket(engine, self) if self._parser.transcodes else engine

    def encode(self, packet: str) -> bytes:
        """Encode a packet without attachments.

        Raises:
            InvalidPayloadError: the parser can't write it.
        """
        return write_packet(self._parser, packet, ())

    def encode_prepared(self, prepared: Prepared) -> bytes:
        """Encode a packet for many recipients; the latest result is kept.

        Raises:
            InvalidPayloadError: the parser can't write it.
        """
        if self._last is None or self._last[0] is not prepared:
            self._last = (prepared, write_packet(self._parser, prepared.text, prepared.attachments))
        return self._last[1]

    def check(self, prepared: Prepared) -> None:
        """Encode a packet before the first recipient gets it.

        Raises:
            InvalidPayloadError: the parser can't write it.
        """
        if self._parser.transcodes:
            self.encode_prepared(prepared)
