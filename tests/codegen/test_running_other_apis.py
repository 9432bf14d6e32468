"""Generated code, run: a contract whose names, acknowledgements and keys are those of an API that
was there before.
"""

from __future__ import annotations

import datetime as dt
import json
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

import pytest
from ackord.runtime.server import Server
from ackord.runtime.testing import Link, run
from pydantic import JsonValue
from typing_extensions import override

from tests.codegen.golden.imports.expected import (
    ChatClient,
    ChatContext,
    ChatNamespace,
    CommonAreaRoom,
    CommonBanned,
    CommonRole,
    CommonUser,
    GPoint,
    GTooFar,
    MoveResult,
    User,
)
from tests.codegen.golden.other_apis.expected import (
    ApiClient,
    ApiContext,
    ApiNamespace,
    AskBothAck,
    Contact,
    Dot,
    Header,
    HeaderPart,
    InvalidAckError,
    Key,
    Keys,
    Level,
    Limited,
    Line,
    Message,
    NodeStyleAck,
    NotFound,
    NothingResult,
    Number,
    Parts,
    PartsPlacesItem,
    RoomFull,
    Shape,
    SlowDown,
    SplitAck,
    SplitResult,
    Status,
    StrictClient,
    StrictContext,
    StrictHandlers,
    StrictNamespace,
    Swapped,
    TextMessage,
    UnknownError,
    UnknownLevel,
)

HEADER = Header(
    content_type="text/plain",
    user_name="ada",
    id_="1",
    part=HeaderPart(some_list=["x"]),
    extra={Level.SHOUTING: Status.ON, UnknownLevel("new"): Status.OFF},
)
ON_WIRE = {
    "content-type": "text/plain",
    "2fa": False,
    "userName": "ada",
    "_id": "1",
    "nested_part": {"someList": ["x"]},
    "extra": {"IN_PROGRESS": "on", "new": "off"},
}
MAIL, ADDRESS = "a@example.org", IPv6Address("::1")


class Api(ApiNamespace):
    @override
    async def on_send_header(self, ctx: ApiContext, the_header: Header) -> Header:
        return the_header

    @override
    async def on_node_style(self, ctx: ApiContext, which: int) -> NodeStyleAck:
        return NodeStyleAck({"error": {"code": 1}}) if which else NodeStyleAck(None, ["row"])

    @override
    async def on_join_room(self, ctx: ApiContext, room: str) -> None: ...


class Strict(StrictNamespace):
    def __init__(self) -> None:
        super().__init__()
        self.answers: list[AskBothAck] = []

    @override
    async def on_split(self, ctx: StrictContext, text: str) -> SplitResult:
        if text == "wrong":
            wrong: Any = SplitAck("a", ["b"], "c")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # on purpose
            return wrong  # type: ignore[no-any-return]  # on purpose
        head, *rest = text.split()
        if head == "full":
            return RoomFull(max_size=3)
        return NotFound() if head == "none" else SplitAck(head, rest, len(rest))

    @override
    async def on_nothing(self, ctx: StrictContext) -> NothingResult:
        await ctx.client.ask_nothing()
        self.answers.append(await ctx.client.ask_both("?"))
        return SlowDown() if len(self.answers) > 1 else None

    @override
    async def on_message(self, ctx: StrictContext, it: Message, shape: Shape) -> Shape:
        return Line(to_dot=shape) if isinstance(shape, Dot) else shape

    @override
    async def on_contact(
        self,
        ctx: StrictContext,
        it: Contact,
        from_: IPv4Address | IPv6Address,
        more: dict[str, JsonValue],
        to: str,
    ) -> Contact:
        return Contact(mail=to, address=from_, more=more, host=it.host)

    @override
    async def on_keys(self, ctx: StrictContext, it: Keys) -> Keys:
        return it

    @override
    async def on_parts(self, ctx: StrictContext, it: Parts, more: Limited) -> Parts:
        return it


class StrictPeer(StrictHandlers):
    @override
    async def on_ask_both(self, question: str) -> AskBothAck:
        return AskBothAck(question == "?", None)

    @override
    async def on_ask_nothing(self) -> None: ...


def keys() -> Keys:
    dot = Dot(x_position=1)
    return Keys(
        by_text={"": 1},
        by_key={Key("a"): 1},
        by_number={Number(2**60): 1},
        by_level={Level.N2ND: 1, UnknownLevel("x"): 2},
        by_status={Status.ON: [dot]},
        by_literal={"a": 1},
        by_id={UUID(int=1): 1},
        by_day={dt.date(2024, 2, 29): 1},
        by_address={ADDRESS: MAIL, IPv4Address("10.0.0.1"): MAIL},
    )


def test_values_travel_under_the_names_of_the_wire_and_come_back_under_those_of_python() -> None:
    async def scenario() -> None:
        server, strict = Server(), Strict()
        server.register(Api())
        server.register(strict)
        async with ApiClient("http://test", connector=Link(server)) as api:
            assert await api.send_header(HEADER) == HEADER
            assert await api.node_style(0) == (None, ["row"])
            assert await api.node_style(1) == NodeStyleAck({"error": {"code": 1}}, None)
            await api.join_room("1")
        peer = StrictPeer()
        async with StrictClient("http://test", handlers=peer, connector=Link(server)) as client:
            assert await client.split("a b c") == SplitAck("a", ["b", "c"], 2)
            assert await client.split("full") == RoomFull(max_size=3)
            assert await client.split("none") == NotFound()
            assert await client.nothing() is None
            assert await client.nothing() == SlowDown()
            replies = await strict.all.gather(timeout=5).ask_both("?")
            assert list(replies) == [AskBothAck(yes=True, why=None)]
            assert strict.answers == [AskBothAck(yes=True, why=None)] * 2
            refused = await client.split("wrong")
            assert isinstance(refused, UnknownError)
            assert refused.code == "invalid_response"
            shape = await client.message(TextMessage(text_body="x"), Dot(x_position=1))
            assert shape == Line(to_dot=Dot(x_position=1))
            contact = await client.contact(Contact(mail=MAIL), ADDRESS, {"a": [None]}, "b@c")
            assert contact == Contact(mail="b@c", address=ADDRESS, more={"a": [None]})
            assert await client.keys(keys()) == keys()
            parts = Parts(words=["a"], places=[PartsPlacesItem(long_name="x")], counts={"a": 0})
            assert await client.parts(parts, [1, 2]) == parts

    run(scenario())


@pytest.mark.parametrize(
    ("event", "args", "answer"),
    [
        ("sendHeader", [ON_WIRE], [ON_WIRE]),
        ("nodeStyle", [0], [None, ["row"]]),
        ("nodeStyle", [1], [{"error": {"code": 1}}]),
        ("room:join", ["1"], []),
    ],
)
def test_a_client_without_the_contract_sees_only_the_names_of_the_wire(
    event: str, args: list[object], answer: list[object]
) -> None:
    async def scenario() -> None:
        server = Server()
        server.register(Api())
        async with await Link(server).raw() as peer:
            await peer.receive_text()
            await peer.send("40")
            await peer.receive_text()
            await peer.send(f"421{json.dumps([event, *args])}")
            text = await peer.receive_text()
            assert (text[:3], json.loads(text[3:])) == ("431", answer)

    run(scenario())


LOCATED: list[tuple[str, list[Any], list[str | int]]] = [
    ("message", [{"@kind": "IMG", "imageUrl": 5}, {}], ["it", "IMG", "imageUrl"]),
    ("contact", [{"mail": "a"}, "::1", {}, "b@c"], ["it", "mail"]),
    ("contact", [{"mail": MAIL, "work": "a@b"}, "::1", {}, "b@c"], ["it", "work"]),
    (
        "contact",
        [{"mail": MAIL, "work": f"{'a' * 40}@example.org"}, "::1", {}, "b@c"],
        ["it", "work"],
    ),
    ("contact", [{"mail": MAIL}, "::g", {}, "b@c"], ["from"]),
    ("contact", [{"mail": MAIL}, "::1", [], "b@c"], ["more"]),
    ("parts", [{"words": ["long text"], "counts": None}, []], ["it", "words", 0]),
    ("parts", [{"words": [], "counts": {"long": 1}}, []], ["it", "counts", "long", "[key]"]),
    ("parts", [{"words": [], "counts": {"a": -1}}, []], ["it", "counts", "a"]),
    ("parts", [{"words": [], "counts": None}, [0]], ["more", 0]),
]


@pytest.mark.parametrize(("event", "args", "location"), LOCATED)
def test_an_issue_is_located_by_the_names_of_the_wire(
    event: str, args: list[Any], location: list[str | int]
) -> None:
    async def scenario() -> None:
        server = Server()
        server.register(Strict())
        async with StrictClient("http://test", connector=Link(server)) as client:
            answer = await client.socket.emit_with_ack(event, *args)
            assert answer["error"]["code"] == "invalid_request"
            assert answer["error"]["issues"][0]["loc"] == location

    run(scenario())


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ('["a"]', SplitAck("a", [], 0)),
        ('["a",["b"],null,"more"]', SplitAck("a", ["b"], 0)),
        ("[ ]", None),
        ("[5]", None),
        ('["a",[5]]', None),
        ('[{"error":{"code":"E_FULL","message":"","data":{"maxSize":1}}}]', RoomFull(max_size=1)),
        ('[{"error":{"code":"what","message":"m"}}]', UnknownError("what", "m", None, None)),
        ('[{"error":{"code":"E_FULL","message":"","data":{"maxSize":1}}},[]]', None),
    ],
)
def test_an_answer_of_several_arguments_is_read_by_position(payload: str, found: object) -> None:
    async def scenario() -> None:
        from tests.codegen.golden.other_apis.expected import events  # noqa: PLC0415

        reply = events.STRICT_SPLIT.reply
        if found is None:
            with pytest.raises(InvalidAckError):
                reply.decode(payload)
        else:
            assert reply.decode(payload) == found

    run(scenario())


def test_a_name_of_one_field_is_never_taken_for_the_other_name_of_another() -> None:
    swapped = Swapped(label="a", name_="b")
    assert json.loads(swapped.model_dump_json()) == {"name": "a", "title": "b"}
    assert Swapped.model_validate_json('{"name": "a", "title": "b"}') == swapped
    assert Header.model_validate_json(json.dumps(ON_WIRE)) == HEADER
    assert json.loads(HEADER.model_dump_json()) == ON_WIRE


class Chat(ChatNamespace):
    @override
    async def on_connect(self, ctx: ChatContext) -> CommonBanned | None:
        ctx.join(CommonAreaRoom("a"))
        return None

    @override
    async def on_move(self, ctx: ChatContext, to: GPoint, role: CommonRole) -> MoveResult:
        if to.place_name == "far":
            return GTooFar(max_km=9)
        user = User(profile=CommonUser(name="ada", home=to, role=role), at=to)
        self.to(CommonAreaRoom("a")).moved(user)
        return user


def test_a_contract_of_several_files_runs_as_one() -> None:
    async def scenario() -> None:
        server = Server()
        server.register(Chat())
        async with ChatClient("http://test", connector=Link(server)) as client:
            events = client.on_moved.stream()
            user = await client.move(GPoint(place_name="here"), CommonRole.ADMIN)
            assert isinstance(user, User)
            assert await anext(events) == user
            assert await client.move(GPoint(place_name="far")) == GTooFar(max_km=9)
            raw = await client.socket.emit_with_ack("move", {"placeName": "far"})
            assert raw["error"] == {"code": "too_far", "message": "too_far", "data": {"maxKm": 9}}

    run(scenario())
