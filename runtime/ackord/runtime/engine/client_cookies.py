"""Cookies that a server, or a load balancer in front of it, sets for a client.

A load balancer finds the server of a session by a cookie ("sticky sessions"), so each further
request brings the cookies that answers have set: those of long-polling and of the WebSocket of an
upgrade.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any, Final, cast
from urllib.request import Request

MAX_COOKIES: Final = 50
"""Cookies that are kept; with more, all are forgotten but those of the last answer."""
MAX_COOKIE: Final = 4096
"""Characters of one cookie, attributes included; a longer one is ignored (RFC 6265, 6.1)."""


class Cookies:
    """The cookies of one server, by the rules of RFC 6265 as the standard library has them: path,
    ``Secure``, and age.
    """

    def __init__(self) -> None:
        self._jar = CookieJar()

    def store(self, url: str, headers: Iterable[tuple[str, str]]) -> None:
        """Take the cookies that an answer sets."""
        cookies = [
            value
            for name, value in headers
            if name.lower() == "set-cookie" and len(value) <= MAX_COOKIE
        ]
        if not cookies:
            return
        answer = Message()
        for cookie in cookies:
            answer["Set-Cookie"] = cookie
        if len(self._jar) >= MAX_COOKIES:
            self._jar.clear()
        self._jar.extract_cookies(cast("Any", _Answer(answer)), Request(url))  # noqa: S310  # opens nothing
        if len(self._jar) > MAX_COOKIES:
            self._jar.clear()

    def header(self, url: str) -> str | None:
        """Return the header ``Cookie`` of a request, if it has any."""
        if not len(self._jar):
            return None
        request = Request(url)  # noqa: S310  # opens nothing
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")


class _Answer:
    """What `CookieJar` asks of an answer."""

    def __init__(self, headers: Message) -> None:
        self._headers = headers

    def info(self) -> Message:
        return self._headers
