"""Refusals of a connection by a middleware or a connect hook."""

from __future__ import annotations

from typing import Any, Final

from ackord.runtime.errors import AckordError
from ackord.runtime.protocol.socketio.error_acks import INVALID_REQUEST
from ackord.runtime.protocol.socketio.values import encode_json

INVALID_NAMESPACE: Final = '{"message":"Invalid namespace"}'
"""The answer for a namespace that doesn't exist, as in the reference implementation."""
TOO_MANY_NAMESPACES: Final = '{"message":"Too many namespaces"}'
TOO_MANY_CHILDREN: Final = "Too many namespaces"
FAILED: Final = '{"message":"Internal error","data":{"code":"internal"}}'
"""The answer if a middleware or a hook raised another exception, whose text isn't sent."""


def too_complex(excess: str) -> str:
    """Return the answer to a CONNECT whose payload exceeds a bound."""
    return encode_json(
        {
            "message": "Invalid payload",
            "data": {"code": INVALID_REQUEST, "message": f"The payload has {excess}"},
        }
    )


class RefusalReply(AckordError):  # noqa: N818  # it is an answer
    """Raised by a middleware or a connect hook: the client gets CONNECT_ERROR with this message and
    data.

    `data` is anything that JSON can hold. The refusal is encoded when it is made: if it can't be
    encoded, the exception is raised in the middleware, and the client still gets an answer.

    Raises:
        InvalidPayloadError: JSON can't hold `data`.
    """

    # What a subclass answers with that doesn't call `__init__`.
    message: str = "Internal error"
    data: Any = None
    _payload: str = FAILED

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data
        self._payload = encode_json(
            {"message": message} if data is None else {"message": message, "data": data}
        )

    def payload(self) -> str:
        """Return the payload of CONNECT_ERROR, as it was when the refusal was made."""
        return self._payload
