"""One connection to Redis, which is made again when it is lost.

The library redis-py connects and authenticates. Commands are written here, without waiting for the
replies of earlier ones, and all those of one turn of the event loop at once.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

from ackord.runtime.adapters.redis.library import (
    Backoff,
    Connection,
    RedisError,
    make_connection,
)
from ackord.runtime.errors import ClusterError
from ackord.runtime.logs.limited import LimitedLog

MAX_WAITING: Final = 10_000
"""Commands that may wait for their replies."""
MAX_WAITING_BYTES: Final = 64_000_000
"""Bytes of commands that may wait to be written."""
PING_INTERVAL: Final = 5.0
"""Seconds without a reply after which the connection is tried; after as many again it is lost."""

Argument: TypeAlias = str | bytes | int
Take: TypeAlias = Callable[[Any], None]
"""Takes a message that Redis sends by itself."""


class RedisLink:
    """A connection to Redis; `call` sends commands whose replies are awaited, `send` those of
    subscriptions, whose replies come to `take`, as all messages of them do.
    """

    __slots__ = (
        "_connection",
        "_ended",
        "_has_news",
        "_is_tried",
        "_log",
        "_mended",
        "_outgoing",
        "_outgoing_bytes",
        "_running",
        "_take",
        "_timer",
        "_unsent",
        "_url",
        "_waiting",
        "purpose",
    )

    def __init__(
        self,
        url: str,
        purpose: str,
        log: LimitedLog,
        *,
        take: Take | None = None,
        mended: Callable[[], object] | None = None,
    ) -> None:
        """Begin without a connection.

        Args:
            url: As redis-py takes it: ``redis://``, ``rediss://`` for TLS, ``unix://``.
            purpose: What the connection is for, for the log.
            log: Told when the connection is lost and mended.
            take: Takes what isn't the reply of a `call`; without it, every reply is one.
            mended: Called after each connection but the first; doesn't wait, since replies are read
                afterwards.
        """
        self.purpose = purpose
        self._url = url
        self._log = log
        self._take = take
        self._mended = mended
        self._connection: Connection | None = None
        self._running: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[Exception] | None = None  # why the connection is lost
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._outgoing: list[bytes] = []
        self._outgoing_bytes = 0
        self._has_news = False
        self._is_tried = False
        self._unsent = 0

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    async def open(self) -> None:
        """Connect.

        Raises:
            ClusterError: Redis can't be reached, or refuses.
        """
        try:
            await self._connect()
        except (RedisError, OSError, ValueError) as error:
            raise ClusterError(f"Redis can't be reached: {error}") from error
        self._running = asyncio.get_running_loop().create_task(self._run())
        self._watch()

    async def close(self) -> None:
        """Disconnect; commands that wait fail."""
        running, connection = self._running, self._connection
        self._flush()
        self._stop("the connection to Redis is closed")
        if running is not None:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        if connection is not None:
            connection.close()

    def discard(self) -> None:
        """Forget the connection: its event loop has ended."""
        self._waiting.clear()
        self._stop("")

    def call(self, *arguments: Argument) -> asyncio.Future[Any]:
        """Send a command; the future has the reply, with texts as bytes.

        The future has a `ClusterError` if there is no connection, if the connection is lost before
        the reply, if too much waits, or if Redis refuses the command.
        """
        return self._call((arguments,))

    def transact(self, *commands: tuple[Argument, ...]) -> asyncio.Future[list[Any]]:
        """Send commands that Redis performs together; the future has the list of their replies, or
        an error as that of `call`.
        """
        return self._call((("MULTI",), *commands, ("EXEC",)))

    def _call(self, commands: Sequence[tuple[Argument, ...]]) -> asyncio.Future[Any]:
        """Send all commands or none: after a MULTI without EXEC, Redis performs nothing more. The
        future has the last reply.
        """
        loop = asyncio.get_running_loop()
        replies: list[asyncio.Future[Any]] = [loop.create_future() for _ in commands]
        if self._connection is None:
            why = "there is no connection to Redis at present"
        elif (
            len(self._waiting) + len(commands) > MAX_WAITING
            or self._outgoing_bytes + self._connection.unsent > MAX_WAITING_BYTES
        ):
            why = "Redis is too slow: more waits than is allowed"
        else:
            self._waiting += replies
            for arguments in commands:
                self._write(arguments)
            for reply in replies[:-1]:
                reply.add_done_callback(ignore)
            return replies[-1]
        self._unsent += len(commands)
        replies[-1].set_exception(ClusterError(why))
        return replies[-1]

    def send(self, *arguments: Argument) -> None:
        """Send a command about subscriptions, if there is a connection."""
        if self._connection is not None:
            self._write(arguments)

    def _write(self, arguments: Iterable[Argument]) -> None:
        command = encode_command(arguments)
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(command)
        self._outgoing_bytes += len(command)

    def _flush(self) -> None:
        commands, self._outgoing, self._outgoing_bytes = self._outgoing, [], 0
        if self._connection is not None and commands:
            self._connection.write(commands)

    def _receive(self, reply: Any) -> None:
        self._has_news = True
        if self._take is not None:
            self._take(reply)
        elif self._waiting:
            settle(self._waiting.popleft(), reply)

    # The connection's life

    async def _run(self) -> None:
        while self._ended is not None:
            error = await self._ended
            lost_at = asyncio.get_running_loop().time()
            self._log.write_warning(
                "lost",
                self.purpose,
                f"The connection to Redis for {self.purpose} is lost; it is tried again: {error}",
            )
            await self._connect_again()
            seconds = asyncio.get_running_loop().time() - lost_at
            unsent, self._unsent = self._unsent, 0
            self._log.write_warning(
                "mended",
                self.purpose,
                f"The connection to Redis for {self.purpose} is back after {seconds:.1f} s; "
                f"{unsent:,} commands weren't sent meanwhile",
            )
            if self._mended is not None:
                self._mended()

    async def _connect(self) -> None:
        ended: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._connection = await make_connection(
            self._url, self._receive, lambda error: self._lost(ended, error)
        )
        self._ended = ended

    def _lost(self, ended: asyncio.Future[Exception], error: Exception) -> None:
        if self._ended is ended:
            self._connection = None
            self._forget(f"the connection to Redis is lost: {error}")
            ended.set_result(error)

    async def _connect_again(self) -> None:
        backoff = Backoff()
        while self._connection is None:
            await asyncio.sleep(backoff.next())
            with suppress(RedisError, OSError, ValueError):
                await self._connect()
        self._has_news, self._is_tried = True, False

    def _watch(self) -> None:
        """Find a connection that is dead without having been closed."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(PING_INTERVAL * random.uniform(0.9, 1.1), self._watch)  # noqa: S311  # spreads the load
        if self._connection is None:
            return
        if self._has_news:
            self._has_news = self._is_tried = False
        elif self._is_tried:
            self._connection.abort()
        else:
            self._is_tried = True
            if self._take is None:
                self.call("PING").add_done_callback(ignore)
            else:
                self.send("PING")

    def _stop(self, why: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._connection = self._running = self._ended = None
        self._forget(why)

    def _forget(self, why: str) -> None:
        """Fail the commands that wait."""
        waiting, self._waiting = self._waiting, deque()
        self._outgoing, self._outgoing_bytes = [], 0
        self._unsent += len(waiting)
        for reply in waiting:
            settle(reply, ClusterError(why))


def encode_command(arguments: Iterable[Argument]) -> bytes:
    """Write a command as Redis's protocol has it: an array of texts."""
    parts = [
        part if isinstance(part, bytes) else str(part).encode("utf-8", "replace")
        for part in arguments
    ]
    pieces = [b"*%d\r\n" % len(parts)]
    for part in parts:
        pieces += (b"$%d\r\n" % len(part), part, b"\r\n")
    return b"".join(pieces)


def settle(future: asyncio.Future[Any], reply: Any) -> None:
    """Give a reply, or the error that came in its place, to who waits for it."""
    if future.done():
        return
    if isinstance(reply, ClusterError):
        future.set_exception(reply)
    elif isinstance(reply, Exception):
        future.set_exception(ClusterError(f"Redis refused a command: {reply}"))
    else:
        future.set_result(reply)


def ignore(future: asyncio.Future[Any]) -> None:
    """Take notice of an error that nobody waits for."""
    if not future.cancelled():
        future.exception()
