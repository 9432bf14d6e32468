"""The messages between servers: as they are written, as Node writes them, and what isn't one."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from ackord.runtime.adapters import BroadcastFlags, SocketDetails, Target
from ackord.runtime.adapters.cluster.channels import Receive
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import (
    AckRequest,
    Answered,
    Asked,
    Broadcast,
    Disconnect,
    Fetch,
    Fetched,
    Goodbye,
    Join,
    Leave,
    Message,
    ServerAnswer,
    ServerEvent,
)
from ackord.runtime.adapters.cluster.slices import slice_message
from ackord.runtime.adapters.cluster.wire import Envelope, decode, encode, encode_packed
from ackord.runtime.adapters.local import LocalBus, LocalChannels
from ackord.runtime.adapters.redis.classic import ClassicBus
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.server import Server
from ackord.runtime.server.namespace import core_of
from ackord.runtime.testing import run
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

msgpack: Any = import_module("msgpack")  # it has no annotations

ALL = Target()
SOME = Target(frozenset({"é", "b"}), frozenset({"c"}))
PLAIN = BroadcastFlags()
EVENT = encode_plain_event("ev", (1, "x😀", {"a": [None, 1.5]}))
BINARY = encode_plain_event("ev", (b"\x00\xff", {"deep": [b""]}))
SHORT = EncodedEvent("ev", '["ev",1]', absent=2)
DETAILS = SocketDetails("sid", frozenset({"sid", "red"}), {"n": 1}, {"url": "/", "secure": True})

MESSAGES: list[Message] = [
    Broadcast(EVENT, ALL, PLAIN),
    Broadcast(BINARY, SOME, BroadcastFlags(volatile=True, compress=False)),
    Broadcast(SHORT, Target(frozenset({"one"})), PLAIN),
    Broadcast(EVENT, SOME, PLAIN, AckRequest("id", 1.5)),
    Broadcast(BINARY, ALL, PLAIN, AckRequest("id", 20.0, wants_ids=True)),
    Join(SOME, frozenset({"new"})),
    Leave(ALL, frozenset({"old", "older"})),
    Disconnect(SOME, close=True),
    Disconnect(ALL, close=False),
    Fetch("id", SOME),
    Fetched("id", (DETAILS,)),
    Fetched("id", ()),
    ServerEvent(EVENT),
    ServerEvent(BINARY, "id"),
    ServerAnswer("id", ('["a"]', ())),
    Asked("id", 3),
    Asked("id", 1, ("sid",)),
    Answered("id", ("[null]", ())),
    Answered("id", ("[]", ()), "sid"),
    Answered("id", ('[1,{"_placeholder":true,"num":0}]', [b"\x01"]), "sid"),
    Answered("id", None, "sid"),
    Goodbye(),
]


def shown(message: Message | None) -> tuple[Any, ...]:
    """Return a message so that it can be compared: events have no equality."""
    event = getattr(message, "event", None)
    parts = () if event is None else (event.arguments, list(event.attachments), event.absent)
    reply = getattr(message, "reply", None)
    others = {
        field: getattr(message, field)
        for field in getattr(message, "__slots__", ())
        if field not in {"event", "reply"}
    }
    return type(message), parts, reply and (reply[0], list(reply[1])), others


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_is_written_is_read_as_the_same(message: Message) -> None:
    for data in (encode(message, "uid", "/é"), encode_packed(message, "uid", "/é")):
        envelope = decode(data)
        assert envelope is not None
        assert (envelope.uid, envelope.namespace) == ("uid", "/é")
        assert shown(envelope.message) == shown(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            """{"type":3,"data":{"packet":{"type":2,"data":["ev",1,"x"]},"opts":{"rooms":[],
            "except":[],"flags":{}}},"uid":"72ebf68f64985106","nsp":"/chat"}""",
            Broadcast(EncodedEvent("ev", '["ev",1,"x"]'), ALL, PLAIN),
        ),
        (
            """{"type":3,"data":{"packet":{"type":2,"data":["ev"]},"requestId":"r","opts":{"rooms":
            ["7"],"flags":{"timeout":300}}},"uid":"72ebf68f64985106","nsp":"/chat"}""",
            Broadcast(
                EncodedEvent("ev", '["ev"]'), Target(frozenset({"7"})), PLAIN, AckRequest("r", 0.3)
            ),
        ),
        (
            '{"type":11,"data":{"requestId":"r","clientCount":1},"uid":"u","nsp":"/"}',
            Asked("r", 1),
        ),
        (
            '{"type":12,"data":{"requestId":"r","packet":"resp1"},"uid":"u","nsp":"/"}',
            Answered("r", ('["resp1"]', [])),
        ),
        ('{"type":2,"uid":"u","nsp":"/"}', None),
        ('{"type":99,"data":{},"uid":"u","nsp":"/"}', None),
    ],
)
def test_what_node_writes_is_read(text: str, message: Message | None) -> None:
    envelope = decode(text.encode())
    assert shown(None if envelope is None else envelope.message) == shown(message)


def test_dates_and_undefined_of_javascript_become_what_json_makes_of_them() -> None:
    moment = datetime(2026, 12, 2, 10, 0, 0, 123000, tzinfo=UTC)
    old = msgpack.ExtType(0, int(moment.timestamp() * 1000).to_bytes(8, "big", signed=True))
    values: list[Any] = ["ev", moment, old, msgpack.ExtType(0, b"\x00"), b"\xff"]
    data: dict[str, Any] = {
        "packet": {"type": 2, "data": values},
        "opts": {"rooms": [], "except": []},
    }
    message: dict[str, Any] = {"type": 3, "data": data, "uid": "u", "nsp": "/"}
    envelope = decode(msgpack.packb(message, datetime=True))
    assert envelope is not None
    assert isinstance(envelope.message, Broadcast)
    written = "2026-12-02T10:00:00.123Z"
    assert json.loads(envelope.message.event.arguments)[:4] == ["ev", written, written, None]
    assert list(envelope.message.event.attachments) == [b"\xff"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "data",
                    "uid",
                    "nsp",
                    "opts",
                    "rooms",
                    "except",
                    "flags",
                    "packet",
                    "requestId",
                    "sockets",
                    "id",
                    "sid",
                    "sids",
                    "clientCount",
                    "more",
                    "failed",
                    "timeout",
                    "handshake",
                    "close",
                    "absent",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


def take(decoded: Envelope | None) -> None:
    assert decoded is None or isinstance(decoded, Envelope)


@given(st.integers(-1, 14), json_values, st.binary(max_size=30))
def test_what_is_no_message_is_refused_and_nothing_else_is_raised(
    kind: int, data: Any, noise: bytes
) -> None:
    members = {"type": kind, "data": data, "uid": "u", "nsp": "/"}
    whole = json.dumps(members).encode()
    for text in (whole, whole[: len(whole) // 2], whole + noise, noise, b"{" + noise):
        try:
            take(decode(text))
        except InvalidMessageError:
            continue


class Silent(LocalChannels):
    """Channels that keep what is published."""

    @override
    async def open(self, receive: Receive) -> None:
        self.told = receive
        await super().open(receive)


@given(
    st.sampled_from(["socket.io#/#", "socket.io-request#/#", "socket.io-response#/#"]), json_values
)
def test_a_bad_message_of_a_classic_cluster_disturbs_nobody(channel: str, value: Any) -> None:
    channels = Silent(LocalBus())
    bus = ClassicBus(channels)
    server = Server(adapter=bus.make_adapter)
    messages = [json.dumps(value).encode()]
    try:
        messages.append(msgpack.packb(value))
        messages.append(msgpack.packb(["u", value, value]))
        messages.append(msgpack.packb(["u", {"type": 2, "data": ["ev"], "nsp": "/"}, value]))
    except (OverflowError, ValueError):
        pass

    async def scenario() -> None:
        async with server.lifespan():
            for message in messages:
                channels.told(channel, message)
            await asyncio.sleep(0)
            assert core_of(server.main).adapter.sockets(ALL) == set()

    run(scenario())


@given(
    st.text(max_size=5),
    st.lists(st.text(max_size=5), max_size=2),
    st.sampled_from(["/", '/"', "/é", '/","uid":"x']),
)
def test_a_message_that_is_read_by_slices_says_the_same(
    value: str, rooms: list[str], namespace: str
) -> None:
    event = encode_plain_event("ev", (value, {',"uid":': [value]}))
    for flags in (PLAIN, BroadcastFlags(volatile=True)):
        data = encode(Broadcast(event, Target(frozenset(rooms) or None), flags), "one", namespace)
        whole, sliced = decode(data), slice_message(data)
        assert whole is not None
        if sliced is None:  # with an escape, which may be half an emoji
            assert b"\\u" in data
            return
        assert sliced[:2] == (whole.uid, whole.namespace)
        assert shown(sliced[2]) == shown(whole.message)


@pytest.mark.parametrize(
    "text",
    [
        '{"type":3,"data":{"packet":{"type":2,"data":["e"]},"opts":{"rooms":[]}},"uid":"a"}',
        '{"type":3,"data":{"packet":{"type":2,"data":["e"]},"opts":{"rooms":[]}},"uid":1,"nsp":"/"}',
        '{"type":3,"data":{"packet":{"type":2,"data":["e"]},"opts":{}},"uid":"a","nsp":"/"}',
        '{"type":3,"data":{"packet":{"type":2,"data":["e"]},"opts":{"rooms":[]}},"uid":"a","nsp":"/","data":{}}',
        '{"type":3,"data":{"packet":{"type":2,"data":["e","\\ud83d"]},"opts":{"rooms":[]}},"uid":"a","nsp":"/"}',
        '{"type":4,"data":{"opts":{"rooms":[]},"rooms":["a"]},"uid":"a","nsp":"/"}',
        '{"type":3,"data":{"opts":{"rooms":[]},"packet":{"type":2,"data":["e"]}},"uid":"a","nsp":"/"}',
    ],
)
def test_what_has_not_the_common_form_is_not_read_by_slices(text: str) -> None:
    assert slice_message(text.encode()) is None
