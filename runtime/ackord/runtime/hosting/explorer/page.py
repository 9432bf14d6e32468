"""The page as it is served: one file without any part from elsewhere, and its headers.

The content security policy names the page's own script and style by their hashes, so nothing else
runs on it. It also demands trusted types, of which the page makes none: the browser refuses every
attempt to parse text as HTML.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("page.html")
_SCRIPT: Final = re.compile(rb'<script type="module">(.*?)</script>', re.DOTALL)
_STYLE: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)

SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""Headers of the page and of its data."""


@dataclass(frozen=True, slots=True)
class Page:
    """The page in both forms."""

    html: bytes
    compressed: bytes
    """The page in gzip's form."""
    policy: bytes
    """The content security policy."""


@cache
def load_page() -> Page:
    """Read the page when it is asked for the first time."""
    html = _FILE.read_bytes()
    policy = (
        f"default-src 'none'; script-src {_hashes(_SCRIPT, html)}; "
        f"style-src {_hashes(_STYLE, html)}; connect-src 'self'; img-src blob: data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return Page(html, gzip.compress(html, mtime=0), policy.encode())


def _hashes(pattern: re.Pattern[bytes], html: bytes) -> str:
    digests = [hashlib.sha256(found).digest() for found in pattern.findall(html)]
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
