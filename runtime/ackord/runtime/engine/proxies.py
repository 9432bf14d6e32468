"""The address of a client behind proxies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from ackord.runtime.bounds.shares import NOBODY

UNIX: Final = "unix"
"""The entry of `trusted_proxies` for connections by a Unix socket, which have no address."""

_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip")
"""Headers that proxies set: with one of them, the peer may be a proxy for many clients."""
_RECENT: Final = 256
"""Parsed addresses that are kept."""
MAX_HOPS: Final = 20
"""Proxies between a client and the server: addresses beyond these in ``X-Forwarded-For`` aren't
read.
"""
_LOCAL: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "::/127",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
"""Networks in which a peer may be a proxy for many clients: loopback, private, shared and
link-local addresses.
"""


class TrustedProxies:
    """The proxies that may set ``X-Forwarded-For``, ``-Proto`` and ``-Host``; these headers are
    ignored from any other peer.
    """

    __slots__ = ("_is_local", "_name", "_networks", "_trusts_unix")

    def __init__(self, entries: Sequence[str]) -> None:
        """Take addresses and networks, such as ``"10.0.0.0/8"``, and `UNIX`.

        Raises:
            ValueError: an entry is neither.
        """
        self._trusts_unix = UNIX in entries
        self._networks = [ip_network(entry) for entry in entries if entry != UNIX]
        self._is_local = lru_cache(_RECENT)(_is_local)
        self._name = lru_cache(_RECENT)(_name)

    def peer(self, address: str, headers: Mapping[str, str], *, secure: bool) -> tuple[str, bool]:
        """Return the client's address and whether it came over TLS; `address` and `secure` are
        those of the connection.
        """
        if not self._trusts(address):
            return address, secure
        protocol = headers.get("x-forwarded-proto")
        if protocol is not None:
            secure = protocol.rpartition(",")[2].strip(" \t").lower() in ("https", "wss")
        # Each proxy appends the address that it saw. From the right, the first address that isn't a
        # trusted proxy is the client's; the client may have invented the addresses before it.
        hops = headers.get("x-forwarded-for", "")
        for _ in range(MAX_HOPS):
            if not hops or not self._trusts(address):
                break
            hops, _, hop = hops.rpartition(",")
            client = _parse(hop)
            if client is None:
                break
            address = str(client)
        return address, secure

    def identify(self, connected: str, address: str, headers: Mapping[str, str]) -> str:
        """Return the key by which limits count a client; `connected` is the address of the
        connection, `address` the one that `peer` returned.

        The key is the address; of IPv6 the network of 64 bits, because each customer gets at least
        that. It is `NOBODY` if the address may belong to many clients: the address of a proxy, or
        of a peer that may be one.
        """
        if self._trusts(connected):
            return NOBODY if self._trusts(address) else self._name(address)
        if self._is_local(connected):
            return NOBODY
        if any(name in headers for name in _FORWARDED):
            # The ASGI server may have read the header itself, as a plain uvicorn does for proxies
            # on this machine; then `connected` comes from the header.
            hops = headers.get("x-forwarded-for", "").rsplit(",", MAX_HOPS)[-MAX_HOPS:]
            return self._name(address) if _parse(address) in map(_parse, hops) else NOBODY
        return self._name(address)

    def host(self, address: str, headers: Mapping[str, str]) -> str:
        """Return the host that the client asked for; `address` is that of the connection."""
        forwarded = headers.get("x-forwarded-host") if self._trusts(address) else None
        return (
            headers.get("host", "")
            if forwarded is None
            else forwarded.partition(",")[0].strip(" \t")
        )

    def _trusts(self, address: str) -> bool:
        if not address:
            return self._trusts_unix
        if not self._networks:
            return False
        parsed = _parse(address)
        return parsed is not None and any(parsed in network for network in self._networks)


def _name(address: str) -> str:
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return NOBODY if parsed is None else str(parsed)


def _is_local(address: str) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in _LOCAL)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, which may have a port: ``192.0.2.1:80``, ``[2001:db8::1]:80``."""
    text = text.strip(" \t")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 clients in this form.
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
