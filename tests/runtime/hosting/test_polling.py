"""What clients of long-polling do, right and wrong: over ASGI and past it with the same bytes and
the same effects.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import pytest
from ackord.runtime.hosting.uvicorn import polling as direct_polling

from tests.attempts import hold_once
from tests.runtime.hosting.network import Connection, until
from tests.runtime.hosting.talk import QUERY, Script, Talk, play_on

SCRIPTS: list[Any] = []


def script(*statuses: int, **options: Any) -> Callable[[Script], Script]:
    """Have a script played with both ways of hosting, whole and cut into bytes; `statuses` are
    those of all responses, in order.
    """

    def add(function: Script) -> Script:
        SCRIPTS.append(pytest.param(function, list(statuses), options, id=function.__name__))
        return function

    return add


@script(200, 200, 200)
async def echo(talk: Talk) -> None:
    connection = await talk.connect()
    query = await talk.open(connection)
    await talk.post(connection, query, "4hé".encode())
    await talk.receive(connection)
    await talk.get(connection, query)
    await talk.receive(connection)


@script(200, 200, 200, 200, 200)
async def a_get_that_waits(talk: Talk) -> None:
    query = await talk.open()
    getting, posting = await talk.connect(), await talk.connect()
    for body in (b"4a", b"4a\x1ebAAH/\x1e4b\x1e3"):
        await talk.get(getting, query)
        await talk.parked()
        await talk.post(posting, query, body)
        await talk.receive(posting)
        await talk.receive(getting)


@script(200, 200, 200)
async def parameters_that_mean_nothing(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(
        connection,
        f"t=Pxyz1.0&&j&{query}&sid&{query}",
        b"4a",
        "X-Forwarded-For: 203.0.113.9\nCookie: io=a; b=c\n",
    )
    await talk.receive(connection)
    await talk.get(connection, f"{query}&t=P~_-.", "Accept: */*\nAccept-Encoding: gzip, deflate\n")
    await talk.receive(connection)


@script(200)
async def a_get_whose_client_goes(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.get(connection, query)
    await talk.parked()
    connection[1].transport.abort()
    await talk.over()


def _goes_behind_a_get(name: str, *sent: bytes) -> None:
    """Add a script of a client that sends something behind a GET that waits, then drops the
    connection or closes its half.
    """

    async def dropped(talk: Talk) -> None:
        (await _send(talk))[1].transport.abort()
        await talk.over()

    async def closed(talk: Talk) -> None:
        (await _send(talk))[1].write_eof()
        await talk.over()

    async def _send(talk: Talk) -> Connection:
        query = await talk.open()
        connection = await talk.connect()
        await talk.get(connection, query)
        await talk.parked()
        for data in sent:
            await talk.send(
                connection, data % {b"query": query.encode()} if b"%(query)s" in data else data
            )
            await asyncio.sleep(0.02)
        return connection

    for function in (dropped, closed):
        function.__name__ = f"a_client_that_has_{function.__name__}_after_{name}"
        script(200)(function)


_GET = b"GET /socket.io/?%(query)s HTTP/1.1\r\nHost: x\r\n\r\n"
_goes_behind_a_get("a second get", _GET)
_goes_behind_a_get("many requests", _GET * 30, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
_goes_behind_a_get("half a head", _GET[:-5])
_goes_behind_a_get("a second get and half a head", _GET + _GET[:-5])
_goes_behind_a_get(
    "a post", b"POST /socket.io/?%(query)s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n4a"
)
_goes_behind_a_get(
    "half a post",
    b"POST /socket.io/?%(query)s HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n4a",
)
_goes_behind_a_get(
    "a large post",
    b"POST /socket.io/?%(query)s HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",
    b"x" * 60_000,
)
_goes_behind_a_get(
    "a large post elsewhere",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n",
    b"x" * 40_000,
)


@script(200, 400)
async def too_many_bytes_behind_a_get(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.get(connection, query)
    await talk.parked()
    head = (
        f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n".encode()
    )
    for data in (head, *[b"x" * 20_000] * 4):
        await talk.send(connection, data)
        await asyncio.sleep(0.02)
    assert await talk.receive(connection) == 400
    await talk.over()


@script(200)
async def a_post_whose_client_goes(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4a", length=100)
    await asyncio.sleep(0.05)
    connection[1].transport.abort()
    await talk.over()


@script(200, 400, 200)
async def two_gets_at_once(talk: Talk) -> None:
    query = await talk.open()
    first, second = await talk.connect(), await talk.connect()
    await talk.get(first, query)
    await talk.parked()
    await talk.get(second, query)
    await talk.receive(second)
    await talk.receive(first)
    await talk.over()


@script(200, 400, 400)
async def two_posts_at_once(talk: Talk) -> None:
    query = await talk.open()
    first, second = await talk.connect(), await talk.connect()
    await talk.post(first, query, b"4a", length=3)
    await asyncio.sleep(0.05)
    await talk.post(second, query, b"4b")
    await talk.receive(second)
    await talk.receive(first)
    await talk.end(first)
    await talk.over()


@script(200, 400, 200)
async def a_post_during_a_get_of_a_session_that_it_ends(talk: Talk) -> None:
    query = await talk.open()
    getting, posting = await talk.connect(), await talk.connect()
    await talk.get(getting, query)
    await talk.parked()
    await talk.post(posting, query, b"4a\x1ex\x1e4b")
    await talk.receive(posting)
    await talk.receive(getting)
    await talk.over()


@script(200, 400)
async def a_body_that_is_not_utf_8(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4\xff")
    await talk.receive(connection)


@script(200, 400)
async def an_empty_body(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"")
    await talk.receive(connection)


@script(200, 400)
async def a_body_that_is_not_announced(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.send(connection, f"POST /socket.io/?{query} HTTP/1.1\nHost: x\n\n")
    await talk.receive(connection)


@script(200, 200, 200, 400)
async def a_client_that_says_good_bye(talk: Talk) -> None:
    query = await talk.open()
    getting, posting = await talk.connect(), await talk.connect()
    await talk.get(getting, query)
    await talk.parked()
    await talk.post(posting, query, b"4a\x1e1\x1e4b")
    await talk.receive(posting)
    await talk.receive(getting)
    await talk.post(posting, query, b"4a")
    await talk.receive(posting)


@script(200, 200, 200)
async def a_session_that_this_side_closes(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4close\x1e4a")
    await talk.receive(connection)
    await talk.get(connection, query)
    await talk.receive(connection)
    await talk.over()


@script(200, 413, 200, max_payload=1000)
async def a_body_that_is_too_large(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4" * 10, length=1001)
    await talk.receive(connection)
    await talk.end(connection)
    connection = await talk.connect()
    await talk.post(connection, query, b"4" * 1000)
    await talk.receive(connection)


@script(200, 200)
async def a_body_as_large_as_is_kept(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4" * direct_polling.MAX_BODY)
    await talk.receive(connection)


@script(200, 200)
async def a_large_body(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4" * 300_000)
    await talk.receive(connection)


@script(200, 200, 400)
async def a_body_longer_than_announced(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4a")
    await talk.receive(connection)
    await talk.send(connection, b"bc")
    await talk.receive(connection)
    await talk.end(connection)


@script(200, 400)
async def a_length_that_is_none(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.send(
        connection, f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2x\n\n4a"
    )
    await talk.receive(connection)
    await talk.end(connection)


@script(200, 400)
async def two_lengths(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.send(
        connection,
        f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2\nContent-Length: 3\n\n4a",
    )
    await talk.receive(connection)
    await talk.end(connection)


@script(200, 400)
async def a_length_and_chunks(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.send(
        connection,
        (
            f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2\nTransfer-Encoding: "
            "chunked\n\n2\n4a\n0\n\n"
        ),
    )
    await talk.receive(connection)
    await talk.end(connection)


@script(200, 200, 200)
async def a_body_in_chunks_with_trailers(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    chunked = (
        f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n1\n4\n3\n"
        "abc\n0\nX-Trailer: y\n\n"
    )
    await talk.send(connection, chunked)
    await talk.receive(connection)
    await talk.get(connection, query)
    await talk.receive(connection)


@script(200, 100, 200)
async def a_client_that_asks_before_it_sends(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"", "Expect: 100-continue\n", length=2)
    await talk.receive(connection)
    await talk.send(connection, b"4a")
    await talk.receive(connection)


@script(200, 400, ping_interval=0.2, ping_timeout=0.2)
async def a_body_that_never_ends(talk: Talk) -> None:
    query = await talk.open()
    await asyncio.sleep(0.1)  # so that the ping's time is over before the body's
    connection = await talk.connect()
    await talk.post(connection, query, b"4a", length=3)
    await talk.receive(connection)
    await talk.end(connection)


@script(200, 400)
async def a_session_that_ends_while_a_body_comes(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4a", length=3)
    await asyncio.sleep(0.05)
    talk.site.recorder.socket.close(discard=True)
    await talk.receive(connection)
    await talk.end(connection)


@script(200, 200, 200)
async def connections_that_are_not_kept(talk: Talk) -> None:
    query = await talk.open()
    posting, getting = await talk.connect(), await talk.connect()
    await talk.post(posting, query, b"4a", "Connection: close\n")
    await talk.receive(posting)
    await talk.end(posting)
    await talk.get(getting, query, "Connection: close\n")
    await talk.receive(getting)
    await talk.end(getting)


@script(200, 200, 200)
async def http_1_0(talk: Talk) -> None:
    query = await talk.open()
    for request in (
        f"POST /socket.io/?{query} HTTP/1.0\nContent-Length: 2\n\n4a",
        f"GET /socket.io/?{query} HTTP/1.0\nConnection: keep-alive\n\n",
    ):
        connection = await talk.connect()
        await talk.send(connection, request)
        await talk.receive(connection)
        await talk.end(connection)


@script(*[200] * 6)
async def requests_sent_ahead(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    post = f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2\n\n4a"
    get = f"GET /socket.io/?{query} HTTP/1.1\nHost: x\n\n"
    # The second GET waits, so that the last POST waits in the line until somebody else has this GET
    # answered.
    await talk.send(connection, post + post + get + get + post)
    for _ in range(3):
        await talk.receive(connection)
    await talk.parked()
    talk.site.recorder.socket.send("4from here")
    for _ in range(2):
        await talk.receive(connection)
    assert talk.site.recorder.log == ["4a"] * 3


@script(200, *[200] * 60)
async def many_requests_sent_ahead(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.send(
        connection, f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2\n\n4a" * 60
    )
    for _ in range(60):
        await talk.receive(connection)
    assert talk.site.recorder.log == ["4a"] * 60


@script(200, 200, 400)
async def nonsense_after_a_request(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4a")
    await talk.receive(connection)
    await talk.send(connection, b"\r\nnonsense\r\n")
    await talk.receive(connection)
    await talk.end(connection)


@script(200, 400)
async def nonsense_behind_a_get_that_waits(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.get(connection, query)
    await talk.parked()
    await talk.send(connection, b"nonsense\r\n\r\n")
    await talk.receive(connection)
    await talk.end(connection)
    await talk.over()


@script(200, 200, 500, 500, 204, 500, cors_origins="*")
async def other_methods(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4a")
    await talk.receive(connection)
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        await talk.send(
            connection, f"{method} /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 0\n\n"
        )
        await talk.receive(connection)


@script(200, 400, 400, 400, 400, 414, 200, 200)
async def queries_that_are_wrong_or_odd(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    for other in (
        query + "0",
        query.replace("EIO=4", "EIO=3"),
        query.replace("=polling", "=websocket"),
        query.replace("=polling", "=none"),
        query + "&" + "a" * 17_000,
        query.replace("sid", "%73id"),
        query + "&a=b+c;d#e",
    ):
        await talk.post(connection, other, b"4a")
        await talk.receive(connection)


@script(200, 431, 200)
async def headers_that_are_too_large(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4a", f"X-Large: {'x' * 33_000}\n")
    await talk.receive(connection)
    await talk.post(connection, query, b"4a", "X-Small: y\n" * 50)
    await talk.receive(connection)


@script(200, 200, 200, 200, 404)
async def other_forms_of_the_path(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    for target in ("/socket.io?", "/socket.io/default/?", "http://x/socket.io/?", "/socket.iox/?"):
        await talk.send(
            connection, f"POST {target}{query} HTTP/1.1\nHost: x\nContent-Length: 2\n\n4a"
        )
        await talk.receive(connection)


@script(200, 400)
async def data_of_another_kind(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"4a", "Content-Type: Application/octet-stream\n")
    await talk.receive(connection)


@script(200, 200, 200)
async def a_get_with_a_body(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.get(connection, query, "Content-Length: 0\n")
    await talk.parked()
    talk.site.recorder.socket.send("4a")
    await talk.receive(connection)
    await talk.send(
        connection, f"GET /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc"
    )
    await talk.parked()
    talk.site.recorder.socket.send("4b")
    await talk.receive(connection)


ORIGINS = (
    "Origin: https://app.example\n",
    "Origin: https://evil.example\n",
    "",
    "Origin: a\nOrigin: b\n",
)


async def posts_of_origins(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    for origin in (*ORIGINS, "Origin: a\x80\xff\n"):
        await talk.post(connection, query, b"4a", origin)
        await talk.receive(connection)


@script(*[200] * 6, cors_origins="*", cors_exposed_headers=("x-a", "x-b"))
async def origins_that_are_all_allowed(talk: Talk) -> None:
    await posts_of_origins(talk)


@script(*[200] * 6, cors_origins=("https://app.example",), cors_credentials=True)
async def origins_of_which_one_is_allowed(talk: Talk) -> None:
    await posts_of_origins(talk)


@script(*[200] * 6)
async def origins_that_nobody_asks_for(talk: Talk) -> None:
    await posts_of_origins(talk)


@script(200, 400, 400, cors_origins=True)
async def an_origin_that_is_illegal(talk: Talk) -> None:
    query = await talk.open()
    for origin in (b"a\x01b", b"a\x7fb"):
        connection = await talk.connect()
        head = f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nOrigin: ".encode()
        await talk.send(connection, head + origin + b"\r\n\r\n")
        await talk.receive(connection)


@script(200, 200, 200, 200, 200, 200, 200, 200, compression_threshold=100)
async def answers_that_are_compressed(talk: Talk) -> None:
    query = await talk.open()
    posting, getting = await talk.connect(), await talk.connect()
    for body, accepted in (
        (b"4" + b"x" * 5_000, "br, gzip"),
        (b"4" + b"x" * 5_000, "identity"),
        (b"4" + b"x" * 200_000, "deflate"),
    ):
        await talk.post(posting, query, body)
        await talk.receive(posting)
        await talk.get(getting, query, f"Accept-Encoding: {accepted}\n")
        await talk.receive(getting)
    await talk.get(getting, query, "Accept-Encoding: gzip\n")
    await talk.parked()
    talk.site.recorder.socket.send("4" + "y" * 300)
    await talk.receive(getting)
    assert gzip.decompress(talk.received[-1].partition(b"\r\n\r\n")[2]) == b"4" + b"y" * 300


@script(200, 200)
async def a_body_of_many_packets(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"\x1e".join(b"4%d" % number for number in range(1000)))
    await talk.receive(connection)
    assert talk.site.recorder.log == [f"4{number}" for number in range(1000)]


@script(200, 400)
async def a_mistake_behind_many_packets(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.post(connection, query, b"\x1e".join([b"4"] * 300 + [b"?"]))
    await talk.receive(connection)


@script(200, 200, 200)
async def handlers_that_do_not_keep_up(talk: Talk) -> None:
    query = await talk.open()
    recorder = talk.site.recorder
    recorder.congested = True
    connection, other = await talk.connect(), await talk.connect()
    await talk.post(connection, query, b"4a")
    await until(lambda: recorder.log == ["4a"])
    await asyncio.sleep(0.05)
    assert not connection[0]._buffer  # type: ignore[attr-defined]  # no other way to see that nothing has come
    await talk.get(other, query)
    await talk.receive(other)
    recorder.relieve()
    await talk.receive(connection)


@script(200, 200)
async def a_client_that_goes_while_handlers_do_not_keep_up(talk: Talk) -> None:
    query = await talk.open()
    recorder = talk.site.recorder
    recorder.congested = True
    connection = await talk.connect()
    await talk.post(connection, query, b"\x1e".join([b"4"] * 300))
    await until(lambda: len(recorder.log) == 8)
    connection[1].transport.abort()
    await asyncio.sleep(0.05)
    recorder.relieve()
    await until(lambda: len(recorder.log) == 300)
    connection = await talk.connect()
    await talk.post(connection, query, b"3")
    await talk.receive(connection)


@script(200, 200, ping_interval=0.3, ping_timeout=0.3)
async def a_session_that_times_out(talk: Talk) -> None:
    query = await talk.open()
    connection = await talk.connect()
    await talk.get(connection, query)
    await talk.receive(connection)
    assert talk.received[-1].endswith(b"\r\n\r\n2")
    await talk.over()


@script(200, 200, 200, 400, 200)
async def handshakes_and_requests_on_one_connection(talk: Talk) -> None:
    connection = await talk.connect()
    query = await talk.open(connection)
    await talk.post(connection, query, b"4a")
    await talk.receive(connection)
    await talk.get(connection, query)
    await talk.receive(connection)
    await talk.get(connection, QUERY.replace("4", "3"))
    await talk.receive(connection)
    await talk.open(connection)


@pytest.mark.parametrize(("script_", "statuses", "options"), SCRIPTS)
def test_both_ways_answer_with_the_same_bytes_and_do_the_same(
    script_: Script, statuses: list[int], options: dict[str, Any]
) -> None:
    async def main() -> list[list[Any]]:
        return await asyncio.gather(
            *(
                play_on(hosting, script_, cut=cut, **options)
                for cut in (False, True)
                for hosting in ("direct", "asgi")
            )
        )

    def claim(_: int) -> None:
        direct, asgi, cut_direct, cut_asgi = asyncio.run(main())
        assert [
            int(each.split()[1]) for each in direct[0] if each.startswith(b"HTTP/1.1 ")
        ] == statuses
        assert direct == asgi
        assert cut_direct == cut_asgi

    hold_once(
        claim, range(3 if "ping_interval" in options else 1)
    )  # those with a quick heartbeat may meet it earlier than they should
