"""Checks of a request's head that HTTP demands and uvicorn's parser doesn't make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ackord.runtime.asgi_types import Header
from ackord.runtime.polling.request import is_host

_VERSIONS: Final = frozenset(("1.0", "1.1"))


class BadRequestError(Exception):
    """HTTP demands that this request is refused; the message says why."""


def check_head(version: str, headers: Iterable[Header]) -> None:
    """Check the head of a request for the rules of RFC 9112 that the parser doesn't check.

    Raises:
        BadRequestError: the request must be refused (RFC 9112, 2.3, 3.2 and 6.1).
    """
    hosts = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
            if not is_host(value):
                raise BadRequestError("the header Host is malformed")
        elif name == b"transfer-encoding" and (
            version != "1.1" or value.strip(b" \t").lower() != b"chunked"
        ):
            raise BadRequestError("the Transfer-Encoding isn't supported")
    if version not in _VERSIONS:
        raise BadRequestError("the version isn't HTTP/1.1")
    if hosts > 1 or (not hosts and version == "1.1"):
        raise BadRequestError("there must be one header Host")
