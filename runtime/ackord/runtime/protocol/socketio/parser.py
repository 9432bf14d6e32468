"""How a packet is written on the wire: as the text of the protocol, or by another parser.

Within the runtime a packet is always text and attachments. A parser decodes incoming messages into
packets, and encodes text and attachments for sending. Client and server must use the same parser;
nothing on the wire says which one is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.decoder import Decoder
from ackord.runtime.protocol.socketio.packet import Packet


class PacketDecoder(Protocol):
    """Puts packets together from the messages of one connection."""

    @property
    def waiting(self) -> str | None:
        """The namespace of a packet whose attachments are still to come, or `None`."""
        ...

    def receive_text(self, text: str, start: int = 0) -> Packet | None:
        """Take a text message whose packet begins at `start`; return the packet if it is whole.

        Raises:
            PacketError: it ends the connection.
        """
        ...

    def receive_binary(self, data: bytes) -> Packet | None:
        """Take a binary message; return the packet if it is whole.

        Raises:
            PacketError: it ends the connection.
        """
        ...

    def reset(self) -> None:
        """Forget an unfinished packet."""
        ...


class Parser(Protocol):
    """How packets are written on the wire; one for all connections of a server or client."""

    @property
    def transcodes(self) -> bool:
        """Whether packets are sent as `encode` writes them; false if they are sent as text."""
        ...

    def make_decoder(
        self, max_attachments: int, max_attachment_bytes: int, max_namespace: int
    ) -> PacketDecoder:
        """Make the decoder of one connection."""
        ...

    def encode(self, text: str, attachments: Sequence[bytes]) -> bytes:
        """Return the binary message that stands for a packet, whose text begins with the Engine.IO
        digit ``4``.

        Raises:
            InvalidPayloadError: this parser can't write it.
        """
        ...


class TextParser:
    """The parser of the protocol itself: text, and attachments as binary messages behind it."""

    __slots__ = ()

    @property
    def transcodes(self) -> bool:
        """See `Parser.transcodes`."""
        return False

    def make_decoder(
        self, max_attachments: int, max_attachment_bytes: int, max_namespace: int
    ) -> PacketDecoder:
        """See `Parser.make_decoder`."""
        return Decoder(max_attachments, max_attachment_bytes, max_namespace)

    def encode(self, text: str, attachments: Sequence[bytes]) -> bytes:
        """See `Parser.encode`; never called, because text is sent as it is."""
        raise NotImplementedError(text, attachments)


TEXT_PARSER: Final = TextParser()
"""The default."""


def write_packet(parser: Parser, text: str, attachments: Sequence[bytes]) -> bytes:
    """Return the binary message that a parser makes of a packet.

    Raises:
        InvalidPayloadError: the parser raised an exception.
    """
    try:
        return parser.encode(text, attachments)
    except InvalidPayloadError:
        raise
    except Exception as error:
        raise InvalidPayloadError(f"the parser can't write the packet: {error}") from error
