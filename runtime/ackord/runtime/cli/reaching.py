"""Tells whether there is a Socket.IO server, before ``ackord explore`` says that it is ready."""

from __future__ import annotations

import json
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import httpx2
from ackord.runtime.cli.outcome import FAILED, fail
from ackord.runtime.cli.proxy.upstream import CONNECT_TIMEOUT, Upstream

_OPEN: Final = "0{"
"""How the packet begins that answers the handshake of Engine.IO."""


def check_server(upstream: Upstream) -> None:
    """Exit with a clear message unless a Socket.IO server answers.

    A server that refuses long-polling, or this client, is one, too.
    """
    url = upstream.address(b"EIO=4&transport=polling")
    headers = upstream.request_headers(())
    try:
        with httpx2.Client(timeout=CONNECT_TIMEOUT, headers=headers, trust_env=False) as client:
            response = client.get(url)
            if response.status_code == HTTPStatus.OK and response.text.startswith(_OPEN):
                with suppress(ValueError, KeyError, httpx2.HTTPError):
                    sid = json.loads(response.text[1:])["sid"]
                    client.post(f"{url}&sid={sid}", content=b"1")
                return
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        fail(f"no server can be reached at {upstream.url}: {error}", FAILED)
    if not _is_refusal(response.text):
        fail(
            f"no Socket.IO server answers at {upstream.url}{upstream.path} (status "
            f"{response.status_code}); give its path by --path",
            FAILED,
        )


def _is_refusal(text: str) -> bool:
    """Whether an answer is a refusal of Engine.IO: ``{"code":0,"message":"Transport unknown"}``."""
    try:
        answer = json.loads(text)
    except ValueError:
        return False
    return isinstance(answer, dict) and {"code", "message"} <= answer.keys()
