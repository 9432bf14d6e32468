"""The client's side of connection state recovery (Socket.IO's documentation)."""

from __future__ import annotations

import re
from typing import Any, Final

_LAST_STRING: Final = re.compile(r'[,\[]"([^"\\]*)"\]$')
_LONGEST_OFFSET: Final = 100


class ClientRecovery:
    """The private id that the server gave, and the offset of the latest event: the last argument of
    events that may be replayed.
    """

    __slots__ = ("_offset", "_pid")

    def __init__(self) -> None:
        self._pid: str | None = None
        self._offset: str | None = None

    def connect_members(self) -> dict[str, str]:
        """Return what goes into the payload of CONNECT."""
        members = {"pid": self._pid, "offset": self._offset}
        return (
            {key: value for key, value in members.items() if value is not None}
            if self._pid is not None
            else {}
        )

    def join(self, pid: Any) -> bool:
        """Note the private id that CONNECT was answered with; tell whether it is the one from
        before.
        """
        known = self._pid is not None and pid == self._pid
        self._pid = pid if isinstance(pid, str) else None
        if not known:
            self._offset = None
        return known

    def note(self, payload: str) -> None:
        """Note the offset that stands at the end of an event's JSON array, if one does."""
        if self._pid is None or not payload.endswith('"]'):
            return
        found = _LAST_STRING.search(payload, max(0, len(payload) - _LONGEST_OFFSET))
        if found is not None:
            self._offset = found[1]
