"""HTTP requests by the `httpx2` library, which only the extra `client` installs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from typing import Final, Literal

import httpx2
from ackord.runtime.engine.client_address import without_secrets
from ackord.runtime.engine.client_transport import HttpClient, HttpResponse, TransportLostError
from ackord.runtime.logs.text import printable
from typing_extensions import override

_MAX_SHOWN: Final = 300
_IDLE: Final = 4.0
"""Seconds after which an idle connection isn't used again: servers, Node's and uvicorn among them,
close theirs after 5.
"""


class NetworkHttpClient(HttpClient):
    """An `httpx2` client: two connections that are kept, TLS, proxies, decompression.

    The library's own cookies are off, as the WebSocket needs them too
    (`ackord.runtime.engine.client_cookies`); so are redirects, and time limits, which the session
    has.
    """

    def __init__(self, *, ssl: SSLContext | None, proxy: str | Literal[True] | None) -> None:
        """Take what TLS is done with, `None` for no TLS, and the proxy as
        `EngineClientOptions.proxy` has it.
        """
        self._client = httpx2.AsyncClient(
            verify=False if ssl is None else ssl,  # without TLS nothing is verified
            proxy=proxy if isinstance(proxy, str) else None,
            trust_env=proxy is True,
            timeout=None,  # the session's
            follow_redirects=False,
            headers={"Accept-Encoding": "gzip, deflate"},  # those that are decompressed in steps
            limits=httpx2.Limits(
                max_connections=3, max_keepalive_connections=2, keepalive_expiry=_IDLE
            ),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    @override
    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        max_body: int,
    ) -> HttpResponse:
        try:
            async with self._client.stream(
                method, url, headers=dict(headers), content=body
            ) as response:
                return HttpResponse(
                    response.status_code,
                    [(name, value) for name, value in response.headers.multi_items()],
                    await _read(response, url, max_body),
                )
        except httpx2.ConnectError as error:
            raise TransportLostError(
                "transport error",
                f"can't connect to {without_secrets(url)}: {_words(error)}",
                is_final=True,
            ) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise TransportLostError(
                "transport error", f"no answer from {without_secrets(url)}: {_words(error)}"
            ) from error

    @override
    async def close(self) -> None:
        await self._client.aclose()


async def _read(response: httpx2.Response, url: str, max_body: int) -> bytes:
    """Read a body as it comes, and no more of it than `max_body` bytes."""
    pieces: list[bytes] = []
    size = 0
    async with aclosing(response.aiter_bytes()) as body:
        async for piece in body:
            size += len(piece)
            if size > max_body:
                raise TransportLostError(
                    "transport error",
                    f"the answer of {without_secrets(url)} has more than the {max_body:,} bytes "
                    "that the option max_message allows",
                    is_final=True,
                )
            pieces.append(piece)
    return b"".join(pieces)


def _words(error: Exception) -> str:
    """Return the library's words for an error, but none of the server's."""
    if isinstance(error, httpx2.RemoteProtocolError):
        is_end = "closed" in str(error) or "disconnected" in str(error)
        return "the connection was closed before the end" if is_end else "that isn't HTTP"
    return printable(str(error)[:_MAX_SHOWN]) or type(error).__name__
