"""Puts packets together from the messages of one connection, attachments included."""

from __future__ import annotations

from ackord.runtime.protocol.socketio.errors import AttachmentError
from ackord.runtime.protocol.socketio.packet import MAX_NAMESPACE, Packet, PacketType, scan_header

MAX_ATTACHMENTS = 10
"""Attachments of one packet, as in socket.io-parser since 4.2.6 (CVE-2026-33151)."""
MAX_ATTACHMENT_BYTES = 10_000_000
"""Bytes of the attachments of one packet together."""


class Decoder:
    """Adds the binary messages of a connection to the packet that announced them.

    A packet with attachments is unfinished until its last attachment has come. The owner of the
    decoder closes the connection if that takes too long, see `waiting`.
    """

    __slots__ = (
        "_attachments",
        "_bytes",
        "_header",
        "_max_attachments",
        "_max_bytes",
        "_max_namespace",
        "_missing",
    )

    def __init__(
        self,
        max_attachments: int = MAX_ATTACHMENTS,
        max_bytes: int = MAX_ATTACHMENT_BYTES,
        max_namespace: int = MAX_NAMESPACE,
    ) -> None:
        self._max_attachments = max_attachments
        self._max_bytes = max_bytes
        self._max_namespace = max_namespace
        self._missing = 0
        self._bytes = 0
        self._header: tuple[int, str, int | None, str] | None = None
        self._attachments: list[bytes] = []

    @property
    def waiting(self) -> str | None:
        """The namespace of the packet whose attachments are still to come, or `None`."""
        return None if self._header is None else self._header[1]

    def receive_text(self, text: str, start: int = 0) -> Packet | None:
        """Take a text message whose packet begins at `start`; return it unless its attachments are
        still to come.

        Raises:
            PacketError: it isn't a packet, or attachments are awaited.
        """
        if self._header is not None:
            raise AttachmentError(f"{self._missing} attachments are missing")
        kind, attachments, namespace, ack_id, at = scan_header(text, start, self._max_namespace)
        if not attachments:
            return Packet(kind, namespace, ack_id, text[at:], ())
        if attachments > self._max_attachments:
            raise AttachmentError(
                f"{attachments} attachments are more than {self._max_attachments}"
            )
        plain = PacketType.EVENT if kind == PacketType.BINARY_EVENT else PacketType.ACK
        self._header = (plain, namespace, ack_id, text[at:])
        self._missing = attachments
        return None

    def receive_binary(self, data: bytes) -> Packet | None:
        """Take a binary message; return the packet if this was its last attachment.

        Raises:
            AttachmentError: none is awaited, or together they are too big.
        """
        if self._header is None:
            raise AttachmentError("an attachment that no packet announced")
        self._bytes += len(data)
        if self._bytes > self._max_bytes:
            raise AttachmentError(
                f"the attachments of one packet are more than {self._max_bytes} bytes"
            )
        self._attachments.append(data)
        self._missing -= 1
        if self._missing:
            return None
        packet = Packet(*self._header, tuple(self._attachments))
        self.reset()
        return packet

    def reset(self) -> None:
        """Forget an unfinished packet."""
        self._header = None
        self._missing = self._bytes = 0
        self._attachments = []
