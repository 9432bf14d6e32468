"""The request of another worker's session among the bytes of a client."""

from __future__ import annotations

import pytest
from ackord.runtime.engine.worker_tag import tag_of, worker_of
from ackord.runtime.hosting.workers.requests import Found, RequestFinder, is_cut
from hypothesis import given
from hypothesis import strategies as st

FINDER = RequestFinder(0, 3, b"/socket.io")


def request(owner: int | None, body: bytes = b"", path: str = "/socket.io/") -> bytes:
    sid = "" if owner is None else f"&sid=abc.{owner}"
    return (
        f"POST {path}?EIO=4{sid} HTTP/1.1\r\nHost: x\r\ncontent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


@given(
    st.lists(st.tuples(st.sampled_from([None, 0, 1, 2, 3]), st.binary(max_size=30)), max_size=6),
    st.data(),
)
def test_the_first_request_of_another_worker_is_found_wherever_the_bytes_are_cut(
    requests: list[tuple[int | None, bytes]], data: st.DataObject
) -> None:
    written = [request(owner, body) for owner, body in requests]
    stream = b"".join(written)
    expected = next((at for at, (owner, _) in enumerate(requests) if owner in {1, 2}), None)
    begin = None if expected is None else sum(map(len, written[:expected]))
    cut = data.draw(st.integers(0, len(stream)))
    first = FINDER.find(stream[:cut])
    if first.owner is not None:
        assert first.stop == begin
        return
    rest = first.rest or 0
    assert first.stop == cut or stream[first.stop : cut].startswith(b"POST"[: cut - first.stop])
    later = stream[first.stop :]
    if rest < len(later):
        found = FINDER.find(later, rest)
        assert (found.owner is None) == (begin is None)
        if begin is not None and expected is not None:
            assert (first.stop + found.stop, found.owner) == (begin, requests[expected][0])
    else:
        assert begin is None


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", Found(0, rest=0)),
        (b"\r\n\r\n", Found(4)),
        (b"\r\n" + request(1), Found(0, 1)),
        (b"GE", Found(0)),
        (b"get ", Found(4)),
        (b"\x16\x03\x01", Found(3)),
        (b"GET /socket.io/?sid=a.1 HTTP/1.1\n", Found(33)),
        (b"GET /socket.io/?sid=a.1 HTTP/1.1\r", Found(0)),
        (b"GET /live/socket.io?sid=a.2 HTTP/1.1\r\n", Found(0, 2)),
        (b"GET /other?sid=a.1 HTTP/1.1\r\n\r\n", Found(31)),
        (request(1, path="/other/"), Found(len(request(1, path="/other/")), rest=0)),
        (b"GET /socket.io/?sid=a.1&sid=a.0 HTTP/1.1\r\n\r\n", Found(44)),
        (b"GET /socket.io/?s%69d=a%2E1 HTTP/1.1\r\n\r\n", Found(0, 1)),
        (b"A" * 30_000, Found(30_000)),
    ],
)
def test_other_bytes_are_left_to_the_parser(data: bytes, found: Found) -> None:
    assert FINDER.find(data) == found


@pytest.mark.parametrize(
    "unusual", [b"Transfer-Encoding: chunked", b"upgrade: h2c", b"UPGRADE : x"]
)
def test_nothing_is_looked_for_behind_a_body_whose_end_is_unknown(unusual: bytes) -> None:
    data = b"GET / HTTP/1.1\r\n" + unusual + b"\r\n\r\n" + request(1)
    assert FINDER.find(data) == Found(len(data))


@given(st.integers(0, 999), st.from_regex(r"\A[A-Za-z0-9_.~-]{1,30}\Z"))
def test_a_tag_tells_its_worker(number: int, sid: str) -> None:
    assert worker_of(sid + tag_of(number)) == number


@given(st.text(max_size=20))
def test_another_text_has_no_tag(sid: str) -> None:
    number = worker_of(sid)
    assert number is None or sid.endswith(tag_of(number))
    assert not is_cut(b"x" + sid.encode("utf-8", "replace"))
