"""Lots, bids and pictures in a database. What two processes could see differently is decided here,
by one statement of SQL."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, ForeignKey, select, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from contract import Bid, Cents, Lot, LotId, Picture, Title, UserName

RAISE = 100
"""How many cents a bid must be above the one before."""
MOST_LOTS = 100
MOST_BIDS = 20


class Base(DeclarativeBase):
    pass


class LotRow(Base):
    __tablename__ = "lots"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    seller: Mapped[str]
    price: Mapped[int]
    least: Mapped[int]
    leader: Mapped[str | None]
    bids: Mapped[int]
    ends_at: Mapped[float]  # seconds since 1970: SQLite keeps no time zones
    open: Mapped[bool] = mapped_column(index=True)
    has_picture: Mapped[bool]


class BidRow(Base):
    __tablename__ = "bids"
    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    bidder: Mapped[str]
    amount: Mapped[int]
    at: Mapped[float]


class PictureRow(Base):
    __tablename__ = "pictures"
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    mime: Mapped[str]
    data: Mapped[bytes]


class Database:
    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(url)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    async def create_tables(self) -> None:
        """Create the tables that don't exist. An application that changes uses migrations."""
        async with self.engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                # Each worker does this, so it must not matter who is first.
                await connection.execute(CreateTable(table, if_not_exists=True))

    async def close(self) -> None:
        await self.engine.dispose()

    async def lots(self) -> list[Lot]:
        """The latest lots, the newest first."""
        async with self.sessions() as session:
            latest = select(LotRow).order_by(LotRow.id.desc()).limit(MOST_LOTS)
            return [as_lot(row) for row in await session.scalars(latest)]

    async def open_lots(self) -> list[Lot]:
        async with self.sessions() as session:
            return [as_lot(row) for row in await session.scalars(select(LotRow).where(LotRow.open))]

    async def lot(self, lot: LotId) -> Lot | None:
        async with self.sessions() as session:
            row = await session.get(LotRow, lot)
            return as_lot(row) if row else None

    async def bids(self, lot: LotId) -> list[Bid]:
        """The latest bids for a lot, the highest first."""
        async with self.sessions() as session:
            of_lot = select(BidRow).where(BidRow.lot_id == lot)
            rows = await session.scalars(of_lot.order_by(BidRow.id.desc()).limit(MOST_BIDS))
            return [as_bid(row) for row in rows]

    async def picture(self, lot: LotId) -> tuple[str, bytes] | None:
        """The type and the content of the picture of a lot."""
        async with self.sessions() as session:
            row = await session.get(PictureRow, lot)
            return (row.mime, row.data) if row else None

    async def offer(
        self, seller: UserName, title: Title, price: Cents, ends_at: float, picture: Picture | None
    ) -> Lot:
        row = LotRow(
            title=title,
            seller=seller,
            price=price,
            least=price,
            bids=0,
            ends_at=ends_at,
            open=True,
            has_picture=picture is not None,
        )
        async with self.sessions.begin() as session:
            session.add(row)
            await session.flush()
            if picture:
                session.add(PictureRow(lot_id=row.id, mime=picture.mime, data=picture.data))
            return as_lot(row)

    async def bid(
        self, lot: LotId, bidder: UserName, amount: Cents, now: float
    ) -> tuple[Lot, Bid] | None:
        """Take a bid if it is high enough and in time; return None if it isn't.

        The check and the change are one statement: of two bids at the same time, in two
        processes, the second one is compared with the first one.
        """
        raised = (
            update(LotRow)
            .where(LotRow.id == lot, LotRow.open, LotRow.ends_at > now)
            .where(LotRow.seller != bidder, LotRow.least <= amount)
            .values(price=amount, least=amount + RAISE, leader=bidder, bids=LotRow.bids + 1)
            .returning(LotRow)
        )
        async with self.sessions.begin() as session:
            row = await session.scalar(raised)
            if row is None:
                return None
            taken = BidRow(lot_id=lot, bidder=bidder, amount=amount, at=now)
            session.add(taken)
            return as_lot(row), as_bid(taken)

    async def end(self, lot: LotId, seller: UserName) -> Lot | None:
        """End an auction; return None if it has ended before, or is another seller's."""
        ended = await self._end(LotRow.id == lot, LotRow.seller == seller)
        return ended[0] if ended else None

    async def end_due(self, now: float) -> list[Lot]:
        """End the auctions whose time is over; each is returned to one process only."""
        return await self._end(LotRow.ends_at <= now)

    async def _end(self, *which: ColumnElement[bool]) -> list[Lot]:
        ended = update(LotRow).where(LotRow.open, *which).values(open=False).returning(LotRow)
        async with self.sessions.begin() as session:
            return [as_lot(row) for row in await session.scalars(ended)]


def as_lot(row: LotRow) -> Lot:
    return Lot(
        id=LotId(row.id),
        title=Title(row.title),
        seller=UserName(row.seller),
        price=Cents(row.price),
        least=row.least,
        leader=UserName(row.leader) if row.leader else None,
        bids=row.bids,
        ends_at=datetime.fromtimestamp(row.ends_at, UTC),
        open=row.open,
        has_picture=row.has_picture,
    )


def as_bid(row: BidRow) -> Bid:
    return Bid(
        bidder=UserName(row.bidder),
        amount=Cents(row.amount),
        at=datetime.fromtimestamp(row.at, UTC),
    )
