"""Namespaces that clients bring into being: patterns, templates and predicates."""

from __future__ import annotations

import asyncio
import re
import string
from typing import Any

import pytest
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Limits, Namespace, ParentNamespace, RefusalReply, Server, Socket
from ackord.runtime.server.matching import NameMatcher
from ackord.runtime.server.namespace import core_of
from ackord.runtime.testing import Link
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.server.stage import Stage, play


def template(server: Server, text: str) -> ParentNamespace:
    """Make a dynamic namespace; a checker can't see that a text is a template."""
    parent = server.of(text)
    assert isinstance(parent, ParentNamespace)
    return parent


INVALID = '{"message":"Invalid namespace"}'


def test_a_pattern_makes_a_namespace_for_each_name_that_fits_as_a_whole() -> None:
    server = Server()
    parent = server.of(re.compile(r"/dynamic-(?P<number>\d+)"))
    seen: list[tuple[str, dict[str, str]]] = []

    @parent.on("connection")
    def connected(socket: Socket) -> None:
        seen.append((socket.namespace.name, dict(socket.namespace.params)))
        socket.emit("hello")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/dynamic-101")
        await peer.expect('42/dynamic-101,["hello"]')
        await stage.enter(peer, "/dynamic-2")
        await peer.expect('42/dynamic-2,["hello"]')
        for name in ("/dynamic-", "/dynamic-1x", "/x/dynamic-1"):
            await peer.send(f"40{name},")
            await peer.expect(f"44{name},{INVALID}")
        assert seen == [("/dynamic-101", {"number": "101"}), ("/dynamic-2", {"number": "2"})]
        assert sorted(parent.children) == ["/dynamic-101", "/dynamic-2"]
        assert all(core_of(child).parent is core_of(parent) for child in parent.children.values())

    play(server, scenario)


@pytest.mark.parametrize(
    ("pattern", "fits", "others"),
    [
        (re.compile(r"/dyn-\d+"), "/dyn-1", ["/dyn-\u0661", "/dyn-\uff11", "/dyn-\u00b2"]),
        (re.compile(r"/\w+"), "/a_1", ["/\u00e9", "/\u0430"]),
        (re.compile(r"/a\sb"), "/a b", ["/a\u00a0b", "/a\u2003b"]),
        (re.compile(r"/.+\b\w"), "/ b", ["/\u00e9b\u00e9"]),
        (re.compile(r"/task", re.IGNORECASE), "/TASK", ["/ta\u017fk", "/tas\u212a"]),
        (re.compile(r"(?i)/task", re.UNICODE), "/Task", ["/ta\u017fk"]),
        (re.compile(r"(?u)/dyn-\d+"), "/dyn-\u0661", ["/dyn-x"]),
        (re.compile(r"/dyn-\d+$"), "/dyn-1", ["/dyn-1\n", "/dyn-1x"]),
    ],
)
def test_a_pattern_means_ascii_as_in_javascript_unless_it_asks_for_unicode(
    pattern: re.Pattern[str], fits: str, others: list[str]
) -> None:
    matcher = NameMatcher(pattern)
    assert matcher.match(fits) is not None
    for name in others:
        assert matcher.match(name) is None, name


@given(st.characters(codec="utf-8"))
def test_only_ascii_digits_and_letters_are_digits_and_letters(character: str) -> None:
    is_digit, is_word = (
        character in string.digits,
        character in string.digits + string.ascii_letters + "_",
    )
    for pattern, expected in ((r"/\d", is_digit), (r"/\w", is_word), (r"/[^\D]", is_digit)):
        assert (NameMatcher(re.compile(pattern)).match(f"/{character}") is not None) is expected


def test_a_template_gives_its_parameters() -> None:
    server = Server()
    parent = template(server, "tenant/{tenant}/doc/{doc}")

    async def scenario(stage: Stage) -> None:
        _, sid = await stage.join("/tenant/a.b c/doc/ü")
        (child,) = parent.children.values()
        assert child.sockets[sid].namespace.params == {"tenant": "a.b c", "doc": "ü"}
        peer = await stage.open()
        for name in (
            "/tenant/1/doc/",
            "/tenant/1/2/doc/3",
            "/tenant//doc/3",
            "/tenant/{tenant}/doc",
        ):
            await peer.send(f"40{name},")
            await peer.expect(f"44{name},{INVALID}")

    assert server.of("/tenant/{tenant}/doc/{doc}") is parent
    assert server.of("/plain").params == {}
    play(server, scenario)


@pytest.mark.parametrize("text", ["/{", "/a}", "/{a}{", "/{}", "/{a b}", "/{a}/{a}", "/{1}"])
def test_a_malformed_template_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="can't name namespaces"):
        Server().of(text)


def test_a_predicate_sees_the_name_and_the_auth_payload_and_may_wait() -> None:
    server = Server()
    asked: list[Any] = []

    @server.of
    async def parent(name: str, auth: dict[str, Any]) -> bool:
        asked.append((name, auth))
        await asyncio.sleep(5)
        if auth.get("banned"):
            raise RefusalReply("banned", {"until": "tomorrow"})
        if auth.get("broken"):
            raise ValueError("secret")
        return name.startswith("/game-")

    assert isinstance(parent, ParentNamespace)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send('40/game-1,{"token":"x"}')
        answer = await peer.receive_text()
        assert answer.startswith('40/game-1,{"sid":"')
        await peer.send("40/other,", '40/game-2,{"banned":true}', '40/game-3,{"broken":true}')
        await peer.expect(
            f"44/other,{INVALID}",
            '44/game-2,{"message":"banned","data":{"until":"tomorrow"}}',
            '44/game-3,{"message":"Internal error","data":{"code":"internal"}}',
        )
        assert asked == [
            ("/game-1", {"token": "x"}),
            ("/other", {}),
            ("/game-2", {"banned": True}),
            ("/game-3", {"broken": True}),
        ]

    play(server, scenario)


def test_a_predicate_is_asked_about_each_client_and_not_only_about_the_first() -> None:
    """Socket.IO lets anybody in once the namespace exists."""
    server = Server()

    async def is_allowed(_: str, auth: dict[str, Any]) -> bool:
        await asyncio.sleep(1)
        return auth.get("token") == "secret"

    parent = server.of(is_allowed)

    async def scenario(stage: Stage) -> None:
        await stage.join("/game", '{"token":"secret"}')
        thief = await stage.open()
        await thief.send("40/game,", '42/game,["early"]')
        await thief.expect_close()
        thief = await stage.open()
        await thief.send("40/game,")
        await thief.expect(f"44/game,{INVALID}")
        await stage.enter(thief, "/game", '{"token":"secret"}')
        assert len(parent.children["/game"].sockets) == 2

    play(server, scenario)


def test_a_predicate_that_takes_too_long_refuses() -> None:
    server = Server(limits=Limits(connect_timeout=3))

    async def forever(_: str) -> bool:
        await asyncio.sleep(1000)
        return True

    server.of(forever)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send("40/x,")
        await peer.expect('44/x,{"message":"Internal error","data":{"code":"internal"}}')

    play(server, scenario)


def test_a_client_that_leaves_while_the_predicate_is_asked_leaves_nothing_behind() -> None:
    server = Server()

    async def slow(_: str) -> bool:
        await asyncio.sleep(5)
        return True

    parent = server.of(slow)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40/x,")
        await asyncio.sleep(1)
        await peer.close()
        await asyncio.sleep(10)
        assert parent.children == {}
        assert server.find("/x") is None

    play(server, scenario)


def test_the_first_that_fits_wins_and_a_namespace_of_that_name_comes_before_all() -> None:
    server = Server()

    def any_name(_: str) -> bool:
        return True

    server.of("/fixed").on("connection", lambda socket: socket.emit("fixed"))
    server.of(re.compile("/a.*")).on("connection", lambda socket: socket.emit("pattern"))
    server.of(any_name).on("connection", lambda socket: socket.emit("predicate"))
    server.of("/{any}").on("connection", lambda socket: socket.emit("template"))

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        for name, expected in (("/abc", "pattern"), ("/b", "predicate"), ("/fixed", "fixed")):
            await stage.enter(peer, name)
            await peer.expect(f'42{name},["{expected}"]')

    play(server, scenario)


def test_two_clients_that_ask_at_once_meet_in_one_namespace() -> None:
    """The race of socketio/socket.io#4136."""
    server = Server()
    made: list[Namespace] = []
    server.on("new_namespace", made.append)

    async def slow(_: str) -> bool:
        await asyncio.sleep(1)
        return True

    parent = server.of(slow)

    async def scenario(stage: Stage) -> None:
        (one, _), (two, _) = await asyncio.gather(stage.join("/room"), stage.join("/room"))
        assert [namespace.name for namespace in made] == ["/room"]
        assert len(made[0].sockets) == 2
        assert parent.children == {"/room": made[0]}
        server.of("/room").emit("both")
        await one.expect('42/room,["both"]')
        await two.expect('42/room,["both"]')

    play(server, scenario)


def test_a_child_has_what_its_parent_had_when_it_was_made() -> None:
    server = Server()
    parent = template(server, "/t/{id}")
    parent.error_replies = False
    order: list[str] = []

    @parent.use
    async def first(socket: Socket) -> None:
        order.append("middleware")
        if socket.handshake.auth.get("refuse"):
            raise RefusalReply("no")

    @parent.use_event
    def middleware(_: Socket, name: str, __: tuple[Any, ...]) -> None:
        order.append(f"middleware {name}")

    @parent.on("connection")
    def connected(socket: Socket) -> None:
        order.append("connection")
        socket.on("hi", lambda: "hi")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/t/1")
        parent.on("connection", lambda _: order.append("too late"))
        await peer.send('42/t/1,1["hi"]', '42/t/1,2["nobody listens"]', '42/t/1,3["hi"]')
        await peer.expect('43/t/1,1["hi"]', '43/t/1,3["hi"]')
        await stage.enter(peer, "/t/2")
        await peer.send('40/t/3,{"refuse":true}')
        await peer.expect('44/t/3,{"message":"no"}')
        assert order == [
            "middleware",
            "connection",
            "middleware hi",
            "middleware nobody listens",
            "middleware hi",
            "middleware",
            "connection",
            "too late",
            "middleware",
        ]
        assert parent.failures.counts == {"nobody listens": 1}

    play(server, scenario)


def test_the_hook_of_a_child_runs_before_anybody_is_in_it() -> None:
    server = Server()
    parent = server.of(re.compile("/x.*"))
    found: list[tuple[str, int]] = []

    def prepare(child: Namespace) -> None:
        found.append((child.name, len(child.sockets)))
        child.on("connection", lambda socket: socket.emit("prepared"))

    parent.set_child_hook(prepare)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/x1")
        await peer.expect('42/x1,["prepared"]')
        assert found == [("/x1", 0)]

    play(server, scenario)


def test_what_is_sent_to_the_parent_goes_to_all_children() -> None:
    server = Server()
    parent = template(server, "/t/{id}")

    @parent.on("connection")
    def connected(socket: Socket) -> None:
        socket.join("room" if socket.namespace.params["id"] == "1" else "other")

    async def scenario(stage: Stage) -> None:
        one, one_sid = await stage.join("/t/1")
        two, _ = await stage.join("/t/2")
        bystander, _ = await stage.join()
        parent.emit("all", b"\x01")
        parent.to("room").emit("some")
        parent.except_("room").emit("others")
        parent.sockets_join("new")
        parent.in_("new").emit("joined")
        await one.expect(
            '451-/t/1,["all",{"_placeholder":true,"num":0}]',
            b"\x01",
            '42/t/1,["some"]',
            '42/t/1,["joined"]',
        )
        await two.expect(
            '451-/t/2,["all",{"_placeholder":true,"num":0}]',
            b"\x01",
            '42/t/2,["others"]',
            '42/t/2,["joined"]',
        )
        with pytest.raises(UsageError, match="children"):
            await parent.fetch_sockets()
        with pytest.raises(UsageError, match="children"):
            await parent.emit_with_ack("question")
        assert [socket.id for socket in await parent.children["/t/1"].fetch_sockets()] == [one_sid]
        parent.to("room").disconnect_sockets()
        await one.expect("41/t/1,")
        await two.expect_silence(1)
        await bystander.expect_silence(1)

    play(server, scenario)


def test_a_namespace_goes_with_its_last_socket_and_can_come_again() -> None:
    server = Server()
    made: list[Namespace] = []
    server.on("new_namespace", made.append)
    parent = server.of(re.compile("/x.*"))

    @parent.use
    async def check(socket: Socket) -> None:
        await asyncio.sleep(1)
        if socket.handshake.auth.get("refuse"):
            raise RefusalReply("no")

    async def scenario(stage: Stage) -> None:
        one, _ = await stage.join("/x")
        two, _ = await stage.join("/x")
        first = parent.children["/x"]
        await one.send("41/x,")
        await asyncio.sleep(1)
        assert parent.children == {"/x": first}
        # Somebody is about to join while the last one leaves: the namespace stays for them.
        joining = asyncio.create_task(stage.join("/x"))
        await asyncio.sleep(0.5)
        await two.close()
        await asyncio.sleep(0.1)
        assert parent.children == {"/x": first}
        three, _ = await joining
        await three.close()
        await asyncio.sleep(1)
        assert parent.children == {}
        assert server.find("/x") is None
        # A namespace whose only client is refused goes as well.
        four = await stage.open()
        await four.send('40/x2,{"refuse":true}')
        await four.expect('44/x2,{"message":"no"}')
        assert parent.children == {}
        await stage.join("/x")
        assert [namespace.name for namespace in made] == ["/x", "/x2", "/x"]
        assert parent.children["/x"] is not first

    play(server, scenario)


def test_without_cleanup_an_empty_namespace_stays() -> None:
    server = Server(cleanup_empty_child_namespaces=False)
    parent = server.of(re.compile("/x.*"))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/x")
        child = parent.children["/x"]
        await peer.close()
        await asyncio.sleep(1)
        assert parent.children == {"/x": child}
        assert server.of("/x") is child

    play(server, scenario)


def test_a_name_asked_for_by_hand_belongs_to_a_pattern_and_stays_if_it_has_listeners() -> None:
    server = Server()
    made: list[str] = []
    server.on("new_namespace", lambda namespace: made.append(namespace.name))

    def any_name(_: str) -> bool:
        return True

    server.of(any_name)
    parent = server.of(re.compile(r"/dynamic-\d+"))
    kept = server.of("/dynamic-101")
    kept.on("connection", lambda socket: socket.emit("kept"))
    plain = server.of("/dynamic-102")

    async def scenario(stage: Stage) -> None:
        assert parent.children == {"/dynamic-101": kept, "/dynamic-102": plain}
        assert made == ["/dynamic-101", "/dynamic-102"]
        peer, _ = await stage.join("/dynamic-101")
        await peer.expect('42/dynamic-101,["kept"]')
        await stage.enter(peer, "/dynamic-102")
        await peer.close()
        await asyncio.sleep(1)
        assert parent.children == {"/dynamic-101": kept}

    play(server, scenario)


def test_a_namespace_that_was_only_spoken_to_goes_after_a_minute() -> None:
    server = Server(ping_interval=1000)
    parent = template(server, "/t/{id}")
    server.of("/t/early")

    async def scenario(stage: Stage) -> None:
        for number in range(100):
            server.of(f"/t/{number}").emit("news")
        server.of("/t/kept").use_event(print)
        await asyncio.sleep(30)
        await stage.join("/t/7")
        await asyncio.sleep(31)
        assert sorted(parent.children) == ["/t/7", "/t/early", "/t/kept"]

    play(server, scenario)


def test_how_many_namespaces_clients_can_make_is_bounded() -> None:
    server = Server(limits=Limits(child_namespaces=2))
    server.of("/t/{id}")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/t/1")
        await stage.enter(peer, "/t/2")
        other = await stage.open()
        await other.send("40/t/3,")
        await other.expect('44/t/3,{"message":"Too many namespaces"}')
        await stage.enter(other, "/t/2")
        await peer.send("41/t/1,")
        await asyncio.sleep(1)
        await stage.enter(other, "/t/3")

    play(server, scenario)


ATTACKER, STRANGER = "203.0.113.1", "203.0.113.2"


@pytest.mark.parametrize("leaves", ["stays", "leaves", "is cut off", "waits"])
@pytest.mark.parametrize("attacker", [ATTACKER, "127.0.0.1"])
@pytest.mark.parametrize("stranger", [STRANGER, "127.0.0.1"])
@pytest.mark.parametrize(
    "options",
    [
        {"connection_state_recovery": ConnectionStateRecovery()},
        {"cleanup_empty_child_namespaces": False},
        {},
    ],
    ids=["recovery", "kept", "plain"],
)
def test_whoever_makes_namespaces_a_newcomer_of_another_address_gets_one(
    options: Any, stranger: str, attacker: str, leaves: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(limits=Limits(child_namespaces=40), **options)
    parent = template(server, "/t/{id}")

    @parent.use
    async def check(socket: Socket) -> None:
        if "slow" in socket.handshake.auth:
            await asyncio.Event().wait()

    async def scenario(stage: Stage) -> None:
        peer = await Link(server, address=attacker).raw()
        auth = '{"slow":1}' if leaves == "waits" else "{}"
        await peer.send(*(f"40/t/{number},{auth}" for number in range(60)))
        if leaves == "leaves":
            await peer.send(*(f"41/t/{number}," for number in range(60)))
        await asyncio.sleep(1)
        if leaves == "is cut off":
            await peer.close()
            await asyncio.sleep(1)
        made = list(parent.children)
        assert len(made) <= 40
        newcomer = Link(server, address=stranger)
        for number in range(3):
            raw = await newcomer.raw()
            await raw.receive_text()
            await raw.send(f"40/t/mine{number},")
            refused = (leaves, attacker) == ("stays", "127.0.0.1")
            assert (await raw.receive_text()).startswith(
                f'4{4 if refused else 0}/t/mine{number},{{"'
            )
        assert len(parent.children) <= 40
        # What went was the oldest of what nobody is in.
        gone = [name for name in made if name not in parent.children]
        assert gone == made[: len(gone)]
        while gone and leaves == "waits":
            if (text := await peer.receive_text()).startswith(f"44{gone[0]},"):
                assert text == f'44{gone.pop(0)},{{"message":"Too many namespaces"}}'

    play(server, scenario)
    lines = [
        each.getMessage() for each in caplog.records if "child_namespaces" in each.getMessage()
    ]
    assert all(("trusted_proxies" in line) == (attacker == "127.0.0.1") for line in lines)
    assert lines or (leaves, attacker) != ("stays", "127.0.0.1")


def test_a_namespace_that_somebody_has_joined_stays_though_others_wait_to_join() -> None:
    server = Server(limits=Limits(child_namespaces=2))
    parent = template(server, "/t/{id}")

    @parent.use
    async def check(socket: Socket) -> None:
        if "slow" in socket.handshake.auth:
            await asyncio.sleep(8)

    async def scenario(stage: Stage) -> None:
        peer, other = [await stage.open() for _ in range(2)]
        await peer.send('40/t/1,{"slow":1}', '40/t/2,{"slow":1}')
        await asyncio.sleep(1)
        await stage.enter(other, "/t/1")
        await stage.enter(other, "/t/3")
        await peer.expect('44/t/2,{"message":"Too many namespaces"}')
        await other.send("40/t/4,")
        await other.expect('44/t/4,{"message":"Too many namespaces"}')
        assert (await peer.receive_text()).startswith('40/t/1,{"sid":"')
        assert len(parent.children["/t/1"].sockets) == 2

    play(server, scenario)


def test_a_client_that_asks_twice_while_the_name_is_looked_up_joins_once() -> None:
    server = Server()

    async def slow(_: str) -> bool:
        await asyncio.sleep(5)
        return True

    parent = server.of(slow)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40/x,", "40/x,")
        assert (await peer.receive_text()).startswith('40/x,{"sid":"')
        await peer.expect_silence(10)
        (child,) = parent.children.values()
        assert len(child.sockets) == 1
        assert not core_of(child).admissions
        await peer.send("41/x,")
        await asyncio.sleep(1)
        assert parent.children == {}

    play(server, scenario)


def test_other_events_of_the_server_are_refused() -> None:
    server = Server()
    on: Any = server.on
    with pytest.raises(UsageError, match="listened for on its socket"):
        on("message", print)
    on = server.of("/chat").on
    with pytest.raises(UsageError, match="listened for on its socket"):
        on("new_namespace", print)


def test_listeners_of_new_namespaces_are_plain_functions() -> None:
    async def later(_: Namespace) -> None: ...

    with pytest.raises(UsageError, match="plain function"):
        Server().on("new_namespace", later)


def test_of_namespaces_that_a_client_was_put_out_of_only_so_many_are_remembered() -> None:
    server = Server(limits=Limits(namespaces=3))
    parent = server.of(re.compile(r"/made-up-\d+"))

    @parent.on("connection")
    def connected(socket: Socket) -> None:
        socket.disconnect()

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        for number in range(6):
            await stage.enter(peer, f"/made-up-{number}")
            await peer.expect(f"41/made-up-{number},")
        for number in (3, 4, 5):
            await peer.send(f'42/made-up-{number},["late"]')
        await peer.expect_silence(1)
        await peer.send('42/made-up-2,["much too late"]')
        await peer.expect_close()

    play(server, scenario)
