"""Finds the request of another worker's session among the bytes of a client.

The HTTP parser doesn't tell where in a read a request begins, and it can't give bytes back. So the
bytes are looked through before they are parsed, from one beginning of a request to the next one.
Only what ordinary clients send is understood; the parser decides about everything else. The caller
must check that the parser expects a request where one was found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from ackord.runtime.engine.worker_tag import worker_of
from ackord.runtime.polling.request import MAX_QUERY_STRING, parse_query

MAX_LINE: Final = 20_480
"""Bytes of a request line that is waited for: more than `MAX_QUERY_STRING`."""
MAX_HEAD: Final = 65_536
"""Bytes of a head that is waited for; the parser refuses larger ones."""

_LINE: Final = re.compile(rb"(?:\r\n)*[A-Z]{1,20} (/[!-~]*) HTTP/1\.[01]\r\n")
_BEGUN: Final = re.compile(rb"(?:\r\n)*\r?[A-Z]{0,20}(?: (?:/[!-~]*(?: [A-Z/0-9.]{0,8}\r?)?)?)?")
_FRAMING: Final = re.compile(
    rb"\r\n(?:content-length[ \t]*:[ \t]*([0-9]{1,15})[ \t]*(?=\r\n)"
    rb"|transfer-encoding[ \t]*:|upgrade[ \t]*:)",
    re.IGNORECASE,
)
_PLAIN_SID: Final = re.compile(rb"[?&]sid=[A-Za-z0-9_.~-]*\.(0|[1-9][0-9]{0,2})(?=&|\Z)")


class Found(NamedTuple):
    """How far the bytes of a read belong to this worker."""

    stop: int
    """The number of bytes that the parser may have now."""
    owner: int | None = None
    """The worker that the request after these bytes belongs to; `None`: it is this worker's, or has
    to be waited for because its head is cut.
    """
    rest: int | None = None
    """How many bytes of the last request's body are still to come; `None`: not known."""


@dataclass(frozen=True, slots=True)
class RequestFinder:
    """Looks for requests that belong to other workers."""

    number: int
    """The worker that reads."""
    workers: int
    path: bytes
    """The path of Socket.IO, without a slash at its end; it may stand anywhere in a request's path,
    because the server may be mounted.
    """

    def find(self, data: bytes, at: int = 0) -> Found:
        """Look through a read in which a request begins at `at`."""
        size = len(data)
        while at < size:
            line = _LINE.match(data, at)
            if line is None:
                if is_cut(data, at):
                    return Found(at)
                return Found(size)  # nothing but empty lines, or what the parser refuses
            owner = self.owner_of(line[1])
            if owner is not None:
                return Found(at, owner)
            head = line.end() - 2
            end = data.find(b"\r\n\r\n", head)
            if end < 0:
                return Found(at if size - at <= MAX_HEAD else size)
            if end + 4 == size and data.startswith(b"GET ", at):
                return Found(size)  # as most are; the parser tells if it has a body
            length = 0
            for field in _FRAMING.finditer(data, head, end + 2):
                if field[1] is None:
                    return Found(size)
                length = int(field[1])
            at = end + 4 + length
        return Found(size, rest=at - size)

    def owner_of_first(self, data: bytes) -> int | None:
        """Return the worker that the first request of a connection belongs to, if not this one."""
        line = _LINE.match(data)
        return None if line is None else self.owner_of(line[1])

    def opens_session(self, data: bytes) -> bool:
        """Whether the first request of a connection begins a session, so that any worker may have
        it.
        """
        line = _LINE.match(data)
        return line is not None and self.path in line[1] and b"sid=" not in line[1]

    def owner_of(self, target: bytes) -> int | None:
        """Return the worker that a request belongs to, `None` if it is this one."""
        path, _, query = target.partition(b"?")
        if self.path not in path or len(query) > MAX_QUERY_STRING:
            return None
        plain = _PLAIN_SID.search(target)
        if plain is not None and target.count(b"sid=") == 1 and b"%" not in query:
            owner: int | None = int(plain[1])
        else:
            owner = worker_of(parse_query(query.decode("latin-1")).get("sid", ""))
        if owner is None or owner == self.number or owner >= self.workers:
            return None
        return owner


def is_cut(data: bytes, at: int = 0) -> bool:
    """Whether the bytes from `at` on are the beginning of a request line."""
    if len(data) - at > MAX_LINE or not data[at:].strip(b"\r\n"):
        return False
    return _BEGUN.fullmatch(data, at) is not None
