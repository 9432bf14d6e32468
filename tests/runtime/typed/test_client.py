"""A typed client, against a server that says what the test types, and against the real one."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from ackord.runtime.errors import (
    AckTimeoutError,
    DisconnectedError,
    InvalidAckError,
    InvalidPayloadError,
    RemoteError,
    SlowConsumerError,
    UsageError,
)
from ackord.runtime.stubs.v1 import DeclaredError, UnknownError
from ackord.runtime.testing import RawPeer, RawServer, run
from typing_extensions import override

from tests.runtime.typed.collab import (
    Banned,
    CollabAuth,
    CollabClient,
    CollabConnectRefusedError,
    CollabHandlers,
    DocId,
    Image,
    Line,
    ReadOnly,
    RoomFull,
    SendAck,
    Text,
)

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
POSTED = '42/collab,["posted",{"id":1,"sent_at":"2026-01-31T12:00:00Z","body":{"kind":"text","text":"hi"}}]'
LINE = Line(id=1, sent_at=NOON, body=Text(text="hi"))


async def join(handlers: CollabHandlers | None = None) -> tuple[CollabClient, RawPeer]:
    server = RawServer()
    client = CollabClient(
        "http://test", auth=CollabAuth(token="t"), handlers=handlers, connector=server
    )
    return client, await server.join(client.socket)


ANSWERS: list[tuple[str, Any]] = [
    ('[{"ok":{"id":7}}]', SendAck(id=7)),
    ('[{"ok":{"id":7,"new":1},"newer":2},3]', SendAck(id=7)),
    ('[{"error":{"code":"room_full","message":"m","data":{"limit":3}}}]', RoomFull(limit=3)),
    ('[ { "error" : {"message":"m","code":"room_full","data":{"limit":3}} } ]', RoomFull(limit=3)),
    ('[{"error":{"code":"read_only","message":"m"}}]', ReadOnly()),
    ('[{"error":{"code":"later","message":"m","data":[1]}}]', UnknownError("later", "m", [1])),
    (
        '[{"error":{"code":"invalid_request","message":"m","issues":[{"loc":["doc"]}]}}]',
        UnknownError("invalid_request", "m", None, [{"loc": ["doc"]}]),
    ),
]


@pytest.mark.parametrize(("answer", "result"), ANSWERS)
def test_a_result_is_the_value_or_a_declared_error_or_an_unknown_one(
    answer: str, result: Any
) -> None:
    async def scenario() -> None:
        client, peer = await join()
        asking = asyncio.create_task(client.send(DocId("a"), Text(text="hi")))
        await peer.expect('42/collab,0["send","a",{"kind":"text","text":"hi"},false]')
        await peer.send(f"43/collab,0{answer}")
        assert await asking == result
        await client.disconnect()

    run(scenario())


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "[null]",
        '[{"ok":{"id":"7"}}]',
        '[{"id":7}]',
        '[{"error":{"code":"room_full","message":"m"}}]',
        '[{"error":{"code":"room_full","message":"m","data":{"limit":"3"}}}]',
        '[{"error":{}}]',
        '[{"error":{"code":3}}]',
        '[{"ok":',
    ],
)
def test_an_answer_that_is_none_of_these_is_an_invalid_ack(answer: str) -> None:
    async def scenario() -> None:
        client, peer = await join()
        asking = asyncio.create_task(client.send(DocId("a"), Text(text="hi")))
        await peer.receive_text()
        await peer.send(f"43/collab,0{answer}")
        with pytest.raises(InvalidAckError, match="'send'"):
            await asking
        await client.disconnect()

    run(scenario())


def test_a_bare_acknowledgement_gives_its_value_or_raises() -> None:
    async def scenario() -> None:
        client, peer = await join()
        asking = asyncio.create_task(client.count())
        await peer.expect('42/collab,0["count"]')
        await peer.send("43/collab,0[3]")
        assert await asking == 3
        asking = asyncio.create_task(client.count(DocId("a")))
        await peer.expect('42/collab,1["count","a"]')
        await peer.send('43/collab,1[{"error":{"code":"internal","message":"no","data":1}}]')
        with pytest.raises(RemoteError, match="internal: no") as caught:
            await asking
        assert caught.value.data == 1
        with pytest.raises(AckTimeoutError):
            await client.count(timeout=1)
        await peer.receive_text()
        asking = asyncio.create_task(client.count())
        await peer.receive_text()
        await client.disconnect()
        with pytest.raises(DisconnectedError):
            await asking
        with pytest.raises(DisconnectedError):
            await client.count()

    run(scenario())


def test_bytes_leave_and_arrive_as_attachments() -> None:
    async def scenario() -> None:
        client, peer = await join()
        asking = asyncio.create_task(client.upload(b"abc"))
        await peer.expect('451-/collab,0["upload",{"_placeholder":true,"num":0}]', b"abc")
        await peer.send('461-/collab,0[{"_placeholder":true,"num":0}]', b"cba")
        assert await asking == b"cba"
        asking = asyncio.create_task(client.upload(b"abc"))
        await peer.receive()
        await peer.receive()
        await peer.send('461-/collab,1[{"_placeholder":true,"num":1}]', b"cba")
        with pytest.raises(InvalidAckError):
            await asking
        await client.disconnect()

    run(scenario())


def test_a_wrong_argument_is_found_before_anything_is_sent() -> None:
    async def scenario() -> None:
        client, peer = await join()
        with pytest.raises(
            InvalidPayloadError, match=r"arguments of 'send': doc: String should match"
        ):
            await client.send(DocId("A B"), Image(data=b""))
        with pytest.raises(InvalidPayloadError, match=r"arguments of 'typing': active"):
            client.typing(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must refuse
        client.typing(active=True)
        await peer.expect('42/collab,["typing",true]')
        await client.disconnect()

    run(scenario())


def test_decorated_handlers_are_called_with_typed_values_and_answer() -> None:
    async def scenario() -> None:
        client, peer = await join()
        seen: list[Any] = []

        @client.on_posted
        async def _(line: Line) -> None:
            seen.append(line)

        @client.on_posted
        async def _(line: Line) -> None:
            seen.append(line.id)

        @client.on_confirm
        async def confirm(question: str) -> bool:
            return question == "ok?"

        with pytest.raises(UsageError, match="has a handler already"):
            client.on_confirm(confirm)
        with pytest.raises(UsageError, match="has a handler already"):
            client.on_confirm(lambda question: True)

        @client.on_posted
        def plainly(line: Line) -> None:
            seen.append("plain")

        await peer.send(POSTED, '42/collab,5["confirm","ok?"]', '42/collab,6["confirm","no"]')
        await peer.expect("43/collab,5[true]", "43/collab,6[false]")
        assert seen == [LINE, 1, "plain"]
        await client.disconnect()

    run(scenario())


def test_an_event_that_nobody_can_answer_gets_an_error_ack_and_the_log_says_what_to_write(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        client, peer = await join()
        stream = aiter(client.on_confirm)
        await peer.send('42/collab,5["confirm","ok?"]')
        await peer.expect(
            '43/collab,5[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]'
        )
        assert await anext(stream) == "ok?"
        assert "has no handler for it, write one with the decorator `on_confirm`" in caplog.text
        await peer.send('42/collab,6["posted",1]', '42/collab,7["pinged"]')
        assert (await peer.receive_text()).startswith(
            '43/collab,6[{"error":{"code":"invalid_request"'
        )
        await peer.expect("43/collab,7[]")
        await client.disconnect()

    run(scenario())


class Recorder(CollabHandlers):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    @override
    async def on_moved(self, doc: DocId, x: int) -> None:
        self.seen.append((doc, x))

    @override
    async def on_confirm(self, question: str) -> bool:
        raise RuntimeError("hunter2")


def test_methods_that_are_overridden_handle_events_and_the_others_do_not() -> None:
    async def scenario() -> None:
        handlers = Recorder()
        client, peer = await join(handlers)
        await peer.send(POSTED, '42/collab,["moved","a",1]', '42/collab,5["confirm","ok?"]')
        await peer.expect(
            '43/collab,5[{"error":{"code":"internal","message":"The handler failed"}}]'
        )
        assert handlers.seen == [("a", 1)]
        await client.disconnect()

    run(scenario())


def test_a_loop_over_an_event_takes_what_came_meanwhile_and_ends_with_the_connection() -> None:
    async def scenario() -> None:
        client, peer = await join()
        posted, moved, pinged = (
            aiter(client.on_posted),
            aiter(client.on_moved),
            aiter(client.on_pinged),
        )
        waiting = asyncio.create_task(anext(posted))
        await peer.send(
            POSTED,
            '42/collab,["moved","a",1]',
            '42/collab,["moved","b",2]',
            '42/collab,9["pinged"]',
        )
        await peer.expect("43/collab,9[]")
        assert await waiting == LINE
        assert await anext(moved) == ("a", 1)
        await client.disconnect()
        assert [item async for item in moved] == [("b", 2)]
        assert [item async for item in pinged] == [None]
        assert [item async for item in posted] == []
        assert [item async for item in client.on_posted] == []

    run(scenario())


def test_a_loop_that_is_too_slow_is_told_after_what_was_kept() -> None:
    async def scenario() -> None:
        client, peer = await join()
        stream = client.on_moved.stream(buffer=2)
        await peer.send(
            *(f'42/collab,["moved","a",{x}]' for x in range(4)), '42/collab,9["pinged"]'
        )
        await peer.expect("43/collab,9[]")
        assert [await anext(stream), await anext(stream)] == [("a", 0), ("a", 1)]
        with pytest.raises(SlowConsumerError, match="more than 2 events 'moved'"):
            await anext(stream)
        await peer.send('42/collab,["moved","a",5]')
        assert await anext(stream) == ("a", 5)
        await client.disconnect()

    run(scenario())


def test_two_tasks_cannot_wait_for_one_stream() -> None:
    async def scenario() -> None:
        client, _ = await join()
        stream = aiter(client.on_pinged)
        waiting = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="two loops"):
            await anext(stream)
        await client.disconnect()
        with pytest.raises(StopAsyncIteration):
            await waiting

    run(scenario())


REFUSALS: list[tuple[str, Any]] = [
    (
        '{"message":"m","data":{"code":"banned","data":{"until":"2026-01-31T12:00:00Z"}}}',
        Banned(until=NOON),
    ),
    ('{"message":"m","data":{"code":"read_only"}}', ReadOnly()),
    (
        '{"message":"m","data":{"code":"banned","data":{"until":3}}}',
        UnknownError("banned", "m", {"until": 3}),
    ),
    (
        '{"message":"m","data":{"code":"invalid_request","issues":[1]}}',
        UnknownError("invalid_request", "m", None, [1]),
    ),
    ('{"message":"m","data":"why"}', UnknownError("refused", "m", "why")),
    ('{"message":"Invalid namespace"}', UnknownError("refused", "Invalid namespace")),
]


@pytest.mark.parametrize(("payload", "error"), REFUSALS)
def test_a_refusal_is_raised_with_its_typed_error(payload: str, error: Any) -> None:
    async def scenario() -> None:
        server = RawServer()
        client = CollabClient("http://test", auth=CollabAuth(token="t"), connector=server)
        connecting = asyncio.create_task(client.connect())
        peer = await server.accept()
        await peer.send(
            '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
        )
        await peer.expect('40/collab,{"token":"t"}')
        await peer.send(f"44/collab,{payload}")
        with pytest.raises(CollabConnectRefusedError) as caught:
            await connecting
        assert caught.value.error == error
        assert not client.connected

    run(scenario())


def test_unwrap_gives_the_success_or_raises() -> None:
    assert SendAck(id=1).unwrap() == SendAck(id=1)
    with pytest.raises(
        DeclaredError, match=r"room_full: No more than this many fit into a document\."
    ) as declared:
        RoomFull(limit=3).unwrap()
    assert declared.value.error == RoomFull(limit=3)
    assert declared.value.data == {"limit": 3}
    with pytest.raises(RemoteError, match="later: m"):
        UnknownError("later", "m").unwrap()
