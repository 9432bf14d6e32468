"""Turns of the event loop, to find writes of the same turn."""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary, ref


class Turns:
    """Tells whether two writes happened in the same turn of an event loop; `turns_of` returns the
    one of a loop.
    """

    __slots__ = ("_loop", "current")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = ref(loop)
        self.current: object | None = None
        """An object that stands for the present turn; `None` as long as nothing was written in
        it.
        """

    def begin(self) -> object:
        """Make `current`, which stays until the loop's next turn."""
        self.current = object()
        loop = self._loop()
        if loop is not None:
            loop.call_soon(self._end)
        return self.current

    def _end(self) -> None:
        self.current = None


_TURNS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Turns]] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """Return the turns of an event loop, the same object for all connections in it, so that one
    callback a turn is enough.
    """
    turns = _TURNS.get(loop)
    if turns is None:
        turns = _TURNS[loop] = Turns(loop)
    return turns
