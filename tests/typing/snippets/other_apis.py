"""Names on the wire, acknowledgements with several arguments, keys of maps and imports, with and
without mistakes.
"""

from ipaddress import IPv4Address, IPv6Address

from pydantic import JsonValue
from tests.codegen.golden.imports.expected import ChatClient, CommonRole, GPoint, MoveResult
from tests.codegen.golden.other_apis.expected import (
    ApiClient,
    ApiContext,
    ApiNamespace,
    AskBothAck,
    Contact,
    Header,
    HeaderPart,
    Key,
    Keys,
    Level,
    NodeStyleAck,
    NotFound,
    RoomFull,
    SplitAck,
    StrictClient,
    UnknownError,
    UnknownLevel,
)
from typing_extensions import assert_type, override


class Api(ApiNamespace):
    @override
    async def on_send_header(self, ctx: ApiContext, the_header: Header) -> Header:
        assert_type(the_header.content_type, str)
        assert_type(the_header.type_name, str | None)
        assert_type(the_header.extra.get(Level.SHOUTING), object)  # E: mypy pyright
        return Header(content_type="a", user_name="b", id_="c", part=HeaderPart())

    @override
    async def on_node_style(self, ctx: ApiContext, which: int) -> NodeStyleAck:
        if which == 1:
            return None, ["row"]  # E: mypy pyright
        if which == 2:
            return NodeStyleAck(None, [1])  # E: mypy pyright
        return NodeStyleAck({"code": 1})

    @override
    async def on_join_room(self, ctx: ApiContext, room: str) -> str:  # E: mypy pyright
        return room


def header() -> Header:
    return Header(contentType="a", user_name="b", id_="c", part=HeaderPart())  # E: mypy pyright


async def ask(api: ApiClient, strict: StrictClient, chat: ChatClient) -> None:
    answer = await api.node_style(1)
    assert_type(answer, NodeStyleAck)
    err, rows = answer
    assert_type(err, dict[str, JsonValue] | None)
    assert_type(rows, list[str] | None)
    found = await strict.split("a b")
    assert_type(found, SplitAck | RoomFull | NotFound | UnknownError)
    contact = await strict.contact(Contact(mail="a@b"), IPv4Address("10.0.0.1"), {}, "a@b")
    assert_type(contact.address, IPv4Address | IPv6Address | None)
    await strict.contact(contact, "10.0.0.1", {}, "a@b")  # E: mypy pyright
    moved = await chat.move(GPoint(place_name="here"), CommonRole.ADMIN)
    assert_type(moved, MoveResult | UnknownError)


async def keys(strict: StrictClient, some: Keys) -> None:
    assert_type(some.by_key, dict[Key, int])
    assert_type(some.by_level, dict[Level | UnknownLevel, int])
    some.by_key["plain"]  # E: mypy pyright
    strict.on_ask_both(lambda question: AskBothAck(yes=bool(question), why=None))
