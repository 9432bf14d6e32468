"""What a typed namespace says on the wire, packet by packet."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import json
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

import pytest
from ackord.runtime.errors import (
    AckTimeoutError,
    DisconnectedError,
    InvalidAckError,
    RemoteError,
    UsageError,
)
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link, RawPeer, run
from typing_extensions import override

from tests.runtime.typed.collab import (
    Banned,
    Body,
    CollabAuth,
    CollabContext,
    CollabNamespace,
    CollabSession,
    DocId,
    DocumentRoom,
    Image,
    LobbyRoom,
    QuietContext,
    QuietNamespace,
    ReadOnly,
    RoomFull,
    SendAck,
    SendResult,
    Text,
)

UNTIL = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


class Collab(CollabNamespace):
    """Does what the arguments tell it."""

    def __init__(self) -> None:
        self.contexts: list[CollabContext] = []
        self.log: list[Any] = []
        self.failures: list[tuple[str, FailureReply]] = []
        self.released = asyncio.Event()

    @override
    async def on_connect(self, ctx: CollabContext, auth: CollabAuth) -> Banned | ReadOnly | None:
        match auth.token:
            case "banned":
                return Banned(until=UNTIL)
            case "read-only":
                return ReadOnly()
            case "raise":
                raise RuntimeError("hunter2")
            case "raise read-only":
                return ReadOnly().unwrap()
            case "raise full":
                return RoomFull(limit=1).unwrap()
            case "undeclared":
                return RoomFull(limit=1)  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # what the runtime must see
            case "no session":
                return None
            case user:
                ctx.data = CollabSession(user=user)
                self.contexts.append(ctx)
                ctx.join(DocumentRoom(DocId("all")))
                return None

    @override
    async def on_disconnect(self, ctx: CollabContext, reason: str) -> None:
        self.log.append(("disconnect", ctx.data.user, reason, ctx in self.contexts))

    @override
    def on_invalid(self, ctx: CollabContext, event: str, failure: FailureReply) -> None:
        self.failures.append((event, failure))

    @override
    async def on_send(self, ctx: CollabContext, doc: DocId, body: Body, urgent: bool) -> SendResult:
        self.log.append((doc, body, urgent))
        match doc:
            case "full":
                return RoomFull(limit=3)
            case "locked":
                return ReadOnly()
            case "raise":
                raise RuntimeError("hunter2")
            case "r-full":
                return RoomFull(limit=4).unwrap()
            case "r-banned":
                return Banned(until=UNTIL).unwrap()
            case "wrong":
                return 3  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # what the runtime must see
            case "banned":
                return Banned(until=UNTIL)  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # what the runtime must see
            case _:
                return SendAck(id=7)

    @override
    async def on_count(self, ctx: CollabContext, doc: DocId | None) -> int:
        self.log.append(ctx in self.contexts)
        if doc == "session":
            return len(ctx.data.user)
        return 0 if doc is None else len(doc)

    @override
    async def on_upload(self, ctx: CollabContext, chunk: bytes) -> bytes:
        if chunk == b"wait":
            await self.released.wait()
        return chunk[::-1]

    @override
    async def on_lock(self, ctx: CollabContext) -> ReadOnly | None:
        return None

    @override
    async def on_typing(self, ctx: CollabContext, active: bool) -> None:
        self.log.append(("typing", active))


class Quiet(QuietNamespace):
    @override
    async def on_ask(self, ctx: QuietContext, x: int) -> int:
        if x == 0:
            raise RuntimeError("hunter2")
        ctx.data.seen += x
        return ctx.data.seen


class Site:
    def __init__(self) -> None:
        self.collab = Collab()
        self.server = Server()
        self.server.register(self.collab)
        self.server.register(Quiet())
        self.link = Link(self.server)

    @asynccontextmanager
    async def joined(self, user: str = "ada") -> AsyncGenerator[RawPeer]:
        async with await self.link.raw() as peer:
            await peer.receive_text()
            await peer.send(f'40/collab,{{"token":"{user}"}}')
            assert (await peer.receive_text()).startswith('40/collab,{"sid":"')
            yield peer


def play(scenario: Callable[[Site], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        site = Site()
        try:
            await scenario(site)
        finally:
            await site.server.close()

    run(whole())


TRANSCRIPT: list[tuple[str, str]] = [
    ('42/collab,1["send","a",{"kind":"text","text":"hi"}]', '43/collab,1[{"ok":{"id":7}}]'),
    (
        '42/collab,1["send","a",{"kind":"text","text":"hi"},null,"extra"]',
        '43/collab,1[{"ok":{"id":7}}]',
    ),
    (
        '42/collab,1["send","full",{"kind":"text","text":"hi"},true]',
        '43/collab,1[{"error":{"code":"room_full","message":"No more than this many fit into a document.","data":{"limit":3}}}]',
    ),
    (
        '42/collab,1["send","locked",{"kind":"text","text":"hi"}]',
        '43/collab,1[{"error":{"code":"read_only","message":"Nobody may write."}}]',
    ),
    (
        '42/collab,1["send","raise",{"kind":"text","text":"hi"}]',
        '43/collab,1[{"error":{"code":"internal","message":"The handler failed"}}]',
    ),
    (
        '42/collab,1["send","wrong",{"kind":"text","text":"hi"}]',
        '43/collab,1[{"error":{"code":"invalid_response","message":"The handler\'s answer isn\'t as declared"}}]',
    ),
    (
        '42/collab,1["send","banned",{"kind":"text","text":"hi"}]',
        '43/collab,1[{"error":{"code":"invalid_response","message":"The handler\'s answer isn\'t as declared"}}]',
    ),
    (
        '42/collab,1["send","A B",{"kind":"text","text":""}]',
        (
            '43/collab,1[{"error":{"code":"invalid_request","message":"The arguments don\'t fit the event","issues":['
            '{"loc":["doc"],"type":"string_pattern_mismatch","msg":"String should match pattern \'^[a-z0-9-]{1,8}$\'"},'
            '{"loc":["body","text","text"],"type":"string_too_short","msg":"String should have at least 1 character"}]}}]'
        ),
    ),
    (
        '42/collab,1["count",3]',
        (
            '43/collab,1[{"error":{"code":"invalid_request","message":"The arguments don\'t fit the event","issues":['
            '{"loc":["doc"],"type":"string_type","msg":"Input should be a valid string"}]}}]'
        ),
    ),
    ('42/collab,1["count"]', "43/collab,1[0]"),
    ('42/collab,1["count",null]', "43/collab,1[0]"),
    ('42/collab,1["count","abc"]', "43/collab,1[3]"),
    ('42/collab,1["lock"]', '43/collab,1[{"ok":null}]'),
    ('42/collab,1["typing",true]', "43/collab,1[]"),
    (
        '42/collab,1["nothing"]',
        '43/collab,1[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]',
    ),
    ('42/collab,1["send","a",{"kind":"text","text":"\\ud83d"}]', '43/collab,1[{"ok":{"id":7}}]'),
    (
        '42/collab,1["send","r-full",{"kind":"text","text":"hi"}]',
        '43/collab,1[{"error":{"code":"room_full","message":"No more than this many fit into a document.","data":{"limit":4}}}]',
    ),
    (
        '42/collab,1["send","r-banned",{"kind":"text","text":"hi"}]',
        '43/collab,1[{"error":{"code":"internal","message":"The handler failed"}}]',
    ),
]


@pytest.mark.parametrize(("sent", "answer"), TRANSCRIPT)
def test_whoever_asks_for_an_acknowledgement_gets_the_right_one(sent: str, answer: str) -> None:
    async def scenario(site: Site) -> None:
        async with site.joined() as peer:
            await peer.send(sent)
            await peer.expect(answer)
            await peer.send('42/collab,2["count"]')
            await peer.expect("43/collab,2[0]")

    play(scenario)


@pytest.mark.parametrize(
    "packet",
    [
        '42/collab,1["count",',
        '42/collab,1["typing",true]]',
        '451-/collab,1["upload",{"_placeholder":true,"num":1}]',
    ],
)
def test_what_is_no_json_or_names_no_attachment_ends_the_connection(packet: str) -> None:
    async def scenario(site: Site) -> None:
        async with site.joined() as peer:
            await peer.send(packet)
            if packet.startswith("451-"):
                await peer.send(b"x")
            await peer.expect_close()

    play(scenario)


def test_binary_goes_in_and_comes_out_as_attachments() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined() as peer:
            await peer.send('451-/collab,1["upload",{"_placeholder":true,"num":0}]', b"abc")
            await peer.expect('461-/collab,1[{"_placeholder":true,"num":0}]', b"cba")
            await peer.send(
                '451-/collab,2["send","a",{"kind":"img","data":{"_placeholder":true,"num":0}}]',
                b"abc",
            )
            await peer.expect('43/collab,2[{"ok":{"id":7}}]')
            assert site.collab.log == [("a", Image(data=b"abc"), False)]

    play(scenario)


def test_without_an_ack_id_a_bad_event_is_dropped_counted_and_shown_to_the_hook() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined() as peer:
            await peer.send(
                '42/collab,["typing",1]', '42/collab,["typing",false]', '42/collab,1["count"]'
            )
            await peer.expect("43/collab,1[0]")
            assert site.collab.log == [("typing", False), True]
            ((event, failure),) = site.collab.failures
            assert (event, failure.code) == ("typing", "invalid_request")
            assert site.server.of("/collab").failures.counts == {"typing": 1}

    play(scenario)


def test_events_are_handled_in_order_but_a_concurrent_one_holds_nobody_up() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined() as peer:
            await peer.send('451-/collab,1["upload",{"_placeholder":true,"num":0}]', b"wait")
            await peer.send(
                '42/collab,2["send","raise",{"kind":"text","text":"x"}]',
                '42/collab,3["typing",1]',
                '42/collab,4["count","ab"]',
            )
            assert [(await peer.receive_text())[:11] for _ in range(3)] == [
                "43/collab,2",
                "43/collab,3",
                "43/collab,4",
            ]
            site.collab.released.set()
            await peer.expect('461-/collab,1[{"_placeholder":true,"num":0}]', b"tiaw")

    play(scenario)


REFUSALS: list[tuple[str, dict[str, Any]]] = [
    (
        '40/collab,{"token":"banned"}',
        {
            "message": "banned",
            "data": {"code": "banned", "data": {"until": "2026-01-31T00:00:00Z"}},
        },
    ),
    (
        '40/collab,{"token":"read-only"}',
        {"message": "Nobody may write.", "data": {"code": "read_only"}},
    ),
    ('40/collab,{"token":"raise"}', {"message": "Internal error", "data": {"code": "internal"}}),
    (
        '40/collab,{"token":"raise read-only"}',
        {"message": "Nobody may write.", "data": {"code": "read_only"}},
    ),
    (
        '40/collab,{"token":"raise full"}',
        {"message": "Internal error", "data": {"code": "internal"}},
    ),
    (
        '40/collab,{"token":"undeclared"}',
        {"message": "Internal error", "data": {"code": "internal"}},
    ),
    (
        '40/collab,{"token":3}',
        {
            "message": "The auth payload isn't as declared",
            "data": {
                "code": "invalid_request",
                "issues": [
                    {
                        "loc": ["auth", "token"],
                        "type": "string_type",
                        "msg": "Input should be a valid string",
                    }
                ],
            },
        },
    ),
    (
        "40/collab,",
        {
            "message": "The auth payload isn't as declared",
            "data": {
                "code": "invalid_request",
                "issues": [{"loc": ["auth", "token"], "type": "missing", "msg": "Field required"}],
            },
        },
    ),
]


@pytest.mark.parametrize(("connect", "answer"), REFUSALS)
def test_a_refused_connection_is_told_why_and_may_try_again(
    connect: str, answer: dict[str, Any]
) -> None:
    async def scenario(site: Site) -> None:
        async with await site.link.raw() as peer:
            await peer.receive_text()
            await peer.send(connect)
            text = await peer.receive_text()
            assert text.startswith("44/collab,")
            assert json.loads(text[len("44/collab,") :]) == answer
            await peer.send('40/collab,{"token":"ada"}')
            assert (await peer.receive_text()).startswith('40/collab,{"sid"')
        assert site.collab.log == []

    play(scenario)


def test_the_context_of_a_connection_is_one_object_and_the_session_lives_until_its_end() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined("grace") as peer:
            await peer.send('42/collab,1["count","session"]')
            await peer.expect("43/collab,1[5]")
            (ctx,) = site.collab.contexts
            assert ctx.rooms == {ctx.sid, "document:all"}
            assert ctx.is_in(DocumentRoom(DocId("all")))
            ctx.leave(DocumentRoom(DocId("all")))
            assert ctx.rooms == {ctx.sid}
            ctx.data.user = "hopper"
            with pytest.raises(ValueError, match="user"):
                ctx.data.user = 3  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]  # what the runtime must refuse
            with pytest.raises(TypeError, match="CollabSession"):
                ctx.data = "x"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]  # what the runtime must refuse
            await peer.send("41/collab,", '40/collab,{"token":"again"}')
            await peer.receive_text()
        assert site.collab.log == [
            True,
            ("disconnect", "hopper", "client namespace disconnect", True),
        ]

    play(scenario)


def test_a_session_that_nobody_set_is_a_clear_error_and_one_with_defaults_is_made() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined("no session") as peer:
            await peer.send('42/collab,1["count","session"]')
            await peer.expect(
                '43/collab,1[{"error":{"code":"internal","message":"The handler failed"}}]'
            )
            (socket,) = site.server.of("/collab").sockets.values()
            with pytest.raises(
                UsageError, match=r"assign a CollabSession to ctx\.data in on_connect"
            ):
                _ = socket.context.data
            await peer.send("40/quiet,")
            await peer.receive_text()
            await peer.send('42/quiet,1["ask",2]', '42/quiet,2["ask",3]')
            await peer.expect("43/quiet,1[2]", "43/quiet,2[5]")

    play(scenario)


def test_a_namespace_without_error_replies_keeps_silent_as_plain_socket_io_does() -> None:
    async def scenario(site: Site) -> None:
        async with await site.link.raw() as peer:
            await peer.receive_text()
            await peer.send("40/quiet,")
            await peer.receive_text()
            await peer.send(
                '42/quiet,1["ask","x"]',
                '42/quiet,2["ask",0]',
                '42/quiet,3["nope"]',
                '42/quiet,4["ask",1]',
            )
            await peer.expect("43/quiet,4[1]")
            await peer.expect_silence(1)

    play(scenario)


def test_emitters_reach_whom_they_say() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined("a") as a, site.joined("b") as b:
            first, second = site.collab.contexts
            lobby, doc = LobbyRoom(), DocumentRoom(DocId("d"))
            first.join(doc, lobby)
            moved = '42/collab,["moved","d",1]'
            first.all.moved(DocId("d"), 1)
            await a.expect(moved)
            await b.expect(moved)
            first.others.pinged()
            await b.expect('42/collab,["pinged"]')
            second.to(doc).moved(DocId("d"), 1)
            await a.expect(moved)
            first.to(doc).pinged()
            site.collab.to(doc).moved(DocId("d"), 2)
            await a.expect('42/collab,["moved","d",2]')
            site.collab.except_(lobby).pinged()
            await b.expect('42/collab,["pinged"]')
            await asyncio.sleep(0)  # in the turn of another event, a volatile one is dropped
            site.collab.all.except_(doc).volatile.local.pinged()
            await b.expect('42/collab,["pinged"]')
            site.collab.client(second.sid).pinged()
            await b.expect('42/collab,["pinged"]')
            await asyncio.sleep(0)
            second.client.volatile.pinged()
            await b.expect('42/collab,["pinged"]')
            site.collab.client("gone").pinged()
            site.collab.client(lobby.name).pinged()
            await a.expect_silence(1)
            await b.expect_silence(1)

    play(scenario)


def test_a_room_must_be_a_room_and_not_its_name() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined():
            (ctx,) = site.collab.contexts
            calls: list[Callable[[Any], object]] = [
                ctx.join,
                ctx.leave,
                ctx.to,
                site.collab.except_,
            ]
            for call in calls:
                with pytest.raises(TypeError, match="a room of the contract is needed, not 'str'"):
                    call("document:all")

    play(scenario)


def test_a_client_is_asked_and_its_answer_checked() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined() as peer:
            (ctx,) = site.collab.contexts

            async def answer(text: str) -> None:
                question = await peer.receive_text()
                ack_id = question.removeprefix("42/collab,").partition("[")[0]
                assert question == f'42/collab,{ack_id}["confirm","ok?"]'
                await peer.send(f"43/collab,{ack_id}{text}")

            async def ask(text: str) -> bool:
                async with asyncio.TaskGroup() as group:
                    group.create_task(answer(text))
                    return await ctx.client.confirm("ok?", timeout=1)

            assert await ask("[true]") is True
            for wrong in ('["true"]', "[]", "[null]", '[{"error":"x"}]'):
                with pytest.raises(ExceptionGroup) as caught:
                    await ask(wrong)
                assert caught.group_contains(InvalidAckError)
            with pytest.raises(ExceptionGroup) as caught:
                await ask('[{"error":{"code":"internal","message":"no"}}]')
            assert caught.group_contains(RemoteError, match="internal: no")
            with pytest.raises(AckTimeoutError):
                await site.collab.client(ctx.sid).confirm("ok?", timeout=1)
            await peer.receive_text()
            with pytest.raises(ExceptionGroup) as caught:
                await ask("[")
            assert caught.group_contains(InvalidAckError)
            await peer.expect_close(timeout=0.1)
            with pytest.raises(DisconnectedError):
                await site.collab.client("gone").confirm("ok?")

    play(scenario)


def test_a_namespace_serves_one_server_only_and_none_is_an_error() -> None:
    collab = Collab()
    with pytest.raises(UsageError, match="no server serves this Collab yet"):
        collab.all.pinged()
    Server().register(collab)
    with pytest.raises(UsageError, match="registered already"):
        Server().register(collab)


def test_untyped_listeners_still_see_everything() -> None:
    async def scenario(site: Site) -> None:
        seen: list[Any] = []

        def see(*items: Any) -> None:
            seen.append(items)

        def watch(socket: Socket) -> None:
            socket.on_any(see)

        site.server.of("/collab").on("connection", watch)
        async with site.joined() as peer:
            await peer.send('42/collab,1["send","a",{"kind":"text","text":"hi"}]')
            await peer.expect('43/collab,1[{"ok":{"id":7}}]')
        assert seen == [("send", "a", {"kind": "text", "text": "hi"})]
        assert site.collab.log[0] == ("a", Text(text="hi"), False)

    play(scenario)


@pytest.mark.usefixtures("young_heap")
def test_nothing_of_a_connection_is_kept_after_its_end() -> None:
    async def scenario(site: Site) -> None:
        async with site.joined() as peer:
            (ctx,) = site.collab.contexts
            ended: list[Callable[[], object]] = [weakref.ref(ctx), weakref.ref(ctx.data)]
            await peer.send('42/collab,1["count"]')
            await peer.expect("43/collab,1[0]")
            await peer.send("41/collab,", '40/collab,{"token":"again"}')
            assert (await peer.receive_text()).startswith('40/collab,{"sid"')
        del ctx
        site.collab.contexts.clear()
        await asyncio.sleep(1)
        gc.collect()
        assert [reference() for reference in ended] == [None, None]

    play(scenario)


@pytest.mark.parametrize("as_task", [False, True])
def test_a_handler_may_be_wrapped_in_a_plain_function_that_returns_something_to_await(
    *, as_task: bool
) -> None:
    def logged(handler: Any) -> Any:
        @wraps(handler)
        def call(*args: Any) -> Any:
            return asyncio.ensure_future(handler(*args)) if as_task else handler(*args)

        return call

    class Decorated(Quiet):
        @override
        @logged
        async def on_ask(self, ctx: QuietContext, x: int) -> int:
            return x + 1

    async def scenario(site: Site) -> None:
        server = Server()
        server.register(Decorated())
        async with await Link(server).raw() as peer:
            await peer.receive_text()
            await peer.send("40/quiet,")
            await peer.receive_text()
            await peer.send('42/quiet,1["ask",4]')
            await peer.expect("43/quiet,1[5]")
        await server.close()

    play(scenario)


@pytest.mark.parametrize(
    ("given", "said"), [(Quiet, "an instance of a typed namespace, such as Quiet()"), (5, "not 5")]
)
def test_only_an_instance_of_a_namespace_is_registered(given: Any, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Server().register(given)
    assert said in str(caught.value)


def test_a_namespace_is_started_and_stopped_with_its_server_once_each_time() -> None:
    log: list[str] = []

    class Started(Quiet):
        @override
        async def on_start(self) -> None:
            log.append("start")

        @override
        async def on_stop(self) -> None:
            log.append("stop")

    server = Server()
    server.register(Started())
    server.register(Collab())

    async def scenario() -> None:
        async with server.lifespan():
            assert log[-1:] == ["start"]
            with pytest.raises(UsageError, match="has started"):
                server.register(Started())

    run(scenario())
    run(scenario())
    assert log == ["start", "stop"] * 2


def test_a_namespace_is_stopped_when_a_later_one_can_not_start() -> None:
    log: list[str] = []

    class Opened(Quiet):
        @override
        async def on_start(self) -> None:
            log.append("open")

        @override
        async def on_stop(self) -> None:
            log.append("close")

    class Broken(Collab):
        @override
        async def on_start(self) -> None:
            raise OSError("no database")

        @override
        async def on_stop(self) -> None:
            log.append("never")

    async def scenario() -> None:
        server = Server()
        server.register(Opened())
        server.register(Broken())
        with pytest.raises(OSError, match="no database"):
            async with server.lifespan():
                log.append("never")

    run(scenario())
    assert log == ["open", "close"]
