"""A stranger connects, and has what is due to everybody, while somebody at another address tries to
use up what belongs to all.

Handshakes and connections are in tests/runtime/hosting/test_shared_limits.py.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Limits, Server, Socket
from ackord.runtime.testing import RawPeer

from tests.runtime.server.stage import play

ATTACKER, STRANGER = "203.0.113.1", "203.0.113.2"
TENANTS = 40
SLOW = 1e6
"""Seconds that a hook takes: longer than any test."""


class Stage:
    """A server behind a proxy, with clients at several addresses."""

    def __init__(self, server: Server, link: Any) -> None:
        self.server = server
        self._link = link
        self.told: list[str] = []

    async def join(
        self, address: str, namespace: str = "/", auth: str = ""
    ) -> tuple[RawPeer, list[str]]:
        """Connect and join; return what came up to the answer, which is the last."""
        peer = await self._link.raw(headers={"X-Forwarded-For": address})
        await peer.receive_text()
        return peer, await enter(peer, namespace, auth)


async def enter(peer: RawPeer, namespace: str, auth: str = "") -> list[str]:
    prefix = "" if namespace == "/" else f"{namespace},"
    await peer.send(f"40{prefix}{auth}")
    came = [await peer.receive_text()]
    while not came[-1].startswith((f"40{prefix}", f"44{prefix}")):
        came.append(await peer.receive_text())
    return came
