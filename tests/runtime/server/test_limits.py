"""Each bound of `Limits`, at the limit and past it; those of the transports have tests with the
engine.
"""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from ackord.runtime.errors import InvalidAckError, SlowConsumerError
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.server import Limits, Server, Socket
from ackord.runtime.tasks import MAX_HOOK_TASKS
from ackord.runtime.testing import RawPeer

from tests.runtime.server.stage import Stage, play

PLACEHOLDER = '{"_placeholder":true,"num":0}'


def serve(**limits: Any) -> Server:
    """Serve ``echo``, which tells how many arguments it got."""
    server = Server(limits=Limits(**limits), max_payload=50_000_000)
    for name in ("/", "/" + "n" * 99):
        server.of(name).on("connection", listen)
    return server


def listen(socket: Socket) -> None:
    for name in ("echo", "e" * 100):
        socket.on(name, count)


def count(*values: Any) -> int:
    return len(values)


async def check(stage: Stage, *messages: str | bytes, answer: str | None) -> None:
    """Send messages; expect an answer, or the end at once."""
    peer, _ = await stage.join()
    await peer.send(*messages)
    if answer is None:
        await peer.expect_close(timeout=0.1)
    else:
        await peer.expect(answer)
        await peer.close()


@pytest.mark.parametrize(
    ("number", "passes"), [(1, True), (10, True), (11, False), (9999, False), (10_000, False)]
)
def test_attachments_of_a_packet(number: int, passes: bool) -> None:
    async def scenario(stage: Stage) -> None:
        attachments = [b"."] * number if passes else []
        await check(
            stage,
            f'45{number}-0["echo",{PLACEHOLDER}]',
            *attachments,
            answer="430[1]" if passes else None,
        )

    play(serve(), scenario)


def test_attachments_of_a_packet_are_an_option() -> None:
    async def scenario(stage: Stage) -> None:
        await check(stage, '4512-0["echo"]', *[b"."] * 12, answer="430[0]")
        await check(stage, '4513-0["echo"]', answer=None)

    play(serve(attachments=12), scenario)


@pytest.mark.parametrize(
    ("sizes", "passes"), [((500, 500), True), ((500, 501), False), ((1001, 0), False)]
)
def test_bytes_of_all_attachments_of_a_packet(sizes: tuple[int, int], passes: bool) -> None:
    async def scenario(stage: Stage) -> None:
        attachments = [b"." * size for size in sizes if size]
        await check(
            stage, f'452-0["echo",{PLACEHOLDER}]', *attachments, answer="430[1]" if passes else None
        )

    play(serve(attachment_bytes=1000), scenario)


def test_time_for_the_attachments_of_a_packet() -> None:
    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('451-0["echo"]')
        await asyncio.sleep(4.9)
        await peer.send(b".")
        await peer.expect("430[0]")
        await peer.send('451-0["echo"]')
        await asyncio.sleep(5.1)
        await peer.expect_close(timeout=0)

    play(serve(attachment_timeout=5), scenario)


@pytest.mark.parametrize(("digits", "passes"), [(15, True), (16, False), (1_000_000, False)])
def test_digits_of_an_ack_id(digits: int, passes: bool) -> None:
    async def scenario(stage: Stage) -> None:
        ack_id = "9" * digits
        await check(stage, f'42{ack_id}["echo"]', answer=f"43{ack_id}[0]" if passes else None)
        await check(
            stage,
            f"43{ack_id}[]",
            *(['421["echo"]'] if passes else []),
            answer="431[0]" if passes else None,
        )

    play(serve(), scenario)


@pytest.mark.parametrize(("length", "passes"), [(100, True), (101, False)])
def test_length_of_a_namespaces_name(length: int, passes: bool) -> None:
    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        name = "/" + "n" * (length - 1)
        if passes:
            await stage.enter(peer, name)
            await peer.send(f'42{name},0["echo"]')
            await peer.expect(f"43{name},0[0]")
        else:
            await peer.send(f"40{name},")
            await peer.expect_close(timeout=0.1)

    play(serve(namespace_name=100), scenario)


@pytest.mark.parametrize("name", ['"' + "e" * 100 + '"', '"' + "\\u0065" * 100 + '"'])
def test_length_of_an_events_name(name: str) -> None:
    async def scenario(stage: Stage) -> None:
        await check(stage, f"420[{name}]", answer="430[0]")
        await check(stage, f'420[{name[:-1]}e"]', answer=None)

    play(serve(event_name=100), scenario)


LIMITS = {"depth": 20, "containers": 60, "digits": 70, "values": 600}
WITHIN = {
    "lists": "[" * 20 + "]" * 20,
    "objects": '{"a":' * 19 + "{}" + "}" * 19,
    "as many lists as may be": "[" + ",".join(["[]"] * 58) + "]",
    "digits": "1" * 70,
    "as many values as may be": "[" + ",".join(["1"] * 599) + "]",
    "commas in text": '"' + ',\\",' * 900 + '"',
    "brackets in text": '"' + "[{" * 500 + '"',
    "brackets and digits behind escapes": '"' + '\\\\\\"[' * 500 + "1" * 500 + '\\\\"',
    "brackets in keys": '{"' + "{" * 500 + '":"' + "]" * 500 + '"}',
}
PAST = {
    "levels of lists": ("[" * 21 + "]" * 21, "20 levels of lists and objects"),
    "levels of objects": ('{"a":' * 20 + "{}" + "}" * 20, "20 levels of lists and objects"),
    "many levels": ("[" * 100_000 + "]" * 100_000, "60 lists and objects"),
    "levels hidden by text": ('["]",' * 21 + "1" + "]" * 21, "20 levels of lists and objects"),
    "levels hidden by escapes": (
        '["\\\\","\\"]",' * 21 + "1" + "]" * 21,
        "20 levels of lists and objects",
    ),
    "lists": ("[" + ",".join(["[]"] * 59) + "]", "60 lists and objects"),
    "objects": ("[" + ",".join(['{"a":1}'] * 59) + "]", "60 lists and objects"),
    "values": ("[" + ",".join(["1"] * 602) + "]", "600 values"),
    "members": ("{" + ",".join(f'"{n}":1' for n in range(602)) + "}", "600 values"),
    "values hidden by text": ('["\\"' + "," * 600 + '"' + ",1" * 602 + "]", "600 values"),
    "digits": ("1" * 71, "a number of more than 70 digits"),
    "digits of a fraction": ("1." + "3" * 71, "a number of more than 70 digits"),
}


@pytest.mark.parametrize("value", WITHIN.values(), ids=WITHIN.keys())
def test_what_a_message_may_hold(value: str) -> None:
    async def scenario(stage: Stage) -> None:
        await check(stage, f'420["echo",{value}]', answer="430[1]")

    play(serve(**LIMITS), scenario)


@pytest.mark.parametrize(("value", "limit"), PAST.values(), ids=PAST.keys())
def test_a_message_that_holds_too_much_is_refused_and_its_connection_stays(
    value: str, limit: str
) -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await peer.send(f'420["echo",{value}]', f'42["echo",{value}]', '421["echo"]')
        answer = await peer.receive_text()
        assert answer.startswith('430[{"error":{"code":"invalid_request"')
        assert limit in answer
        await peer.expect("431[0]")
        replies: list[Any] = []
        stage.server.main.sockets[sid].timeout(5).emit(
            "ask", ack=lambda *values: replies.append(values)
        )
        await peer.expect('420["ask"]')
        await peer.send(f"430[{value}]")
        await peer.expect_silence(1)
        assert [(type(error), limit in str(error)) for (error,) in replies] == [
            (InvalidAckError, True)
        ]

    play(serve(**LIMITS), scenario)


@pytest.mark.parametrize(("value", "limit"), PAST.values(), ids=PAST.keys())
def test_a_connect_that_holds_too_much_is_refused(value: str, limit: str) -> None:
    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send(f'40{{"token":{value}}}')
        answer = await peer.receive_text()
        assert answer.startswith("44{")
        assert limit in answer
        await stage.enter(peer)

    play(serve(**LIMITS), scenario)


@pytest.mark.parametrize(
    ("value", "passes"),
    [
        ("[" * 100 + "]" * 100, True),
        ("[" * 101 + "]" * 101, False),
        ("1" * 4300, True),
        ("1" * 4301, False),
    ],
)
def test_levels_and_digits_that_a_message_may_hold_by_default(value: str, passes: bool) -> None:
    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send(f'420["echo",{value}]')
        assert (await peer.receive_text()).startswith(
            "430[1]" if passes else '430[{"error":{"code":"invalid_request"'
        )

    play(serve(), scenario)


@pytest.mark.parametrize("kind", ["event", "ack", "refused"])
def test_after_costly_messages_a_connection_waits_for_the_next_turn(kind: str) -> None:
    costly = "[" + ",".join(["{}"] * (1_500 if kind != "refused" else 3_000_000)) + "]"
    message = f"439[{costly}]" if kind == "ack" else f'42["echo",{costly}]'

    async def scenario(stage: Stage) -> None:
        await stage.join()
        (connection,) = stage.server.connections
        for _ in range(3):
            read = 1
            while connection.receive_text(message):
                read += 1
            assert read == (1 if kind == "refused" else 2)
            assert connection.congested
            await connection.ready()
            assert not connection.congested
        assert connection.backlog.events == 0

    play(serve(), scenario)


def test_namespaces_of_a_connection_joined_or_being_joined() -> None:
    server = serve(namespaces=3)
    for name in "abc":
        server.of(f"/{name}")

    async def wait(_: Socket) -> None:
        await asyncio.sleep(1)

    server.of("/b").use(wait)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await stage.enter(peer, "/a")
        await peer.send("40/b")
        await asyncio.sleep(0.1)
        await peer.send("40/c")
        await peer.expect('44/c,{"message":"Too many namespaces"}')
        assert (await peer.receive_text()).startswith("40/b,")
        await peer.send("40/c")
        await peer.expect('44/c,{"message":"Too many namespaces"}')
        await peer.send("41/b,")
        await stage.enter(peer, "/c")

    play(server, scenario)


def test_pending_acks_of_a_socket_are_freed_by_answers_timeouts_and_the_end() -> None:
    server = serve(pending_acks=2)

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = server.main.sockets[sid]
        outcomes: list[Any] = []
        for _ in range(2):
            socket.timeout(5).emit("ask", ack=outcomes.append)
        with pytest.raises(SlowConsumerError):
            socket.timeout(5).emit("ask", ack=outcomes.append)
        await peer.expect('420["ask"]', '421["ask"]')
        await peer.send("430[]")
        await asyncio.sleep(6)
        assert len(outcomes) == 2
        for _ in range(2):
            socket.timeout(5).emit("ask", ack=outcomes.append)
        await peer.close()
        await asyncio.sleep(0.1)
        assert len(outcomes) == 4

    play(server, scenario)


def test_time_to_join_a_namespace() -> None:
    async def scenario(stage: Stage) -> None:
        prompt, late = await stage.open(), await stage.open()
        await asyncio.sleep(2.9)
        await stage.enter(prompt)
        await asyncio.sleep(0.2)
        await late.expect_close(timeout=0)
        await prompt.expect_silence(10)

    play(serve(connect_timeout=3), scenario)


def test_bytes_that_wait_for_handlers_count_attachments() -> None:
    released = asyncio.Event()
    server = serve(queued_bytes=10_000, queued_events=1000)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        async def slow(_: bytes) -> None:
            await released.wait()

        socket.on("slow", slow)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        for _ in range(20):
            await peer.send(f'451-["slow",{PLACEHOLDER}]', b"." * 1000)
        await asyncio.sleep(1)
        (connection,) = server.connections
        assert connection.congested
        assert 9 <= connection.backlog.events <= 11
        released.set()
        await asyncio.sleep(1)
        assert connection.backlog.events == 0

    play(server, scenario)


def traced(server: Server, *messages: str | bytes, clients: int) -> tuple[int, int]:
    """Have clients send messages that park something; return how much memory that took, and how
    much was left after their end.
    """
    measured: list[int] = []

    async def scenario(stage: Stage) -> None:
        peers = [(await stage.join())[0] for _ in range(clients)]
        gc.freeze()  # so that the collection below looks only at what comes now
        tracemalloc.start()
        try:
            for peer in peers:
                await peer.send(
                    *(
                        bytes(bytearray(message)) if isinstance(message, bytes) else message
                        for message in messages
                    )
                )
            await asyncio.sleep(1)
            measured.append(tracemalloc.get_traced_memory()[0])
            for peer in peers:
                await peer.close()
            peers.clear()
            await asyncio.sleep(1)
            gc.collect()
            measured.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()

    play(server, scenario)
    return measured[0], measured[1]


def test_memory_of_parked_attachments_is_bounded_and_freed() -> None:
    server = serve(attachment_bytes=100_000)
    parked, left = traced(server, f'4510-["echo",{PLACEHOLDER}]', *[b"." * 10_000] * 9, clients=20)
    assert 20 * 90_000 <= parked < 20 * 110_000
    assert left < 200_000


def test_memory_of_parked_attachments_past_the_limit_is_freed_at_once() -> None:
    server = serve(attachment_bytes=100_000)
    parked, left = traced(server, f'4510-["echo",{PLACEHOLDER}]', *[b"." * 60_000] * 2, clients=20)
    assert parked < 400_000
    assert left < 200_000


def test_binaries_and_depth_of_msgpack_packets() -> None:
    server = Server(parser=MsgpackParser(max_binaries=3, max_containers=1000))
    server.on("connection", listen)
    parser = MsgpackParser()

    async def join(stage: Stage) -> RawPeer:
        peer = await stage.open()
        await peer.send(parser.encode("40", ()))
        assert isinstance(await peer.receive(), bytes)
        return peer

    def echo(binaries: int, depth: int) -> bytes:
        placeholders = "".join(
            f',{{"_placeholder":true,"num":{index}}}' for index in range(binaries)
        )
        return parser.encode(
            f'45{binaries or 1}-0["echo",{"[" * depth}{"]" * depth}{placeholders}]',
            [b"."] * binaries,
        )

    async def scenario(stage: Stage) -> None:
        for binaries, depth in ((3, 1), (0, 100)):
            peer = await join(stage)
            await peer.send(echo(binaries, depth))
            await peer.expect(parser.encode(f"430[{1 + binaries}]", ()))
        peer = await join(stage)
        for depth in (101, 480):
            await peer.send(echo(0, depth))
            assert "more than 100 levels" in repr(await peer.receive())
        for message in (echo(4, 1), parser.encode(f'420["echo",[{",".join(["[]"] * 1000)}]]', ())):
            peer = await join(stage)
            await peer.send(message)
            await peer.expect_close(timeout=0.1)
        peer = await join(stage)
        await peer.send('420["echo"]')
        await peer.expect_close(timeout=0.1)

    play(server, scenario)


def call(hook: Callable[..., Any], *arguments: object) -> Any:
    """Stand for a plain function that returns a coroutine."""
    return hook(*arguments)


@pytest.mark.parametrize("hook", ["on_invalid", "on_error", "socket.on_error", "plain"])
def test_hooks_that_are_slow_run_a_bounded_number_of_times_and_leave_room_for_others(
    hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server()
    called: list[str] = []
    going_on = asyncio.Event()

    async def slow(*arguments: object) -> None:
        called.append(next(str(each) for each in arguments if isinstance(each, str)))
        await going_on.wait()

    if hook == "on_invalid":
        server.main.on_invalid(slow)
    elif hook != "socket.on_error":
        server.on_error(slow if hook == "on_error" else partial(call, slow))

    @server.on("connection")
    def connected(socket: Socket) -> None:
        if hook == "socket.on_error":
            socket.on_error(slow)
        for name in ("attack", "mine"):
            socket.on(name, int)  # of a text that isn't a number: raises

    async def scenario(stage: Stage) -> None:
        attacker, _ = await stage.join()
        for _ in range(10):
            await attacker.send(*['42["attack","x"]'] * 100)
        await attacker.expect_silence(1)
        assert called.count("attack") == MAX_HOOK_TASKS // 2
        assert len(server.environment.tasks) < MAX_HOOK_TASKS
        stranger, _ = await stage.join()
        await stranger.send('42["mine","x"]')
        await stranger.expect_silence(1)
        assert called[-1] == "mine"
        going_on.set()
        await stranger.send('42["mine","x"]')
        await stranger.expect_silence(1)
        await attacker.send('42["attack","x"]')
        await attacker.expect_silence(1)
        assert called[-1] == "attack"
        assert (
            len(
                [
                    record
                    for record in caplog.records
                    if "isn't called for each failure" in record.getMessage()
                ]
            )
            == 1
        )
        await asyncio.sleep(60)
        assert f"{1000 - MAX_HOOK_TASKS // 2 - 1:,} more of these".replace(
            ",", ""
        ) in caplog.text.replace(",", "")

    play(server, scenario)


@pytest.mark.parametrize("event", ["connection", "disconnect"])
def test_a_client_that_joins_and_leaves_faster_than_listeners_end_is_refused(event: str) -> None:
    server = Server(limits=Limits(namespaces=2))
    going_on = asyncio.Event()

    async def slow(*_: object) -> None:
        await going_on.wait()

    if event == "connection":
        server.on("connection", slow)
    else:
        server.on("connection", lambda socket: socket.on("disconnect", slow))

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        for _ in range(20):
            await stage.enter(peer)
            await peer.send("41")
        await peer.send("40")
        await peer.expect('44{"message":"Too many namespaces"}')
        assert len(server.environment.tasks) <= 21
        await stage.join()
        going_on.set()
        await asyncio.sleep(1)
        await stage.enter(peer)

    play(server, scenario)
