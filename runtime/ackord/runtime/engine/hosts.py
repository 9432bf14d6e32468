"""The option `allowed_hosts`: against DNS rebinding, where a page of another site has its own name
point to this server, requests for other hosts are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ackord.runtime.engine.origins import parse_host

ANY: Final = "*"
"""The entry of `allowed_hosts` that allows any host."""

_NAME: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]+")


class AllowedHosts:
    """The allowed hosts, compared without the port."""

    __slots__ = ("_domains", "_names", "is_open")

    def __init__(self, patterns: Sequence[str] | None) -> None:
        """Take names and addresses, domains with their subdomains as ``".example.org"``, and `ANY`;
        `None` stands for `ANY`.

        Raises:
            ValueError: a pattern is no host.
        """
        self.is_open = patterns is None or ANY in patterns
        """Whether every host is allowed."""
        named = [
            (pattern[:1] == ".", _parse(pattern)) for pattern in patterns or () if pattern != ANY
        ]
        self._names = frozenset(name for _, name in named)
        self._domains = tuple(f".{name}" for is_domain, name in named if is_domain)

    def allows(self, host: str) -> bool:
        """Whether a request with this header Host is allowed."""
        if self.is_open:
            return True
        name = parse_host(host)
        return (
            name is not None
            and name[:1] != "."
            and (name in self._names or name.endswith(self._domains))
        )


def _parse(pattern: str) -> str:
    name = parse_host(pattern.removeprefix("."), with_port=False)
    if name is None or not _NAME.fullmatch(name):
        raise ValueError(
            f"{pattern!r} is no host: one is a name or an address without scheme, port and "
            "path, such as 'example.org' or '.example.org', in ASCII"
        )
    return name
