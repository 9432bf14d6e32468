"""The cookie that tells a load balancer which server a session belongs to."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Final, Literal

from ackord.runtime.engine.fields import TOKEN
from ackord.runtime.errors import UsageError
from ackord.runtime.option_values import check_values

_PATH: Final = re.compile(r"/[\x20-\x3a\x3c-\x7e]*")
_DOMAIN: Final = re.compile(
    r"\.?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie with the session id, sent with the first polling response; the server itself never
    reads it.

    Raises:
        UsageError: a value can't stand in a ``Set-Cookie`` header (RFC 6265, 4.1.1), or browsers
            would refuse the cookie.
    """

    name: str = "io"
    path: str | None = "/"
    domain: str | None = None
    http_only: bool = True
    """Whether the cookie is hidden from scripts."""
    secure: bool = False
    """Whether the cookie is sent over TLS only."""
    same_site: Literal["strict", "lax", "none"] | None = "lax"
    """Which cross-site requests carry the cookie; ``"none"`` needs `secure`."""
    max_age: int | None = None
    """Seconds for which the browser keeps the cookie; `None` for as long as the browser runs."""

    def __post_init__(self) -> None:
        """Check the values: they become part of a header."""
        check_values(asdict(self), Cookie, signed=("max_age",))
        if not TOKEN.fullmatch(self.name):
            raise UsageError(f"{self.name!r} can't name a cookie")
        if self.path is not None and not _PATH.fullmatch(self.path):
            raise UsageError(
                f"{self.path!r} can't be the path of a cookie: it must begin with a slash and "
                "hold no semicolon"
            )
        if self.domain is not None and not _DOMAIN.fullmatch(self.domain):
            raise UsageError(f"{self.domain!r} can't be the domain of a cookie")
        if self.same_site == "none" and not self.secure:
            raise UsageError(
                "same_site='none' needs secure=True: browsers refuse such a cookie otherwise"
            )

    def header(self, sid: str) -> str:
        """Return the value of ``Set-Cookie`` for a session."""
        parts = [f"{self.name}={sid}"]
        if self.max_age is not None:
            parts.append(f"Max-Age={int(self.max_age)}")
        if self.domain is not None:
            parts.append(f"Domain={self.domain}")
        if self.path is not None:
            parts.append(f"Path={self.path}")
        if self.http_only:
            parts.append("HttpOnly")
        if self.secure:
            parts.append("Secure")
        if self.same_site is not None:
            parts.append(f"SameSite={self.same_site.capitalize()}")
        return "; ".join(parts)
