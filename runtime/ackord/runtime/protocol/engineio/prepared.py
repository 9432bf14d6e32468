"""Messages that are encoded once and written to many connections."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence


class Prepared:
    """One text packet and the binary messages that follow it, for any number of connections.

    The form that a polling payload needs is built on first use and kept: a broadcast encodes base64
    once, not once for each recipient. The text packet and its binary messages are always written
    together, so that nothing of another writer comes between them (Socket.IO protocol v5, "binary
    attachments").
    """

    __slots__ = ("_packets", "attachments", "compress", "text", "wire")

    def __init__(
        self, text: str, attachments: Sequence[bytes] = (), *, compress: bool = True
    ) -> None:
        """Take an encoded Engine.IO text packet, type digit included (``42["hello"]``), and raw
        attachments.

        Without `compress`, a polling response isn't compressed for the sake of this packet.
        """
        self.text = text
        self.attachments = attachments
        self.compress = compress
        self.wire: bytes | None = None
        """The bytes for the network, such as WebSocket frames: built by the first connection that
        writes the message, and shared by all.
        """
        self._packets: list[str] | None = None

    @property
    def packets(self) -> list[str]:
        """The packets as a polling payload holds them: attachments are base64 after ``b``
        (Engine.IO protocol v4, "payload").
        """
        if self._packets is None:
            self._packets = [
                self.text,
                *("b" + b64encode(data).decode("ascii") for data in self.attachments),
            ]
        return self._packets
