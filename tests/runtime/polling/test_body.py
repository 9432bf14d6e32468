"""Bodies of long-polling, as an ASGI server hands them over."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest
from ackord.runtime.asgi_types import Message
from ackord.runtime.polling.body import (
    BodyTooLargeError,
    BodyUnwantedError,
    RequestAbortedError,
    read_body,
)


class Body:
    """Comes in parts."""

    def __init__(self, part: bytes, times: int, last: Message | None) -> None:
        self.left = times
        self._part = part
        self._last = last

    async def receive(self) -> Message | None:
        if self.left == 0:
            return self._last
        self.left -= 1
        return {"type": "http.request", "body": self._part, "more_body": True}


END: Message = {"type": "http.request", "body": b"", "more_body": False}


def test_a_body_is_all_of_its_parts() -> None:
    for times in (0, 1, 2, 7):
        assert (
            asyncio.run(read_body(Body(b"ab", times, END).receive, declared=None, limit=14))
            == b"ab" * times
        )


def test_a_body_in_many_parts_takes_little_more_memory_than_its_bytes() -> None:
    body = Body(b"ab", 200_000, END)
    tracemalloc.start()
    try:
        assert len(asyncio.run(read_body(body.receive, declared=None, limit=400_000))) == 400_000
        assert tracemalloc.get_traced_memory()[1] < 1_500_000
    finally:
        tracemalloc.stop()


def test_no_more_is_read_of_a_body_than_it_may_have() -> None:
    body = Body(b"ab", 100, END)
    with pytest.raises(BodyTooLargeError):
        asyncio.run(read_body(body.receive, declared=None, limit=5))
    assert body.left == 97
    with pytest.raises(BodyTooLargeError):
        asyncio.run(read_body(body.receive, declared=b"6", limit=5))
    assert body.left == 97


def test_a_body_whose_client_goes_and_one_that_nobody_wants_are_told_apart() -> None:
    with pytest.raises(RequestAbortedError):
        asyncio.run(
            read_body(Body(b"ab", 1, {"type": "http.disconnect"}).receive, declared=b"4", limit=5)
        )
    with pytest.raises(BodyUnwantedError):
        asyncio.run(read_body(Body(b"ab", 1, None).receive, declared=b"4", limit=5))
