"""Dynamic namespaces, acknowledgements of many, events between servers and mutable sessions, with
and without mistakes.
"""

from tests.codegen.golden.tenants.expected import (
    AdminContext,
    AdminEmitterSync,
    AdminNamespace,
    AdminStatusAck,
    Closed,
    DeskRoom,
    DropResult,
    FlushResult,
    Plan,
    Seat,
    SeatsAck,
    Slug,
    StatusAck,
    StatusResult,
    TenantAuth,
    TenantClient,
    TenantConnectRefusedError,
    TenantContext,
    TenantEmitter,
    TenantInstance,
    TenantMember,
    TenantNamespace,
    TenantParams,
    TenantStatusAck,
    UnknownError,
)
from ackord.runtime.stubs.v1 import Publisher, ServerReplies
from typing_extensions import assert_type, override

PARAMS = TenantParams(Slug("acme"), Plan.FREE)
AUTH = TenantAuth(token="t")


class Tenants(TenantNamespace):
    @override
    async def on_connect(self, ctx: TenantContext, auth: TenantAuth) -> Closed | None:
        assert_type(ctx.params, TenantParams)
        assert_type(ctx.params.tenant, Slug)
        assert_type(ctx.recovered, bool)
        ctx.data.seen += 1
        ctx.data.rows = [1]
        ctx.data.seen = "1"  # E: mypy pyright
        ctx.data.sene = 1  # E: mypy pyright
        ctx.params.tenant = Slug("b")  # E: mypy pyright
        print(ctx.params.tenent)  # E: mypy pyright
        return None

    @override
    async def on_status(self, ctx: TenantContext, verbose: bool) -> StatusResult:
        return StatusAck(seats=[])

    @override
    async def on_sit(self, ctx: TenantContext, row: int) -> int:
        replies = await ctx.to(DeskRoom(row)).gather(timeout=5).count()
        for answer in replies:
            assert_type(answer, int)
        statuses = await ctx.all.gather().status(Seat(row=row))
        assert_type(statuses.values, dict[str, TenantStatusAck])
        await ctx.all.gather().status("seat")  # E: mypy pyright
        await ctx.all.status(Seat(row=row))  # E: mypy pyright
        await ctx.all.gather().waved()  # E: mypy pyright
        await ctx.all.count()  # E: mypy pyright
        ctx.others.gather().count()  # E: mypy pyright
        total: int = ctx.all.gather().count()  # E: mypy pyright
        return total + len(replies)

    @override
    async def on_wave(self, ctx: TenantContext) -> None:
        assert_type(self.at(ctx.params), TenantInstance)
        self.at(PARAMS).to(DeskRoom(1)).waved()
        self.all.waved()
        self.at("/tenant/acme/free").all.waved()  # E: mypy pyright
        self.client("sid").waved()  # E: mypy pyright
        self.cluster.waved()  # E: mypy pyright

    @override
    async def on_moved(self, ctx: TenantInstance, row: int) -> None:
        assert_type(ctx.params, TenantParams)
        assert_type(await ctx.cluster.seats(row), ServerReplies[SeatsAck])
        self.at(PARAMS).cluster.moved("1")  # E: mypy pyright
        for member in await ctx.members(DeskRoom(row)):
            assert_type(member, TenantMember)
            assert_type(member.data.seen, int)
            print(member.data.sene)  # E: mypy pyright
            name: str = await member.client.count()  # E: mypy pyright
        assert_type(await ctx.count([DeskRoom(1), DeskRoom(2)]), int)
        await ctx.disconnect("sid", close=True)
        await ctx.disconnect(None)  # E: mypy pyright
        await ctx.join("sid", "desk:1")  # E: mypy pyright
        await ctx.move("sid", DeskRoom(1))  # E: mypy pyright
        await self.members()  # E: mypy pyright
        self.cluster.moved(1)  # E: mypy pyright

    @override
    async def on_seats(self, ctx: TenantContext, row: int) -> SeatsAck:  # E: mypy pyright
        return SeatsAck(free=row)


class Admin(AdminNamespace):
    @override
    async def on_status(self, ctx: AdminContext) -> AdminStatusAck:
        self.cluster.plan_changed(Slug("acme"), Plan.PAID)
        self.cluster.plan_changed("acme")  # E: mypy pyright
        self.cluster.plan_changed(Slug("acme"), "paid")  # E: mypy pyright
        self.cluster.plan_chnged(Slug("acme"))  # E: mypy pyright
        await self.cluster.plan_changed(Slug("acme"))  # E: mypy pyright
        sizes = await self.cluster.cache_size(Slug("acme"), timeout=1)
        assert_type(sizes, ServerReplies[int])
        for dropped in await self.cluster.drop(Slug("acme")):
            assert_type(dropped, bool | Closed | UnknownError)
        await self.cluster.cache_size("acme")  # E: mypy pyright
        total: int = await self.cluster.cache_size(Slug("acme"))  # E: mypy pyright
        print(total, sizes.values["sid"])  # E: mypy pyright
        print(ctx.params)  # E: mypy pyright
        return AdminStatusAck(tenants=1)

    @override
    async def on_refresh(self, ctx: AdminContext, slug: Slug) -> None:
        ctx.all.plan_changed(slug)  # E: mypy pyright

    @override
    async def on_flush(self, ctx: AdminContext) -> FlushResult:
        return None

    @override
    async def on_refresh_from_cluster(self, slug: Slug, blob: str | None) -> None:  # E: mypy pyright
        print(slug, blob)

    @override
    async def on_cache_size(self, slug: Slug) -> str:  # E: mypy pyright
        return slug

    @override
    async def on_drop(self, slug: Slug) -> DropResult:
        return "yes"  # E: mypy pyright


server_side = Admin()  # E: mypy pyright

TenantParams("acme", Plan.FREE)  # E: mypy pyright
TenantParams(Slug("acme"))  # E: mypy pyright
TenantParams(Slug("acme"), "free")  # E: mypy pyright
TenantClient("http://test", auth=AUTH)  # E: mypy pyright
TenantClient("http://test", params="acme", auth=AUTH)  # E: mypy pyright
TenantClient("http://test", params=PARAMS)  # E: mypy pyright


async def run() -> None:
    try:
        async with TenantClient("http://test", params=PARAMS, auth=AUTH) as tenant:
            assert_type(await tenant.status(), StatusAck | Closed | UnknownError)
    except TenantConnectRefusedError as refused:
        assert_type(refused.error, Closed | UnknownError)


async def publish(publisher: Publisher) -> None:
    tenant = TenantEmitter(publisher, params=PARAMS)
    await tenant.to(DeskRoom(1)).waved()
    await tenant.all.told(1)  # E: mypy pyright
    await tenant.to(DeskRoom(1)).told("a")  # E: mypy pyright
    await tenant.all.count()  # E: mypy pyright
    await tenant.to("desk:1").waved()  # E: mypy pyright
    await tenant.cluster.seats(1)  # E: mypy pyright
    await tenant.disconnect(None)  # E: mypy pyright
    TenantEmitter(publisher)  # E: mypy pyright
    admin = AdminEmitterSync(publisher)
    admin.cluster.plan_changed(Slug("acme"))
    admin.cluster.plan_changed("acme")  # E: mypy pyright
    await admin.cluster.plan_changed(Slug("acme"))  # E: mypy pyright
