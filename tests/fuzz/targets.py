"""What is fuzzed: each target takes any bytes, raises nothing but what its function declares, and
keeps a promise that is checked.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from ackord.runtime import tasks
from ackord.runtime.engine import session as engine_session
from ackord.runtime.engine.cors import CorsPolicy
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.proxies import TrustedProxies
from ackord.runtime.hosting.asgi import request_of
from ackord.runtime.protocol.engineio.errors import MalformedPacketError
from ackord.runtime.protocol.engineio.handshake import (
    check_request,
    check_session_request,
    check_version,
)
from ackord.runtime.protocol.engineio.open_packet import decode_open_packet
from ackord.runtime.protocol.engineio.packet import (
    decode_packet,
    decode_payload,
    encode_packet,
    encode_payload,
)
from ackord.runtime.protocol.socketio.decoder import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, Decoder
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS, scan_event_name
from ackord.runtime.protocol.socketio.packet import MAX_NAMESPACE, Packet, scan_header
from ackord.runtime.protocol.socketio.values import encode_value, repair_surrogates
from ackord.runtime.server import Server, Socket
from ackord.runtime.sockets.payloads import decode_array, decode_object
from ackord.runtime.testing import Link, run
from ackord.runtime.validation import (
    Arg,
    ArgumentsAdapter,
    Bytes,
    Date,
    Datetime,
    Decimal,
    Duration,
    Int64,
    Json,
    Url,
    ValueAdapter,
)
from typing_extensions import override

from examples.chat.contract import Body, ChatAuth
from tests.fuzz import helpers

CUT: Final = b"\xff"
"""Separates messages in an input; never part of UTF-8."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to be fuzzed."""

    name: str
    run: Callable[[bytes], None]
    seeds: Sequence[bytes]
    """Inputs to begin with."""


def text_of(data: bytes) -> str:
    """Decode an input as a WebSocket library would, which lets nothing else through."""
    return data.decode("utf-8", "replace")


def engine_packet(data: bytes) -> None:
    try:
        packet = decode_packet(text_of(data))
    except MalformedPacketError:
        return
    assert decode_packet(encode_packet(packet)) == packet


def engine_payload(data: bytes) -> None:
    packets: list[str | bytes] = []
    try:
        packets.extend(decode_payload(data))
    except MalformedPacketError:
        return
    assert list(decode_payload(encode_payload(packets).encode())) == packets


def header(data: bytes) -> None:
    text = text_of(data)
    try:
        kind, attachments, namespace, ack_id, at = scan_header(text)
    except PacketError:
        return
    assert 0 <= kind <= 6
    assert (attachments > 0) == (kind >= 5)
    assert namespace.startswith("/")
    assert len(namespace) <= MAX_NAMESPACE
    assert ack_id is None or 0 <= ack_id < 10**15
    assert 0 < at <= len(text)


def event_name(data: bytes) -> None:
    try:
        name = scan_event_name(text_of(data))
    except PacketError:
        return
    assert name not in RESERVED_EVENTS
    assert len(name) <= 1000


def decoder(data: bytes) -> None:
    """Messages of one connection; one that begins with a zero byte is binary."""
    machine = Decoder()
    for message in data.split(CUT):
        try:
            packet = (
                machine.receive_binary(message[1:])
                if message.startswith(b"\0")
                else machine.receive_text(text_of(message))
            )
        except PacketError:
            return
        if packet is not None:
            check_packet(packet)
            assert machine.waiting is None


def check_packet(packet: Packet) -> None:
    assert 0 <= packet.type <= 4
    assert len(packet.attachments) <= MAX_ATTACHMENTS
    assert sum(map(len, packet.attachments)) <= MAX_ATTACHMENT_BYTES


def payload(data: bytes) -> None:
    """The JSON of an untyped event, with attachments."""
    text, *attachments = data.split(CUT)
    try:
        values = decode_array(text_of(text), attachments)
    except PacketError:
        return
    again, parts = encode_value(values)
    assert decode_array(again, parts) == values
    assert len(parts) <= len(set(attachments))


def connect_payload(data: bytes) -> None:
    text = text_of(data)
    try:
        auth = decode_object(text)
        AUTH.read(text)
    except (PacketError, InvalidArgumentsError):
        return
    assert isinstance(auth["name"], str)


def surrogates(data: bytes) -> None:
    text = json.dumps(
        data.decode("utf-8", "surrogateescape") + data.decode("utf-16-le", "surrogatepass")[:100]
        if len(data) % 2 == 0
        else ""
    )
    json.loads(repair_surrogates(text)).encode()


def typed_arguments(data: bytes) -> None:
    text, *attachments = data.split(CUT)
    for adapter in TYPED:
        try:
            values = adapter.decode(text_of(text), attachments)
        except (PacketError, InvalidArgumentsError):
            continue
        again, parts = adapter.encode(values)
        assert adapter.decode(again, parts) == values


def handshake(data: bytes) -> None:
    """The query string, then headers: name and value by turns."""
    query, *rest = data.split(b"\n")
    names, values = rest[::2], rest[1::2]
    headers = [(name.lower(), value) for name, value in zip(names, values, strict=False)]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/socket.io/",
        "query_string": query,
        "headers": headers,
        "client": ("127.0.0.1", 1),
    }
    request = request_of(scope, TrustedProxies(("127.0.0.0/8",)))
    assert isinstance(request.address, str)
    assert request.query == dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    for is_websocket in (False, True):
        transports = ("polling", "websocket")
        refusal = check_request(
            request.query,
            method="GET",
            is_websocket=is_websocket,
            transports=transports,
            origin=request.headers.get("origin"),
        )
        refusal = (
            refusal
            or check_session_request(request.query, is_websocket=is_websocket, current="polling")
            or check_version(request.query)
        )
        if refusal is not None:
            json.loads(refusal.body)
    for policy in (
        CorsPolicy(EngineOptions()),
        CorsPolicy(EngineOptions(cors_origins="*")),
        CorsPolicy(
            EngineOptions(
                cors_origins=["http://a.example", re.compile("http://[a-z]+")],
                cors_credentials=True,
            )
        ),
    ):
        policy.allows_websocket(request.headers, request.host)
        for name, value in [
            *policy.headers(request.headers),
            *policy.preflight_headers(request.headers),
        ]:
            assert not {*b"\r\n"}.intersection(name + value)


def open_packet(data: bytes) -> None:
    try:
        opened = decode_open_packet(text_of(data))
    except MalformedPacketError:
        return
    assert 0 < opened.ping_interval + opened.ping_timeout <= 2 * 86_400


def msgpack(data: bytes) -> None:
    parser = MsgpackParser()
    machine = parser.make_decoder(MAX_ATTACHMENTS, MAX_ATTACHMENT_BYTES, MAX_NAMESPACE)
    try:
        packet = machine.receive_binary(data)
    except PacketError:
        return
    if packet is None:
        return
    assert 0 <= packet.type <= 4
    assert packet.namespace.startswith("/")
    if packet.type in {2, 3} and packet.payload:
        values = decode_array(packet.payload, packet.attachments)
        encode_value(values)


def server(data: bytes) -> None:
    """Messages of one client to a whole server, in memory and in virtual time; nothing is raised,
    and nothing is left.
    """
    run(_serve(data))


async def _serve(data: bytes) -> None:
    server = _make_server()
    peer = await Link(server).raw()
    for message in data.split(CUT):
        try:
            await peer.send(message[1:] if message.startswith(b"\0") else text_of(message))
        except ConnectionError:
            break
        await asyncio.sleep(0)
    await asyncio.sleep(1)
    await peer.close()
    await asyncio.sleep(1)
    assert not server.connections
    assert not server.main.sockets
    assert len(server.environment.tasks) == 0
    await server.close()


def _make_server() -> Server:
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        def echo(*values: Any) -> tuple[Any, ...]:
            return values

        async def later(*values: Any) -> tuple[Any, ...]:
            await asyncio.sleep(0.1)
            return values

        socket.on("echo", echo)
        socket.on("later", later)
        socket.emit("ask", ack=lambda *values: None)

    return server


class _Raising(logging.Handler):
    """Makes failures of the ones that the server logs as its own."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            raise AssertionError(record.getMessage())


@contextmanager
def failing_logs() -> Generator[None]:
    """Make what the server logs as its own failure fail the run, and keep what it logs of peers
    quiet.
    """
    raising = _Raising()
    own = [logging.getLogger(module.__name__) for module in (engine_session, tasks)]
    of_peers = logging.getLogger("ackord.runtime.server")
    level = of_peers.level
    for logger in own:
        logger.addHandler(raising)
        logger.propagate = False
    of_peers.setLevel(logging.CRITICAL)
    own[0].setLevel(logging.ERROR)
    try:
        yield
    finally:
        of_peers.setLevel(level)
        own[0].setLevel(logging.NOTSET)
        for logger in own:
            logger.removeHandler(raising)
            logger.propagate = True


AUTH: Final = ValueAdapter("auth", ChatAuth)
TYPED: Final = (
    ArgumentsAdapter("send_message", [Arg("room", str), Arg("body", Body)]),
    ArgumentsAdapter(
        "scalars",
        [
            Arg("a", Int64),
            Arg("b", Decimal),
            Arg("c", Datetime),
            Arg("d", Date),
            Arg("e", Duration),
        ],
    ),
    ArgumentsAdapter(
        "others", [Arg("a", Url), Arg("b", Json), Arg("c", bool | int | float | str | None)]
    ),
    ArgumentsAdapter(
        "nested",
        [Arg("a", dict[str, list[Bytes | None]], optional=True), Arg("b", list[int], default=[1])],
    ),
)

_PLACE: Final = b'{"_placeholder":true,"num":0}'
_PACKETS: Final = (
    b"0",
    b'0/a,{"b":1}',
    b"1",
    b"1/a,",
    b'2["a",1]',
    b'2/a,12["a"]',
    b"31[1]",
    b'51-["a",' + _PLACE + b"]" + CUT + b"\0x",
    b"61-1[" + _PLACE + b"]",
)

TARGETS: Final = {
    target.name: target
    for target in (
        Target("engine_packet", engine_packet, (b"4hello", b"2probe", b"bAQID", b"0{}", b"1", b"6")),
        Target("engine_payload", engine_payload, (b"4a\x1e4b", b"4\xe2\x82\xac\x1ebAQID", b"2\x1e1")),
        Target("frames", helpers.frames, helpers.FRAMES),
        Target("event", helpers.event, (b'42["a"]', b'42/n,12["a",1e5]', b"42" + '["é€"]'.encode(), *(b"4" + packet for packet in _PACKETS))),
        Target("header", header, _PACKETS),
        Target("event_name", event_name, (b'["a"]', b'["\\u0061",1]', b"[1]", b"[1.5e3]", b'[ "connect"]', b'["disconnecting"]')),
        Target("decoder", decoder, (*_PACKETS, CUT.join(_PACKETS))),
        Target("payload", payload, (b"[]", b'["a",{"b":[1,null,true,1.5]}]', b'["\\ud800\\udc00\\ud800"]', b'["a",' + _PLACE + b"," + _PLACE + b"]" + CUT + b"x")),
        Target("connect_payload", connect_payload, (b"", b"{}", b'{"name":"a"}', b'{"name":"a","b":[{}]}', b"[]", b"null")),
        Target("surrogates", surrogates, (b"\x00\xd8", b"\\ud800", b'\\\\ud800\\"', "\U0001f600".encode())),
        Target(
            "typed_arguments",
            typed_arguments,
            (
                b'["send_message","a",{"kind":"text_body","text":"b"}]',
                b'["send_message","a",{"kind":"image","mime":"image/png","data":' + _PLACE + b"}]" + CUT + b"x",
                b'["scalars","1","1.5","2026-01-31T12:00:00Z","2026-01-31","P1DT2H"]',
                b'["others","http://a.example/b?c#d",{"e":[1]},1.0]',
                b'["nested",{"a":[' + _PLACE + b",null]},[1,2]]" + CUT + b"x",
                b'["nested"]',
            ),
        ),
        Target(
            "handshake",
            handshake,
            (
                b"EIO=4&transport=polling",
                b"EIO=4&transport=websocket&sid=abc\norigin\nhttp://a.example\nhost\na.example",
                b'EIO=3&transport=polling&b64=1\naccess-control-request-headers\nx-a, x-b\nx-forwarded-for\n10.0.0.1, 127.0.0.1\nforwarded\nfor="[::1]:5"',
            ),
        ),
        Target("open_packet", open_packet, (b'0{"sid":"a","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}',)),
        Target(
            "msgpack",
            msgpack,
            (
                b"\x82\xa4type\x00\xa3nsp\xa1/",
                b"\x84\xa4type\x02\xa4data\x92\xa1a\x01\xa2id\x05\xa3nsp\xa1/",
                b"\x83\xa4type\x02\xa4data\x92\xa1a\xc4\x01x\xa3nsp\xa2/a",
                b"\x83\xa4type\x02\xa4data\x92\xa1a\xd6\xff\x00\x00\x00\x00\xa3nsp\xa1/",
            ),
        ),
        Target("server", server, (CUT.join([b"40", b'421["echo",1]', b'42["later",' + _PLACE + b"]", b"430[]"]), b"40" + CUT + b'451-2["echo",' + _PLACE + b"]" + CUT + b"\0x" + CUT + b"41")),
    )
}  # fmt: skip
