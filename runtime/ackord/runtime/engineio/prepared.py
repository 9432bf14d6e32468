"""Messages that are encoded once and written to many connections."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence


class Prepared:
    """One text packet and the binary messages that follow it, for any number of connections.

    The forms that a transport needs are built on first use and kept: a broadcast is framed once, not once for each recipient.
    The text packet and its binary messages are always written together, so that nothing of another writer comes between them
    (Socket.IO protocol v5, "binary attachments").
    """

    __slots__ = ("_frames", "_packets", "attachments", "compress", "text")

    def __init__(self, text: str, attachments: Sequence[bytes] = (), *, compress: bool = True) -> None:
        """Take an encoded Engine.IO text packet, type digit included (``42["hello"]``), and raw attachments.

        Without `compress`, a polling response isn't compressed for the sake of this packet.
        """
        self.text = text
        self.attachments = attachments
        self.compress = compress
        self._frames: bytes | None = None
        self._packets: list[str] | None = None

    @property
    def packets(self) -> list[str]:
        """The packets as a polling payload holds them: attachments are base64 after ``b`` (Engine.IO protocol v4, "payload")."""
        if self._packets is None:
            self._packets = [self.text, *("b" + b64encode(data).decode("ascii") for data in self.attachments)]
        return self._packets

    @property
    def frames(self) -> bytes:
        """The messages as unmasked, unfragmented WebSocket frames of a server, one after the other (RFC 6455, 5.2)."""
        if self._frames is None:
            parts = [_frame(0x81, self.text.encode())]
            parts += [_frame(0x82, data) for data in self.attachments]
            self._frames = parts[0] if len(parts) == 1 else b"".join(parts)
        return self._frames


def _frame(first_byte: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((first_byte, length)) + payload
    if length < 1 << 16:
        return bytes((first_byte, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first_byte, 127)) + length.to_bytes(8, "big") + payload
