"""The auction in memory: real clients, a real database, and a clock that jumps."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from ackord.runtime.testing import Link, Recorder, run

from contract import (
    AuctionAuth,
    AuctionClient,
    AuctionConnectRefusedError,
    BadToken,
    Cents,
    Ended,
    Lot,
    LotId,
    NoSuchLot,
    NotLoggedIn,
    NotSeller,
    NotYours,
    OwnLot,
    Picture,
    Title,
    TooLow,
    UnknownError,
    WatchAck,
)
from database import RAISE, Database
from login import token_for
from server import make_server

LAMP = (Title("A lamp"), Cents(500), 1)


class House:
    """A server with its database, and clients of it."""

    def __init__(self, file: Path) -> None:
        self.database = Database(f"sqlite+aiosqlite:///{file}")
        self.server = make_server(self.database, now=lambda: asyncio.get_running_loop().time())
        self.link = Link(self.server)

    def guest(self) -> AuctionClient:
        return AuctionClient("http://test", auth=AuctionAuth(), connector=self.link)

    def client(self, user: str, *, sells: bool = False) -> AuctionClient:
        auth = AuctionAuth(token=token_for(user, sells=sells))
        return AuctionClient("http://test", auth=auth, connector=self.link)


@asynccontextmanager
async def open_house(folder: Path) -> AsyncGenerator[House]:
    house = House(folder / "auction.db")
    async with house.server.lifespan():
        yield house


async def offered(seller: AuctionClient, picture: Picture | None = None) -> Lot:
    lot = await seller.offer(*LAMP, picture)
    assert isinstance(lot, Lot)
    return lot


async def bidding(folder: Path) -> None:
    async with (
        open_house(folder) as house,
        house.client("sue", sells=True) as sue,
        house.client("ada") as ada,
        house.client("bob") as bob,
    ):
        changes = Recorder(bob.on_lot_changed)
        lot = await offered(sue)
        assert await changes.wait(1) == [lot]
        watched = await bob.watch(lot.id)
        assert watched == WatchAck(lot=lot, bids=[])
        placed = Recorder(bob.on_bid_placed)

        assert await ada.bid(lot.id, Cents(499)) == TooLow(least=500)
        taken = await ada.bid(lot.id, Cents(500))
        assert isinstance(taken, Lot)
        assert (taken.price, taken.leader, taken.bids) == (500, "ada", 1)
        assert await bob.bid(lot.id, Cents(500)) == TooLow(least=500 + RAISE)
        assert await sue.bid(lot.id, Cents(900)) == OwnLot()
        assert await bob.bid(LotId(99), Cents(900)) == NoSuchLot()

        ((of_lot, bid),) = await placed.wait(1)
        assert (of_lot, bid.bidder, bid.amount) == (lot.id, "ada", 500)
        assert await changes.wait(2) == [lot, taken]


def test_the_higher_bid_wins_and_everybody_hears_of_it(tmp_path: Path) -> None:
    run(bidding(tmp_path))


async def guarding(folder: Path) -> None:
    async with (
        open_house(folder) as house,
        house.client("sue", sells=True) as sue,
        house.client("sam", sells=True) as sam,
        house.client("ada") as ada,
        house.guest() as guest,
    ):
        lot = await offered(sue)
        assert await guest.lots() == [lot]
        assert await guest.bid(lot.id, Cents(900)) == NotLoggedIn()
        assert await guest.offer(*LAMP) == NotLoggedIn()
        assert await ada.offer(*LAMP) == NotSeller()
        assert await ada.close(lot.id) == NotSeller()
        assert await sam.close(lot.id) == NotYours()
        ended = await sue.close(lot.id)
        assert isinstance(ended, Lot)
        assert not ended.open
        assert await sue.close(lot.id) == Ended()
        assert await ada.bid(lot.id, Cents(900)) == Ended()


def test_guests_look_bidders_bid_and_sellers_sell(tmp_path: Path) -> None:
    run(guarding(tmp_path))


async def ending(folder: Path) -> None:
    async with (
        open_house(folder) as house,
        house.client("sue", sells=True) as sue,
        house.client("ada") as ada,
    ):
        lot = await offered(sue)
        await ada.watch(lot.id)
        ticks = Recorder(ada.on_tick)
        taken = await ada.bid(lot.id, Cents(700))
        assert isinstance(taken, Lot)
        changes = Recorder(ada.on_lot_changed)
        assert await changes.wait(1, timeout=70) == [taken.model_copy(update={"open": False})]
        left = [seconds for _, seconds in ticks.items]
        assert left == sorted(left, reverse=True)
        assert 1 in left
        assert await ada.bid(lot.id, Cents(900)) == Ended()


def test_the_seconds_are_counted_and_the_last_one_ends_the_auction(tmp_path: Path) -> None:
    run(ending(tmp_path))


async def hurrying(folder: Path) -> None:
    async with (
        open_house(folder) as house,
        house.client("sue", sells=True) as sue,
        house.client("ada") as ada,
    ):
        lot = await offered(sue)
        results = [await ada.bid(lot.id, Cents(500 + number * RAISE)) for number in range(5)]
        assert [isinstance(result, Lot) for result in results] == [True] * 4 + [False]
        assert isinstance(results[4], UnknownError)
        assert results[4].code == "rate_limited"


def test_nobody_bids_faster_than_the_contract_says(tmp_path: Path) -> None:
    run(hurrying(tmp_path))


async def showing(folder: Path) -> None:
    async with open_house(folder) as house, house.client("sue", sells=True) as sue:
        lot = await offered(sue, Picture(mime="image/png", data=b"\x89PNG"))
        assert lot.has_picture
        assert await house.database.picture(lot.id) == ("image/png", b"\x89PNG")


def test_a_picture_comes_with_the_offer(tmp_path: Path) -> None:
    run(showing(tmp_path))


async def forging(folder: Path) -> None:
    async with open_house(folder) as house:
        forged = AuctionAuth(token=token_for("ada", sells=True) + "x")
        with pytest.raises(AuctionConnectRefusedError) as refused:
            await AuctionClient("http://test", auth=forged, connector=house.link).connect()
        assert refused.value.error == BadToken()


def test_forged_tokens_are_refused(tmp_path: Path) -> None:
    run(forging(tmp_path))
