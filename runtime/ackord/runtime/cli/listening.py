"""What ``ackord listen`` does."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from ackord.runtime.cli.opening import OpeningEvents
from ackord.runtime.cli.outcome import ANSWERED, ERROR_ANSWERED, FAILED, say
from ackord.runtime.cli.peer import Peer, run
from ackord.runtime.cli.values import check_stdin, show, write_line
from ackord.runtime.engine.client_options import TransportName
from ackord.runtime.errors import AckordError, ConnectRefusedError


def print_events(
    url: str,
    namespace: str,
    names: Sequence[str],
    *,
    opening: Sequence[str],
    count: int | None,
    duration: float | None,
    reconnect: bool,
    timeout: float,
    contract: Path | None,
    auth: str | None,
    headers: Sequence[str],
    query: Sequence[str],
    path: str,
    transports: Sequence[TransportName],
) -> None:
    """Print events until the end that is asked for, or that the server brings about."""
    check_stdin([auth])
    peer = Peer(
        url,
        namespace,
        auth=auth,
        headers=headers,
        query=query,
        path=path,
        transports=transports,
        timeout=timeout,
        contract=contract,
        reconnection=reconnect,
    )
    if peer.described is not None:
        peer.described.check_received(names)
    listening = _Listening(peer, names, count, OpeningEvents(peer, opening, timeout))
    run(listening.run(duration), interrupted=ANSWERED)
    raise click.exceptions.Exit(listening.code)


class _Listening:
    """Prints the events of one namespace, and says what happens to the connection."""

    def __init__(
        self, peer: Peer, names: Sequence[str], count: int | None, opening: OpeningEvents
    ) -> None:
        self._peer = peer
        self._opening = opening
        self._sending: asyncio.Task[None] | None = None
        self._refused: int | None = None
        self._names = frozenset(names)
        self._missing = count
        self._is_valid = True
        self._has_joined = False
        self._over = asyncio.Event()
        self._error: Exception | None = None

    @property
    def code(self) -> int:
        """The exit code, if the end is one that was asked for."""
        if self._refused is not None:
            return self._refused
        if self._missing:
            return FAILED
        return ANSWERED if self._is_valid else ERROR_ANSWERED

    async def run(self, duration: float | None) -> None:
        """Connect, and print until the end."""
        socket = self._peer.socket
        # Before the namespace is joined: the first events may come with the answer to CONNECT.
        socket.on_any(self._print)
        socket.on("connect", self._connected)
        socket.on("connect_error", self._failed_to_connect)
        socket.on("disconnect", self._disconnected)
        try:
            await self._peer.connect()
            with suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._over.set)
            with suppress(TimeoutError):
                async with asyncio.timeout(duration):
                    await self._over.wait()
        finally:
            # The listeners stay: events that nobody listens for would be logged.
            self._over.set()
            if self._sending is not None:
                self._sending.cancel()
            await socket.disconnect()
        if isinstance(self._error, AckordError):
            self._peer.fail(self._error)
        if self._error is not None:
            raise self._error

    def _print(self, name: str, *values: Any) -> None:
        if self._over.is_set() or (self._names and name not in self._names):
            return
        described = self._peer.described
        problem = None if described is None else described.problem_of(name, values)
        try:
            write_line(show({"event": name, "args": list(values)}))
        except OSError as error:
            self._end(error)
            return
        if problem is not None:
            self._is_valid = False
            say(f"event {name!r} isn't as declared: {problem}")
        if self._missing is not None:
            self._missing -= 1
            if not self._missing:
                self._over.set()

    def _connected(self) -> None:
        if not self._peer.socket.recovered:
            self._sending = asyncio.create_task(self._open())
        if not self._has_joined:
            self._has_joined = True
            return
        self._peer.compare_versions()
        missed = "no event was missed" if self._peer.socket.recovered else "events may be missing"
        say(f"connected again; {missed}")

    async def _open(self) -> None:
        try:
            self._refused = await self._opening.send()
        except AckordError as error:
            self._end(error)
        if self._refused is not None:
            self._over.set()

    def _failed_to_connect(self, error: AckordError) -> None:
        if not self._has_joined:
            return  # `connect` raises it
        if isinstance(error, ConnectRefusedError):
            self._end(error)
        else:
            say(f"not connected: {error}")

    def _disconnected(self, reason: str, description: str | None) -> None:
        words = reason if description is None else f"{reason}: {description}"
        if self._over.is_set():
            return
        if self._peer.socket.active:
            say(f"the connection was lost ({words}); connecting again")
        else:
            say(f"disconnected ({words})")
            self._missing = self._missing or 1
            self._over.set()

    def _end(self, error: Exception) -> None:
        self._error = error
        self._over.set()
