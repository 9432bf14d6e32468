"""Responses as uvicorn writes them, in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ackord.runtime.asgi_types import Header
from ackord.runtime.polling.body import CLOSE
from ackord.runtime.polling.request import NO_STORE
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

_END_OF_ORDINARY = b"\r\ncache-control: no-store\r\n\r\n"


class ResponseWriter:
    """Writes whole responses, with what uvicorn adds to each of them."""

    __slots__ = ("_beginnings", "_defaults")

    def __init__(self) -> None:
        self._defaults: Sequence[Header] = ()
        self._beginnings: dict[tuple[int, bytes | None], bytes] = {}

    def write(
        self,
        defaults: Sequence[Header],
        status: int,
        content_type: bytes | None,
        headers: Sequence[Header],
        body: bytes,
        *,
        keep_alive: bool,
    ) -> bytes:
        """Return the bytes of a response; `defaults` are uvicorn's own headers, a list that it
        replaces once a second.
        """
        if defaults is not self._defaults:
            self._defaults = defaults
            self._beginnings.clear()
        beginning = self._beginnings.get((status, content_type))
        if beginning is None:
            beginning = self._beginnings[status, content_type] = self._begin(status, content_type)
        if keep_alive and len(headers) == 1 and headers[0] is NO_STORE:
            return b"%b%d%b%b" % (beginning, len(body), _END_OF_ORDINARY, body)
        lines = _lines(headers)
        if not keep_alive and CLOSE not in headers:
            lines += _lines((CLOSE,))
        return b"%b%d\r\n%b\r\n%b" % (beginning, len(body), lines, body)

    def _begin(self, status: int, content_type: bytes | None) -> bytes:
        """Return the beginning of a response, up to the value of the first header that varies:
        Content-Length.
        """
        lines = _lines(self._defaults)
        if content_type is not None:
            lines += _lines(((b"content-type", content_type),))
        return STATUS_LINE[status] + lines + b"content-length: "


def _lines(headers: Iterable[Header]) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)
