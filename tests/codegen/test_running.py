"""Generated code, run: servers and clients of golden contracts, joined in memory on the real
runtime.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from inspect import Parameter, signature
from types import ModuleType
from typing import Any, Literal
from uuid import UUID

import pytest
from ackord.runtime.server import Server
from ackord.runtime.stubs import v1
from ackord.runtime.testing import Link, run
from pydantic import MISSING, JsonValue, TypeAdapter, ValidationError
from typing_extensions import override

from tests.codegen.golden.every_type.expected import (
    Absent,
    Address,
    Bad,
    Circle,
    Code,
    Color,
    Defaults,
    Either,
    Empty,
    EmptyAck,
    Existing,
    FailingResult,
    Flag,
    Holder,
    HolderResult,
    Id,
    Leaf,
    Limited,
    Loose,
    Moment,
    Mood,
    Nothing,
    OtherAddress,
    Pair,
    Ratio,
    Scalars,
    Shape,
    Square,
    Tags,
    TypesClient,
    TypesContext,
    TypesHandlers,
    TypesNamespace,
)
from tests.codegen.golden.two_namespaces.expected import (
    CancelResult,
    Change,
    Closed,
    ConfirmResult,
    GuestsAuth,
    GuestsClient,
    GuestsConnectRefusedError,
    GuestsContext,
    GuestsHandlers,
    GuestsNamespace,
    GuestsOrderResult,
    KitchenClient,
    KitchenContext,
    KitchenNamespace,
    KitchenOrderResult,
    KitchenRoom,
    KitchenSession,
    Line,
    Order,
    OrderId,
    OrderRoom,
    OutOfStock,
    Refused,
    State,
    TableRoom,
    UnknownState,
)

NAMES = ["chat", "every_type", "minimal", "names_from_hell", "two_namespaces"]

SCALARS = Scalars(
    a_str="s",
    an_int=-1,
    an_int64=2**60,
    a_float=0.5,
    a_bool=True,
    some_bytes=b"\x00\xff",
    a_datetime=dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC),
    a_date=dt.date(2024, 2, 29),
    a_time=dt.time(12, 30),
    a_duration=dt.timedelta(days=1, seconds=5),
    a_uuid=UUID(int=7),
    a_decimal=Decimal("1.50"),
    a_url=TypeAdapter(v1.Url).validate_python("https://example.com/"),
    a_json={"a": [1, None]},
)


CLEARED = Absent(
    nullable=None,
    null_or_absent=None,
    json_or_absent=None,
    alias_or_absent=b"x",
    leaf_or_absent=None,
    three=None,
)


class Guests(GuestsNamespace):
    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str | None] = []
        self.answers: list[ConfirmResult | v1.UnknownError] = []

    @override
    async def on_connect(self, ctx: GuestsContext, auth: GuestsAuth) -> Closed | Refused | None:
        if auth.table == 0:
            return Refused(code_=3, unwrap_="who?")
        ctx.join(TableRoom(auth.table))
        return None

    @override
    async def on_order(
        self, ctx: GuestsContext, lines: list[Line], note: str | None
    ) -> GuestsOrderResult:
        self.notes.append(note)
        if lines[0].dish == "soup":
            return OutOfStock(dish="soup")
        order = Order(id=OrderId(1), lines=lines)
        ctx.to(TableRoom(4)).called(4)
        self.to(TableRoom(3)).order(order)
        return order.id

    @override
    async def on_cancel(self, ctx: GuestsContext, id: OrderId) -> CancelResult:
        self.answers.append(await ctx.client.confirm(f"Cancel {id}?"))
        return Closed() if id == 2 else None

    @override
    async def on_status(self, ctx: GuestsContext, id: OrderId) -> Order | None:
        return None

    @override
    async def on_upload(self, ctx: GuestsContext, photo: bytes, name: str) -> int:
        return len(photo) + len(name)

    @override
    async def on_shout(self, ctx: GuestsContext, words: str) -> None: ...

    @override
    async def on_change(
        self,
        ctx: GuestsContext,
        changes: list[Change],
        states: State | UnknownState | list[State | UnknownState],
    ) -> list[Change]:
        return changes

    @override
    async def on_pick(
        self, ctx: GuestsContext, state: State | UnknownState
    ) -> State | UnknownState:
        return state


class Kitchen(KitchenNamespace):
    @override
    async def on_connect(self, ctx: KitchenContext) -> None:
        ctx.data = KitchenSession(cook="bo")
        ctx.join(KitchenRoom())

    @override
    async def on_order(
        self, ctx: KitchenContext, id: OrderId, state: State | UnknownState
    ) -> KitchenOrderResult:
        self.to(KitchenRoom()).order(Order(id=id, state=state, lines=[]))
        return None

    @override
    async def on_cancel(self, ctx: KitchenContext, id: OrderId) -> bool:
        return ctx.data.cook == "bo"


class Types(TypesNamespace):
    """Answers what it is given."""

    @override
    async def on_scalars(self, ctx: TypesContext, value: Scalars) -> Scalars:
        ctx.client.told(value, Circle(radius=1))
        return value

    @override
    async def on_limited(self, ctx: TypesContext, value: Limited) -> Limited:
        return value

    @override
    async def on_defaults(self, ctx: TypesContext, value: Defaults) -> Defaults:
        return value

    @override
    async def on_absent(self, ctx: TypesContext, value: Absent) -> Absent:
        return value

    @override
    async def on_holder(self, ctx: TypesContext, value: Holder) -> HolderResult:
        if value.mood == Mood.BAD:
            return Bad(leaf=Leaf(value=1), at=SCALARS.a_datetime)
        return value

    @override
    async def on_shape(self, ctx: TypesContext, value: Shape) -> Shape | None:
        return value if isinstance(value, Square) else None

    @override
    async def on_loose(self, ctx: TypesContext, value: Loose) -> Loose:
        answer = await ctx.client.asked(value)
        assert not isinstance(answer, Bad | v1.UnknownError)
        return answer

    @override
    async def on_inline(
        self,
        ctx: TypesContext,
        a: list[int],
        b: dict[str, Shape] | None,
        c: tuple[bytes, Color],
        d: str,
        e: Tags,
        f: str | None,
        g: Color,
        h: Id,
        i: Decimal,
        j: Pair,
        k: Leaf,
    ) -> tuple[list[int], dict[str, Shape] | None, tuple[bytes, Color], str, list[str], str | None]:
        assert (g, h, i, j) == (
            Color.RED,
            Id(UUID("12345678-1234-5678-1234-567812345678")),
            Decimal("1.5"),
            (1, []),
        )
        assert k == Leaf(value=1, next=Leaf(value=2))
        return a, b, c, d, e, f

    @override
    async def on_patch(
        self, ctx: TypesContext, id: Code, name: str | None, note: Nothing | MISSING
    ) -> list[Nothing | bool]:
        return [name, note is MISSING, None if note is MISSING else note]

    @override
    async def on_either(
        self, ctx: TypesContext, value: dict[str, Either | bool]
    ) -> dict[str, Either | bool]:
        flags: list[Flag] = [
            await ctx.client.patched(),
            await ctx.client.patched(None),
            await ctx.client.patched([]),
        ]
        assert repr(flags) == "[True, 1, 'a']"
        return value

    @override
    async def on_limited_or_null(
        self, ctx: TypesContext, a: int | None, b: Literal[1] | None, c: str | MISSING | None
    ) -> Literal[1, True] | None:
        return b

    @override
    async def on_existing(
        self, ctx: TypesContext, value: Existing, address: Address | None
    ) -> Address:
        return address or value.address

    @override
    async def on_nothing(self, ctx: TypesContext) -> None: ...

    @override
    async def on_empty(self, ctx: TypesContext, value: Empty) -> EmptyAck:
        return EmptyAck()

    @override
    async def on_failing(self, ctx: TypesContext) -> FailingResult:
        return None


class TypesPeer(TypesHandlers):
    def __init__(self) -> None:
        self.told: asyncio.Future[tuple[Scalars, Shape | None]] = (
            asyncio.get_running_loop().create_future()
        )

    @override
    async def on_told(self, value: Scalars, shape: Shape | None) -> None:
        self.told.set_result((value, shape))

    @override
    async def on_patched(self, value: JsonValue | MISSING) -> Flag:
        return True if value is MISSING else 1 if value is None else "a"

    @override
    async def on_asked(self, value: Loose) -> Loose:
        return value


@pytest.mark.parametrize("name", NAMES)
def test_a_package_exports_what_it_lists_and_all_its_adapters_can_be_built(
    name: str, package: Callable[[str], ModuleType]
) -> None:
    module = package(name)
    for symbol in module.__all__:
        assert hasattr(module, symbol)
    events = module.__dict__["events"]
    for constant in events.__all__:
        built: Any = getattr(events, constant)
        if isinstance(built, v1.NamespaceContract):
            built.warm("server")
            built.warm("client")


def test_values_of_every_type_travel_there_and_back() -> None:
    async def scenario() -> None:
        server = Server()
        server.register(Types())
        peer = TypesPeer()
        async with TypesClient("http://test", handlers=peer, connector=Link(server)) as client:
            assert await client.scalars(SCALARS) == SCALARS
            assert await peer.told == (SCALARS, Circle(radius=1))
            defaults = Defaults()
            assert await client.defaults(defaults) == defaults
            assert (defaults.color, defaults.ratio, defaults.span) == (
                Color.LIGHT_BLUE,
                Ratio(0.5),
                dt.timedelta(days=1, hours=2),
            )
            assert defaults.shapes == [Circle(radius=1)]
            for absent in (Absent(nullable=None), CLEARED):
                assert await client.absent(absent) == absent
            assert defaults.cleared == Absent(nullable=None, null_or_absent=None, maybe=1)
            assert defaults.cleared.json_or_absent is MISSING
            for note in (None, b"text", "text"):
                assert await client.patch(Code(1), "n", note) == ["n", False, note]
            assert await client.patch(Code(1)) == [None, True, None]
            assert [
                await client.limited_or_null(0, None),
                await client.limited_or_null(None, 1, None),
            ] == [None, 1]
            either: dict[str, Either | bool] = {
                "a": Address("127.0.0.1"),
                "b": 1,
                "c": None,
                "d": True,
            }
            assert repr(await client.either(either)) == repr(either)
            assert await client.shape(Circle(radius=2)) is None
            square = Square(side=1, inner=[Circle(radius=1), Square(side=2)])
            assert await client.shape(square) == square
            assert [await client.loose(value) for value in (1, "x", [Leaf(value=3)])] == [
                1,
                "x",
                [Leaf(value=3)],
            ]
            assert await client.inline([1], {"a": square}, (b"\x01", Color.N1ST)) == (
                [1],
                {"a": square},
                (b"\x01", Color.N1ST),
                "x",
                [],
                None,
            )
            existing = Existing(address=Address("127.0.0.1"), others=[OtherAddress("10.0.0.1")])
            assert await client.existing(existing) == Address("127.0.0.1")
            client.nothing()
            assert await client.empty(Empty()) == EmptyAck()
            assert await client.failing() is None

    run(scenario())


def test_newtypes_enums_and_declared_errors_arrive_as_what_they_are() -> None:
    async def scenario() -> None:
        server = Server()
        server.register(Types())
        async with TypesClient("http://test", connector=Link(server)) as client:
            fields: dict[str, Any] = {
                "shape": {"class": "sq", "side": 1},
                "loose": 1,
                "pair": [1, []],
                "big": "5",
                "moment": "2024-02-29T12:00:00Z",
            }
            raw: dict[str, Any] = {
                **fields,
                "blob": b"",
                "mood": "unheard of",
                "id": "12345678-1234-5678-1234-567812345678",
            }
            answer = await client.socket.emit_with_ack("holder", raw)
            assert answer["mood"] == "unheard of"
            assert answer["big"] == "5"
            moment = Moment(dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC))
            holder = Holder.model_validate(
                {
                    **fields,
                    "blob": b"",
                    "shape": Square(side=1),
                    "pair": (1, []),
                    "big": 5,
                    "moment": moment,
                    "mood": Mood.BAD,
                    "id": UUID(int=1),
                }
            )
            result = await client.holder(holder)
            assert result == Bad(leaf=Leaf(value=1), at=SCALARS.a_datetime)

    run(scenario())


def test_what_may_be_absent_is_never_written_as_null() -> None:
    assert Absent(nullable=None).model_dump_json() == '{"nullable":null}'
    assert Absent.model_validate_json('{"nullable": null, "maybe": null}').maybe is None
    assert CLEARED.model_dump_json(exclude={"alias_or_absent"}) == (
        '{"null_or_absent":null,"json_or_absent":null,"leaf_or_absent":null,"three":null,"nullable":null}'
    )
    assert Absent.model_validate_json(CLEARED.model_dump_json()) == CLEARED
    with pytest.raises(ValidationError):
        Absent.model_validate_json("{}")


def test_constraints_hold() -> None:
    good: dict[str, Any] = {
        "name": "A",
        "count": 5,
        "share": 1.0,
        "data": b"x",
        "big": 0,
        "items": [1],
        "table": {},
        "price": Decimal(0),
    }
    Limited.model_validate(good)
    cases: list[tuple[str, Any]] = [
        ("name", ""),
        ("name", "!"),
        ("count", 7),
        ("share", -1.0),
        ("data", b""),
        ("big", -1),
        ("items", []),
        ("price", Decimal(-1)),
    ]
    for field, wrong in cases:
        with pytest.raises(ValidationError, match=field):
            Limited.model_validate({**good, field: wrong})
    with pytest.raises(ValidationError):
        TypeAdapter(Tags).validate_python(["a"] * 4)
    with pytest.raises(ValidationError):
        TypeAdapter(Ratio).validate_python(2.0)


def test_two_namespaces_with_rooms_in_common_serve_their_own_events() -> None:
    async def scenario() -> None:
        server = Server()
        guests = Guests()
        server.register(guests)
        server.register(Kitchen())
        link = Link(server)
        async with (
            GuestsClient("http://test", auth=GuestsAuth(table=3), connector=link) as three,
            GuestsClient("http://test", auth=GuestsAuth(table=4), connector=link) as four,
            KitchenClient("http://test", connector=link) as kitchen,
        ):
            orders, called, cooking = (
                aiter(three.on_order),
                aiter(four.on_called),
                aiter(kitchen.on_order),
            )
            assert await three.order([Line(dish="pie", count=1)], "hot") == 1
            assert guests.notes == ["hot"]
            assert (await anext(orders)).lines == [Line(dish="pie", count=1)]
            assert await anext(called) == (4, False)
            assert await three.order([Line(dish="soup", count=1)]) == OutOfStock(
                dish="soup", state=State.DONE
            )
            with pytest.raises(
                v1.InvalidPayloadError, match="lines: List should have at least 1 item"
            ):
                await three.order([])
            assert await three.socket.emit_with_ack("order", []) == {
                "error": {
                    "code": "invalid_request",
                    "message": "The arguments don't fit the event",
                    "issues": [
                        {
                            "loc": ["lines"],
                            "type": "too_short",
                            "msg": "List should have at least 1 item after validation, not 0",
                        }
                    ],
                }
            }
            assert await kitchen.order(OrderId(5), State.COOKING) is None
            assert (await anext(cooking)).id == 5
            assert await kitchen.cancel(OrderId(5))
            assert await four.status(OrderId(1)) is None
            assert await four.upload(b"123") == 3 + len("photo")

    run(scenario())


def test_a_server_asks_a_client_which_answers_refuses_or_does_not_know() -> None:
    class Polite(GuestsHandlers):
        @override
        async def on_confirm(self, question: str) -> ConfirmResult:
            return Refused(code_=1, unwrap_=question) if question == "Cancel 2?" else True

    async def scenario() -> None:
        server = Server()
        guests = Guests()
        server.register(guests)
        async with GuestsClient(
            "http://test", auth=GuestsAuth(table=1), handlers=Polite(), connector=Link(server)
        ) as polite:
            assert await polite.cancel(OrderId(1)) is None
            assert await polite.cancel(OrderId(2)) == Closed()
        async with GuestsClient(
            "http://test",
            auth=GuestsAuth(table=1),
            handlers=GuestsHandlers(),
            connector=Link(server),
        ) as mute:
            await mute.cancel(OrderId(1))
        assert guests.answers[:2] == [True, Refused(code_=1, unwrap_="Cancel 2?")]
        assert isinstance(guests.answers[2], v1.UnknownError)
        assert guests.answers[2].code == "unknown_event"

    run(scenario())


def test_a_deprecated_event_warns_whoever_sends_it() -> None:
    async def scenario() -> None:
        server = Server()
        server.register(Guests())
        async with GuestsClient(
            "http://test", auth=GuestsAuth(table=1), connector=Link(server)
        ) as client:
            shout: Callable[[str], None] = vars(GuestsClient)["shout"].__get__(client)
            with pytest.warns(DeprecationWarning, match='call "the" waiter'):
                shout("hey")

    run(scenario())


def test_a_refused_connection_raises_the_error_of_its_namespace() -> None:
    async def scenario() -> None:
        server = Server()
        server.register(Guests())
        client = GuestsClient("http://test", auth=GuestsAuth(table=0), connector=Link(server))
        with pytest.raises(GuestsConnectRefusedError) as caught:
            await client.connect()
        assert caught.value.error == Refused(code_=3, unwrap_="who?")

    run(scenario())


def test_rooms_are_values_with_names() -> None:
    assert TableRoom(3).name == "table:3"
    assert OrderRoom(OrderId(1), dt.date(2024, 2, 29)).name == "order:1:2024-02-29"
    assert KitchenRoom().name == "kitchen"
    assert TableRoom(3) == TableRoom(3) != TableRoom(4)


def make(class_: Callable[[], object]) -> object:
    """Call a class without the type checkers knowing which."""
    return class_()


def test_a_namespace_without_all_its_handlers_cannot_be_made() -> None:
    class Half(GuestsNamespace):
        @override
        async def on_upload(self, ctx: GuestsContext, photo: bytes, name: str) -> int:
            return 0

    with pytest.raises(TypeError, match="on_cancel"):
        make(Half)


def test_a_misspelled_handler_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match="did you mean on_upload"):
        type("Wrong", (GuestsNamespace,), {"on_uplaod": Guests.on_upload})


def test_names_from_hell_keep_their_names_on_the_wire(package: Callable[[str], ModuleType]) -> None:
    hell = package("names_from_hell")
    wire = '{"Annotated":1,"Field":"x","Literal":true}'
    assert hell.Annotated.model_validate_json(wire).model_dump_json() == wire
    assert hell.Annotated(Annotated_=1, Field_="x", Literal_=True).model_dump_json() == wire
    assert (
        hell.NotImplementedError(code_=1, message="", data="", from_="x").model_dump_json()
        == '{"code":1,"message":"","data":"","from":"x"}'
    )
    assert hell.NotImplementedError.code == "not_implemented_error"
    assert TypeAdapter(hell.Literal).validate_json('{"import": "final", "Final": 3}') == hell.Final(
        Final_=3
    )
    assert hell.ClassRoom(hell.None_("x"), 3).name == "class:x:3"
    assert TypeAdapter(hell.None_).validate_python("x") == "x"
    with pytest.raises(ValidationError):
        TypeAdapter(hell.None_).validate_python("")


def test_a_record_tells_what_it_takes() -> None:
    assert list(signature(Order).parameters) == ["id", "state", "lines"]
    assert signature(Order).parameters["id"].kind is Parameter.KEYWORD_ONLY
