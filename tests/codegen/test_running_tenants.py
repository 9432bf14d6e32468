"""Generated code, run: dynamic namespaces, acknowledgements of many, events between servers, and
the styles of answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, ClassVar

import pytest
from ackord.runtime.adapters.base import SocketDetails, Target
from ackord.runtime.adapters.local import LocalBus
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER, Parser
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Server
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.server_acks import ServersTimeoutError
from ackord.runtime.testing import Link, RawPeer, run
from ackord.runtime.typed.presence import EVERYBODY, Whom
from typing_extensions import override

from tests.codegen.golden.tenants.expected import (
    AckTimeoutError,
    AdminClient,
    AdminContext,
    AdminNamespace,
    AdminStatusAck,
    Closed,
    DeskRoom,
    DisconnectedError,
    DropResult,
    FlushResult,
    InvalidAckError,
    InvalidPayloadError,
    Plan,
    RemoteError,
    Seat,
    SeatsAck,
    Slug,
    StatusAck,
    StatusResult,
    TenantAuth,
    TenantClient,
    TenantConnectRefusedError,
    TenantContext,
    TenantHandlers,
    TenantInstance,
    TenantNamespace,
    TenantParams,
    TenantStatusAck,
    UnknownError,
)

ACME, BANK = TenantParams(Slug("acme"), Plan.FREE), TenantParams(Slug("bank"), Plan.PAID)


class Tenants(TenantNamespace):
    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, TenantParams, str]] = []
        self.recovered: list[tuple[bool, int]] = []

    @override
    async def on_connect(self, ctx: TenantContext, auth: TenantAuth) -> Closed | None:
        self.log.append(("connect", ctx.params, auth.token))
        if auth.token == "closed":
            return Closed()
        if ctx.recovered:
            self.recovered.append((ctx.is_in(DeskRoom(1)), ctx.data.seen))
        ctx.data.seen += 1
        ctx.data.rows = [1, 2]
        ctx.join(DeskRoom(1))
        return None

    @override
    async def on_disconnect(self, ctx: TenantContext, reason: str) -> None:
        self.log.append(("disconnect", ctx.params, reason))

    @override
    async def on_status(self, ctx: TenantContext, verbose: bool) -> StatusResult:
        return StatusAck(seats=[Seat(row=row) for row in ctx.data.rows]) if verbose else Closed()

    @override
    async def on_sit(self, ctx: TenantContext, row: int) -> int:
        if row == 0:
            raise RuntimeError("hunter2")
        return row * 2

    @override
    async def on_wave(self, ctx: TenantContext) -> None:
        ctx.to(DeskRoom(1)).waved()

    @override
    async def on_moved(self, ctx: TenantInstance, row: int) -> None:
        self.log.append(("moved", ctx.params, str(row)))

    @override
    async def on_seats(self, ctx: TenantInstance, row: int) -> SeatsAck:
        return SeatsAck(free=row + len(ctx.socket_namespace.sockets))


class Admin(AdminNamespace):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, bytes | None] | tuple[str, Plan]] = []
        self.size: Callable[[], int] = lambda: 1

    @override
    async def on_status(self, ctx: AdminContext) -> AdminStatusAck:
        return AdminStatusAck(tenants=2)

    @override
    async def on_refresh(self, ctx: AdminContext, slug: Slug) -> None:
        self.cluster.refresh(slug, b"\x00\x01")
        self.cluster.plan_changed(slug)

    @override
    async def on_flush(self, ctx: AdminContext) -> FlushResult:
        raise RuntimeError("hunter2")

    @override
    async def on_refresh_from_cluster(self, slug: Slug, blob: bytes | None) -> None:
        self.told.append((slug, blob))

    @override
    async def on_plan_changed(self, slug: Slug, plan: Plan) -> None:
        self.told.append((slug, plan))

    @override
    async def on_cache_size(self, slug: Slug) -> int:
        return self.size()

    @override
    async def on_drop(self, slug: Slug) -> DropResult:
        if slug == "shut":
            Closed().unwrap()
        return Closed() if slug == "closed" else True


class Site:
    def __init__(self, **options: Any) -> None:
        self.tenants = Tenants()
        self.admin = Admin()
        self.server = Server(**options)
        self.server.register(self.tenants)
        self.server.register(self.admin)
        self.link = Link(self.server)
        self.parser: Parser = options.get("parser", TEXT_PARSER)

    def client(
        self, params: TenantParams = ACME, user: str = "t", handlers: TenantHandlers | None = None
    ) -> TenantClient:
        return TenantClient(
            "http://test",
            params=params,
            auth=TenantAuth(token=user),
            handlers=handlers,
            connector=self.link,
            parser=self.parser,
            reconnection=False,
        )

    @asynccontextmanager
    async def raw(self, connect: str) -> AsyncGenerator[RawPeer]:
        async with await self.link.raw() as peer:
            await peer.receive_text()
            await peer.send(connect)
            yield peer


class Answering(TenantHandlers):
    def __init__(self, count: Callable[[], int]) -> None:
        super().__init__()
        self._count = count

    @override
    async def on_status(self, seat: Seat) -> TenantStatusAck:
        return TenantStatusAck(seen=seat.row == 1)

    @override
    async def on_count(self) -> int:
        return self._count()


def fail() -> int:
    raise RuntimeError("hunter2")


@pytest.mark.parametrize("parser", [TEXT_PARSER, MsgpackParser()], ids=["text", "msgpack"])
def test_each_set_of_parameters_is_a_namespace_of_its_own(parser: Parser) -> None:
    async def scenario() -> None:
        site = Site(parser=parser)
        waves: list[str] = []
        async with (
            site.client(ACME) as one,
            site.client(ACME) as two,
            site.client(BANK, "b") as bank,
        ):
            for name, client in (("one", one), ("two", two), ("bank", bank)):

                @client.on_waved
                async def _(name: str = name) -> None:
                    waves.append(name)

            assert await one.status(verbose=True) == StatusAck(seats=[Seat(row=1), Seat(row=2)])
            assert await one.status() == Closed()
            assert await bank.sit(3) == 6
            one.wave()
            await one.status()
            await two.status()
            assert waves == ["two"]
            site.tenants.at(BANK).all.waved()
            await bank.status()
            assert waves == ["two", "bank"]
            site.tenants.all.waved()
            site.tenants.at(ACME).to(DeskRoom(1)).except_(DeskRoom(1)).waved()
            site.tenants.at(TenantParams(Slug("nobody"), Plan.FREE)).all.waved()
            for client in (one, two, bank):
                await client.status()
            assert sorted(waves) == ["bank", "bank", "one", "two", "two"]
        await asyncio.sleep(1)
        assert site.tenants.log[:3] == [
            ("connect", ACME, "t"),
            ("connect", ACME, "t"),
            ("connect", BANK, "b"),
        ]
        assert {entry[:2] for entry in site.tenants.log[3:]} == {
            ("disconnect", ACME),
            ("disconnect", BANK),
        }
        with pytest.raises(DisconnectedError):
            await site.tenants.at(ACME).client("gone").count()

    run(scenario())


@pytest.mark.parametrize(
    "path",
    [
        "/tenant/acme",
        "/tenant/ACME/free",
        "/tenant/acme/gold",
        "/tenant//free",
        "/tenant/acme/free/",
        "/tenant/%61cme/free",
        "/tenant/a b/free",
    ],
)
def test_a_namespace_with_a_bad_parameter_is_no_namespace(path: str) -> None:
    async def scenario() -> None:
        site = Site()
        async with site.raw(f'40{path},{{"token":"t"}}') as peer:
            await peer.expect(f'44{path},{{"message":"Invalid namespace"}}')
        assert site.tenants.log == []

    run(scenario())


def test_a_client_in_javascript_writes_the_parameters_into_the_name() -> None:
    async def scenario() -> None:
        site = Site()
        async with site.raw('40/tenant/acme/paid,{"token":"t"}') as peer:
            assert (await peer.receive_text()).startswith('40/tenant/acme/paid,{"sid":"')
            await peer.send('42/tenant/acme/paid,1["sit",2]')
            await peer.expect('43/tenant/acme/paid,1[{"ok":4}]')
            await peer.send('42/tenant/acme/paid,2["sit",0]')
            await peer.expect(
                '43/tenant/acme/paid,2[{"error":{"code":"internal","message":"The handler failed"}}]'
            )
        async with site.raw("40/tenant/acme/paid,") as peer:
            answer = await peer.receive_text()
            assert answer.startswith(
                '44/tenant/acme/paid,{"message":"The auth payload isn\'t as declared","data":{"code":"invalid_request"'
            )

    run(scenario())


def test_wrong_parameters_are_found_before_anything_is_opened() -> None:
    with pytest.raises(
        InvalidPayloadError, match="TenantParams: tenant: String should match pattern"
    ):
        TenantParams(Slug("A"), Plan.FREE)
    site = Site()
    with pytest.raises(TypeError, match="takes a TenantParams, not 'str'"):
        site.client("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must refuse
    with pytest.raises(TypeError, match="takes a TenantParams, not 'str'"):
        site.tenants.at("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must refuse


def test_a_connection_can_be_refused_with_a_declared_error() -> None:
    async def scenario() -> None:
        with pytest.raises(TenantConnectRefusedError) as caught:
            await Site().client(user="closed").connect()
        assert caught.value.error == Closed()

    run(scenario())


def lie() -> int:
    answer: Any = "3"
    return answer  # type: ignore[no-any-return]  # what the runtime must see


@pytest.mark.parametrize("parser", [TEXT_PARSER, MsgpackParser()], ids=["text", "msgpack"])
def test_many_are_asked_and_one_sees_who_said_what_and_who_said_nothing(parser: Parser) -> None:
    async def scenario() -> None:
        site = Site(parser=parser)
        counts: list[Callable[[], int]] = [lambda: 1, lambda: 2, fail, lie]
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(site.client(handlers=Answering(count)))
                for count in counts
            ]
            silent = await stack.enter_async_context(site.client(handlers=Sleeping()))
            await stack.enter_async_context(site.client(BANK, handlers=Answering(lambda: 9)))
            place = site.tenants.at(ACME)
            everybody = await place.all.except_(DeskRoom(2)).gather().status(Seat(row=1))
            assert everybody.is_complete
            assert list(everybody) == [TenantStatusAck(seen=True)] * 5
            replies = await place.to(DeskRoom(1)).gather(timeout=0.5).count()
            sids = [client.sid for client in clients]
            assert replies.values == {sids[0]: 1, sids[1]: 2}
            assert sorted(replies) == [1, 2]
            assert (len(replies), replies.is_complete, replies.missing) == (2, False, (silent.sid,))
            assert {sid: type(error) for sid, error in replies.failures.items()} == {
                sids[2]: RemoteError,
                sids[3]: RemoteError,
            }
            assert "hunter2" not in str(replies.failures)
            nobody = await place.to(DeskRoom(7)).gather().count()
            assert (nobody.values, nobody.is_complete) == ({}, True)

    run(scenario())


class Sleeping(Answering):
    def __init__(self) -> None:
        super().__init__(lambda: 0)

    @override
    async def on_count(self) -> int:
        await asyncio.sleep(60)
        return 0


def test_an_answer_that_is_not_as_declared_is_a_failure_of_that_client_alone() -> None:
    async def scenario() -> None:
        site = Site()
        async with (
            site.raw('40/tenant/acme/free,{"token":"t"}') as peer,
            site.client(handlers=Answering(lambda: 1)) as good,
        ):
            sid = json.loads((await peer.receive_text()).removeprefix("40/tenant/acme/free,"))[
                "sid"
            ]

            async def answer() -> None:
                question = await peer.receive_text()
                ack_id = question.removeprefix("42/tenant/acme/free,").partition("[")[0]
                await peer.send(f'43/tenant/acme/free,{ack_id}["one"]')

            async with asyncio.TaskGroup() as group:
                group.create_task(answer())
                replies = await site.tenants.at(ACME).all.gather().count()
            assert replies.values == {good.sid: 1}
            assert [(name, type(error)) for name, error in replies.failures.items()] == [
                (sid, InvalidAckError)
            ]

    run(scenario())


@asynccontextmanager
async def cluster(count: int) -> AsyncGenerator[list[Site]]:
    """Start the servers of a cluster."""
    bus = LocalBus()
    async with AsyncExitStack() as stack:
        sites = [Site(adapter=bus.make_adapter) for _ in range(count)]
        for site in sites:
            await stack.enter_async_context(site.server.lifespan())
        yield sites


def test_events_between_servers_reach_the_others_with_their_types(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        async with cluster(2) as (here, there):
            async with AdminClient("http://test", connector=here.link) as admin:
                assert await admin.status() == AdminStatusAck(tenants=2)
                admin.refresh(Slug("acme"))
                await admin.status()
            await asyncio.sleep(1)
            assert there.admin.told == [("acme", b"\x00\x01"), ("acme", Plan.FREE)]
            assert here.admin.told == []
            here.server.of("/admin").server_side_emit("plan_changed", "ACME")
            await asyncio.sleep(1)

    run(scenario())
    assert (
        "Event 'plan_changed' of another server failed: 'invalid_request' "
        "('slug': \"String should match pattern '^[a-z]{1,20}$'\")" in caplog.text
    )


def test_other_servers_answer_and_one_that_answers_wrongly_does_not_hide_the_others() -> None:
    async def scenario() -> None:
        async with cluster(4) as (here, two, three, _):
            two.admin.size, three.admin.size = lambda: 2, lambda: 3
            replies = await here.admin.cluster.cache_size(Slug("acme"))
            assert (sorted(replies), len(replies), replies.is_complete) == ([1, 2, 3], 3, True)
            for slug, answer in (("acme", True), ("closed", Closed()), ("shut", Closed())):
                assert set(await here.admin.cluster.drop(Slug(slug))) == {answer}
            # What isn't an `int` can't be sent, and this contract answers no failures.
            three.admin.size = lie
            replies = await here.admin.cluster.cache_size(Slug("acme"), timeout=1)
            assert (sorted(replies), replies.missing, replies.is_complete) == ([1, 2], 1, False)
            with pytest.raises(InvalidPayloadError):
                await here.admin.cluster.cache_size(Slug("ACME"))
        async with cluster(1) as (alone,):
            nobody = await alone.admin.cluster.cache_size(Slug("acme"))
            assert (nobody.values, nobody.failures, nobody.missing) == ((), (), 0)

    run(scenario())


class Replying(MemoryAdapter):
    """The adapter of a server whose cluster answers in this way."""

    replies: ClassVar[list[str]] = []
    missing: ClassVar[int] = 0

    @override
    async def server_side_emit_with_ack(
        self, event: EncodedEvent, timeout: float
    ) -> list[AckReply]:
        replies: list[AckReply] = [(text, ()) for text in self.replies]
        if self.missing:
            raise ServersTimeoutError(replies, self.missing, timeout)
        return replies


@pytest.mark.parametrize(
    ("replies", "missing", "values", "failures"),
    [
        (["[1]", "[2]"], 0, (1, 2), []),
        (['["1"]', "[2]"], 0, (2,), [InvalidAckError]),
        (["[1", "[2,3]", "[]"], 0, (2,), [InvalidAckError, InvalidAckError]),
        (['[{"error":{"code":"internal","message":"m"}}]', "[2]"], 0, (2,), [RemoteError]),
        (["[1]"], 2, (1,), []),
        ([], 1, (), []),
    ],
)
def test_answers_of_servers_are_read_one_by_one(
    replies: list[str], missing: int, values: tuple[int, ...], failures: list[type[Exception]]
) -> None:
    class Adapter(Replying):
        pass

    Adapter.replies, Adapter.missing = replies, missing

    async def scenario() -> None:
        site = Site(adapter=Adapter)
        found = await site.admin.cluster.cache_size(Slug("acme"))
        assert (found.values, found.missing) == (values, missing)
        assert [type(each) for each in found.failures] == failures
        assert found.is_complete == (not failures and not missing)

    run(scenario())


def test_the_servers_of_a_dynamic_namespace_are_told_which_one_it_is() -> None:
    async def scenario() -> None:
        async with cluster(2) as (here, there), here.client(), there.client(), there.client():
            place = here.tenants.at(ACME)
            assert place.params == ACME
            place.cluster.moved(7)
            assert list(await place.cluster.seats(1)) == [SeatsAck(free=3)]
            assert ("moved", ACME, "7") in there.tenants.log
            # A server whose handler fails says so.
            bad = await here.server.of("/tenant/acme/free").server_side_emit_with_ack("seats", "1")
            assert [each["error"]["code"] for each in bad] == ["invalid_request"]

    run(scenario())


@pytest.mark.parametrize(
    ("count", "asking"),
    [(1, 0), (2, 0), (3, 1)],
    ids=["one server", "two servers", "from a third server without clients"],
)
def test_clients_of_all_servers_are_found_with_their_types_and_commanded(
    count: int, asking: int
) -> None:
    async def scenario() -> None:
        async with cluster(count) as sites, AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(site.client(handlers=Answering(lambda: 5)))
                for site in (sites[0], sites[-1])
            ]
            await stack.enter_async_context(sites[0].client(BANK))
            here, there = (client.sid or "" for client in clients)
            place = sites[asking].tenants.at(ACME)

            async def found(of: Whom = EVERYBODY) -> set[str]:
                await asyncio.sleep(1)  # what was commanded has arrived
                members = await place.members(of)
                assert await place.count(of) == len(members)
                return {member.sid for member in members}

            assert await found() == {here, there}
            assert await found(DeskRoom(2)) == set()
            assert await found([DeskRoom(1), DeskRoom(2)]) == {here, there}
            assert await found([]) == set()
            assert await found(there) == {there}
            assert await found("desk:1") == set()  # the name of a room is no client's id

            await place.join(there, DeskRoom(2), DeskRoom(3))
            assert await found(DeskRoom(2)) == {there}
            await place.leave(DeskRoom(3), DeskRoom(3))
            assert await found(DeskRoom(3)) == set()
            await place.move(DeskRoom(2), DeskRoom(4))
            await place.move(DeskRoom(4), DeskRoom(4))
            assert (await found(DeskRoom(2)), await found(DeskRoom(4))) == (set(), {there})

            (member,) = await place.members(there)
            assert (member.data.seen, member.data.rows) == (1, [1, 2])
            assert (member.handshake.auth, member.is_in(DeskRoom(4))) == ({"token": "t"}, True)
            assert await member.client.count() == 5
            member.join(DeskRoom(5))
            member.leave(DeskRoom(4))
            assert (await found(DeskRoom(5)), await found(DeskRoom(4))) == ({there}, set())

            await place.disconnect("desk:1")
            assert await found() == {here, there}
            await place.disconnect(there)
            assert await found() == {here}
            with pytest.raises(DisconnectedError):
                await member.client.count()
            member.client.waved()
            await place.disconnect()
            assert await found() == set()

    run(scenario())


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"seen": 3}, None),
        ({"seen": "3"}, "isn't as declared"),
        ({"seen": b"3"}, "isn't as declared"),
        (["seen"], "isn't as declared"),
        ({}, "isn't set"),
        (None, "isn't set"),
    ],
)
def test_the_session_that_another_server_tells_is_validated(data: Any, error: str | None) -> None:
    class Telling(MemoryAdapter):
        @override
        async def fetch(self, target: Target, timeout: float) -> list[SocketDetails]:
            return [SocketDetails("a", frozenset(("a",)), data, {})]

    async def scenario() -> None:
        site = Site(adapter=Telling)
        (member,) = await site.tenants.at(ACME).members()
        if error is None:
            assert member.data.seen == 3
        else:
            with pytest.raises((UsageError, InvalidAckError), match=error):
                print(member.data)

    run(scenario())


def test_a_namespace_without_error_replies_is_silent_where_plain_socket_io_is() -> None:
    async def scenario() -> None:
        site = Site()
        async with site.raw("40/admin,") as peer:
            await peer.receive_text()
            for wrong in (
                '42/admin,1["status"',
                '42/admin,2["nothing"]',
                '42/admin,3["flush"]',
                '42/admin,4["refresh",5]',
            ):
                if not wrong.endswith('"status"'):
                    await peer.send(wrong)
            await peer.send('42/admin,5["status"]')
            await peer.expect('43/admin,5[{"ok":{"tenants":2}}]')
        async with AdminClient("http://test", connector=site.link) as admin:
            with pytest.raises(AckTimeoutError):
                await admin.flush(timeout=0.2)

    run(scenario())


def test_style_result_without_declared_errors_gives_the_value_and_raises_for_others() -> None:
    async def scenario() -> None:
        site = Site()
        async with site.client() as client:
            assert await client.sit(1) == 2
            with pytest.raises(RemoteError, match="internal: The handler failed"):
                await client.sit(0)
            match await client.status():
                case StatusAck() | UnknownError():
                    pytest.fail("the event answers Closed")
                case Closed():
                    pass

    run(scenario())


def test_a_recovered_connection_has_its_session_rooms_and_parameters() -> None:
    async def scenario() -> None:
        site = Site(connection_state_recovery=ConnectionStateRecovery())
        async with site.raw('40/tenant/acme/free,{"token":"t"}') as peer:
            welcome = json.loads((await peer.receive_text()).removeprefix("40/tenant/acme/free,"))
        await asyncio.sleep(1)
        auth = json.dumps({"token": "t", "pid": welcome["pid"]})
        async with site.raw(f"40/tenant/acme/free,{auth}") as peer:
            assert (
                json.loads((await peer.receive_text()).removeprefix("40/tenant/acme/free,"))
                == welcome
            )
        assert site.tenants.recovered == [(True, 1)]

    run(scenario())


def test_a_client_that_comes_back_gets_what_it_missed_with_absent_arguments_still_absent() -> None:
    async def scenario() -> None:
        site = Site(connection_state_recovery=ConnectionStateRecovery())
        told: list[tuple[str, str | None, str | None]] = []
        client = site.client()

        @client.on_told
        async def _(what: str, why: str | None, who: str | None) -> None:
            told.append((what, why, who))

        await client.connect()
        sid = client.sid
        assert sid is not None
        assert not client.recovered
        place = site.tenants.at(ACME)
        place.all.told("before")
        await client.status()
        place.socket_namespace.sockets[sid].conn.close(discard=True, reason="transport error")
        await asyncio.sleep(1)
        assert not client.connected
        place.all.told("missed", who="me")
        place.all.told("missed too")
        await client.connect()
        place.client(sid).told("after", "because")
        await client.status()
        assert (client.recovered, client.sid) == (True, sid)
        assert told == [
            ("before", None, None),
            ("missed", None, "me"),
            ("missed too", None, None),
            ("after", "because", None),
        ]
        assert site.tenants.recovered == [(True, 1)]
        await client.disconnect()

    run(scenario())


def test_logs_call_a_dynamic_namespace_by_its_path(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        site = Site()
        async with site.raw('40/tenant/acme/free,{"token":"t"}') as peer:
            await peer.receive_text()
            await peer.send('42/tenant/acme/free,["sit","x"]', '42/tenant/acme/free,1["sit",1]')
            await peer.expect('43/tenant/acme/free,1[{"ok":2}]')
        assert site.tenants.socket_namespace.name == "/tenant/{tenant}/{class}"

    run(scenario())
    assert (
        "Event 'sit' of namespace '/tenant/{tenant}/{class}' failed: 'invalid_request'"
        in caplog.text
    )
