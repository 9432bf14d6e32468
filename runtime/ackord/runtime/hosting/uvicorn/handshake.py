"""The handshake of a WebSocket that goes through ASGI, as the `websockets` library checks it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from typing_extensions import override
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

_VERSION: Final = "13"
"""The only version of the WebSocket protocol."""


class GuardedHandshake(ServerProtocol):
    """The library's protocol, with close frames that have a code and no text, as those of the
    reference implementation.
    """

    @override
    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        super().fail(code)

    @override
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # RFC 6455, 5.4: a close frame may come between fragments, as every control frame; the
            # library takes that for an error.
            self.current_size = None
        super().recv_frame(frame)

    @override
    def accept(self, request: Request) -> Response:
        response = super().accept(request)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return response
        # Without the library's text, which repeats what the client sent.
        versions = request.headers.get_all("Sec-WebSocket-Version")
        is_version_wrong = response.status_code == HTTPStatus.BAD_REQUEST and versions not in (
            [],
            [_VERSION],
        )
        status = (
            HTTPStatus.UPGRADE_REQUIRED if is_version_wrong else HTTPStatus(response.status_code)
        )
        refusal = self.reject(status, "Invalid WebSocket handshake.\n")
        for name in ("Allow", "Upgrade"):
            if name in response.headers:
                refusal.headers[name] = response.headers[name]
        if is_version_wrong:  # RFC 6455, 4.2.2
            refusal.headers["Upgrade"] = "websocket"
            refusal.headers["Sec-WebSocket-Version"] = _VERSION
        return refusal

    def receive_request(self, request: Request) -> None:
        """Take a request that was read already: the library's own limits, 8192 bytes a line and 128
        headers, are lower than the engine's.
        """
        self.parser = Protocol.parse(self)
        next(self.parser)
        self.events.append(request)
