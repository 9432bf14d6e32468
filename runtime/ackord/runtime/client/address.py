"""The URL that `connect` takes: a server, and a namespace as its path."""

from __future__ import annotations

from urllib.parse import urlunsplit

from ackord.runtime.engine.client_address import split_url


def split_namespace(url: str) -> tuple[str, str]:
    """Split a URL as `connect` takes it into the server's and the namespace, which is its path."""
    parts = split_url(url)
    return urlunsplit((parts.scheme, parts.netloc, "", parts.query, "")), parts.path or "/"
