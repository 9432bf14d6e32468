"""Origins of web pages and native clients, and hosts of requests, in one form for comparison (RFC
6454).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address
from typing import Final, Literal, NamedTuple, TypeAlias

Origins: TypeAlias = (
    Literal[True]
    | str
    | re.Pattern[str]
    | Sequence[str | re.Pattern[str]]
    | Callable[[str], bool]
    | None
)
"""Origins that are allowed.

`None` allows none but the server's own; ``"*"`` tells browsers that anybody may, without
credentials; `True` allows each origin by its name. Otherwise an origin, a pattern that must match
the whole of it, a sequence of both, or a function that decides. Origins are compared without regard
to case, a default port, or a dot at the end of the host; `ws` counts as `http`, `wss` as `https`.
"""

_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_PAGES: Final = {"ws": "http", "wss": "https"}
"""The scheme of a page for the scheme of a WebSocket: native clients send the latter."""
_LAST_PORT: Final = 65_535
_HOST: Final = r"(\[[0-9a-f:.]+\]|[^][/?#@:\\\s]+)(?::([0-9]{0,5}))?"
_AUTHORITY: Final = re.compile(_HOST, re.ASCII | re.IGNORECASE)
_ORIGIN: Final = re.compile(rf"([a-z][a-z0-9+.-]*)://{_HOST}/?", re.ASCII | re.IGNORECASE)


_WITHOUT_HOST: Final = re.compile(
    r"(?!(?:http|ws)s?:)[a-z][a-z0-9+.-]*:/*", re.ASCII | re.IGNORECASE
)
"""Origins without a host, as clients on devices send them: ``file://``."""


class Origin(NamedTuple):
    """An origin in its normal form."""

    scheme: str
    """The scheme of the page: ``http`` for ``ws``, ``https`` for ``wss``."""
    host: str
    """In lower case, without the brackets of IPv6 and without a dot at the end."""
    port: int | None
    """The port, also if it is the default of the scheme; `None` for a scheme that has no
    default.
    """


def parse_origin(text: str) -> Origin | None:
    """Return the origin, or `None` for a text without a host, such as ``null`` and ``file://``."""
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return None
    scheme = found[1].lower()
    place = _parse_place(found[2], found[3], _PORTS.get(scheme))
    return None if place is None else Origin(_PAGES.get(scheme, scheme), *place)


def is_origin(text: str) -> bool:
    """Whether a page, or a client on a device, can send this origin; true for ``*`` as well."""
    if text in {"*", "null"}:
        return True
    parsed = parse_origin(text)
    return (
        _WITHOUT_HOST.fullmatch(text) is not None
        if parsed is None
        else "*" not in parsed.host and "," not in parsed.host
    )


def is_from(origin: str, host: str) -> bool:
    """Whether a page of this origin came from this host; a host has a port unless the port is the
    default.

    The scheme may have changed at a proxy that ends TLS: a host without a port is taken for that of
    the origin's own scheme.
    """
    page, asked = parse_origin(origin), _AUTHORITY.fullmatch(host)
    if page is None or asked is None:
        return False
    return (page.host, page.port) == _parse_place(asked[1], asked[2], _PORTS.get(page.scheme))


def parse_host(text: str, *, with_port: bool = True) -> str | None:
    """Return the host of a header Host, in the form of `Origin.host`, or `None` if the text is
    none.
    """
    if not with_port and text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    found = _AUTHORITY.fullmatch(text.strip(" \t"))
    if found is None or (found[2] is not None and not with_port):
        return None
    place = _parse_place(found[1], found[2], None)
    return None if place is None else place[0]


def _parse_place(host: str, port: str | None, default: int | None) -> tuple[str, int | None] | None:
    number = int(port) if port else default
    if number is not None and number > _LAST_PORT:
        return None
    if not host.startswith("["):
        return host.lower().removesuffix("."), number
    try:
        return str(IPv6Address(host[1:-1])), number
    except ValueError:
        return None
