"""The auction: one method for each event of the contract."""

import asyncio
import logging
import math
import time
from collections.abc import Callable

from ackord.runtime import requires
from ackord.runtime.server import Server
from sqlalchemy.exc import SQLAlchemyError

from contract import (
    AuctionAuth,
    AuctionContext,
    AuctionNamespace,
    AuctionSession,
    BadToken,
    BidResult,
    Cents,
    CloseResult,
    Ended,
    Lot,
    LotId,
    LotRoom,
    NoSuchLot,
    NotLoggedIn,
    NotSeller,
    NotYours,
    OfferResult,
    OwnLot,
    Picture,
    Title,
    TooLow,
    WatchAck,
    WatchResult,
)
from database import Database
from login import read_token

logger = logging.getLogger(__name__)


def logged_in(ctx: AuctionContext) -> NotLoggedIn | None:
    return None if ctx.data.user else NotLoggedIn()


def is_seller(ctx: AuctionContext) -> NotSeller | None:
    return None if ctx.data.sells else NotSeller()


class Auction(AuctionNamespace):
    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.database = database
        self.now = now

    async def on_start(self) -> None:
        await self.database.create_tables()
        self.stopping = asyncio.Event()
        self.ticking = asyncio.create_task(self.tick_each_second())

    async def on_stop(self) -> None:
        self.stopping.set()
        await self.ticking
        await self.database.close()

    async def on_connect(self, ctx: AuctionContext, auth: AuctionAuth) -> BadToken | None:
        session = read_token(auth.token) if auth.token else AuctionSession()
        if session is None:
            return BadToken()
        ctx.data = session
        return None

    async def on_lots(self, ctx: AuctionContext) -> list[Lot]:
        return await self.database.lots()

    async def on_watch(self, ctx: AuctionContext, lot: LotId) -> WatchResult:
        ctx.join(LotRoom(lot))  # before the database is read, so that no bid is missed
        found = await self.database.lot(lot)
        if found is None:
            ctx.leave(LotRoom(lot))
            return NoSuchLot()
        return WatchAck(lot=found, bids=await self.database.bids(lot))

    async def on_unwatch(self, ctx: AuctionContext, lot: LotId) -> None:
        ctx.leave(LotRoom(lot))

    @requires(logged_in)
    @requires(is_seller)
    async def on_offer(
        self,
        ctx: AuctionContext,
        title: Title,
        price: Cents,
        minutes: int,
        picture: Picture | None,
    ) -> OfferResult:
        ends_at = self.now() + minutes * 60
        lot = await self.database.offer(ctx.data.user, title, price, ends_at, picture)
        self.all.lot_changed(lot)
        return lot

    @requires(logged_in)
    async def on_bid(self, ctx: AuctionContext, lot: LotId, amount: Cents) -> BidResult:
        taken = await self.database.bid(lot, ctx.data.user, amount, self.now())
        if taken is None:
            return await self.why_not(ctx, lot)
        changed, bid = taken
        self.all.lot_changed(changed)
        self.to(LotRoom(lot)).bid_placed(lot, bid)
        return changed

    async def why_not(self, ctx: AuctionContext, lot: LotId) -> BidResult:
        """Say why the database hasn't taken a bid."""
        found = await self.database.lot(lot)
        if found is None:
            return NoSuchLot()
        if found.seller == ctx.data.user:
            return OwnLot()
        if not found.open or found.ends_at.timestamp() <= self.now():
            return Ended()
        return TooLow(least=found.least)

    @requires(logged_in)
    @requires(is_seller)
    async def on_close(self, ctx: AuctionContext, lot: LotId) -> CloseResult:
        ended = await self.database.end(lot, ctx.data.user)
        if ended is None:
            found = await self.database.lot(lot)
            if found is None:
                return NoSuchLot()
            return Ended() if found.seller == ctx.data.user else NotYours()
        self.all.lot_changed(ended)
        return ended

    async def tick_each_second(self) -> None:
        while not self.stopping.is_set():
            try:
                await self.tick_once()
            except SQLAlchemyError:
                logger.exception("the database has failed; trying again in a second")
            try:
                async with asyncio.timeout(1):
                    await self.stopping.wait()
            except TimeoutError:
                pass

    async def tick_once(self) -> None:
        """End what is due, and tell everybody who watches a lot how long it still lasts."""
        now = self.now()
        for lot in await self.database.end_due(now):
            self.all.lot_changed(lot)
        for lot in await self.database.open_lots():
            seconds_left = math.ceil(lot.ends_at.timestamp() - now)
            # Each worker tells its own clients. What is late is worthless, so it may be dropped.
            self.to(LotRoom(lot.id)).local.volatile.tick(lot.id, seconds_left)


def make_server(database: Database, now: Callable[[], float] = time.time) -> Server:
    server = Server()
    server.register(Auction(database, now))
    return server
