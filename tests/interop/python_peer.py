"""PyPI's python-socketio against tests/interop/matrix_server.py: ``python -m
tests.interop.python_peer URL PARSER``.

The steps of tests/node/matrix_client.mjs in its own idiom, printed in the same way.
A process of its own, as aiohttp warns of large bodies and warnings are errors in tests.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

import socketio
from engineio.payload import Payload
from socketio.exceptions import ConnectionError as Refused

TRANSPORTS: Final = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}
WITHIN: Final = 8.0
"""Seconds for each step."""

Step: TypeAlias = Callable[["Peer"], Awaitable[Any]]


async def observe(url: str, parser: str) -> None:
    """Run each step over each transport; print what was observed, by ``MODE: STEP``."""
    # python-engineio gives up at 16 packets of a response, and has this for who has more: Node's
    # server batches as ours does.
    Payload.max_decode_packets = 1000
    async with network_to(url) as network:
        for mode in TRANSPORTS:
            await _observe_mode(Peer(network, mode, parser))


async def _observe_mode(peer: Peer) -> None:
    def report(step: str, value: Any) -> None:
        print(json.dumps({f"{peer.mode}: {step}": _plain(value)}))

    try:
        await peer.connect(["/"])
        for name, step in STEPS.items():
            try:
                async with asyncio.timeout(WITHIN):
                    report(name, await step(peer))
            except Exception as exc:  # noqa: BLE001  # the cell of the matrix shows it
                report(name, {"failed": repr(exc)})
        report("transport", peer.client.transport())
    except Exception as exc:  # noqa: BLE001  # the cells of the matrix show it
        report("connect", {"failed": repr(exc)})
    finally:
        await peer.client.disconnect()


class Network:
    """What stands between client and server, so that the network itself can be cut."""

    def __init__(self, target: str) -> None:
        self._port = urlsplit(target).port
        self._pipes: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect one connection with the server."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ends = {writer, far_writer}
        self._pipes |= ends
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(_copy(reader, far_writer)),
                    asyncio.create_task(_copy(far_reader, writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._pipes -= ends
            for end in ends:
                end.transport.abort()

    async def cut(self) -> None:
        """Drop all connections, when a GET is parked."""
        await asyncio.sleep(0.05)
        for pipe in tuple(self._pipes):
            pipe.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # cut


@asynccontextmanager
async def network_to(target: str) -> AsyncGenerator[Network]:
    """Listen for what is to reach `target`."""
    network = Network(target)
    server = await asyncio.start_server(network.join, "127.0.0.1", 0)
    network.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield network
    finally:
        server.close()
        await network.cut()


class Peer:
    """One client, and what it heard."""

    def __init__(self, network: Network, mode: str, parser: str) -> None:
        self.network = network
        self.url = network.url
        self.mode = mode
        self.parser = parser
        self.client = self._new_client()

    def _new_client(self) -> Any:
        serializer = "msgpack" if self.parser == "msgpack" else "default"
        new: Any = socketio.AsyncClient  # without annotations; those that can be guessed are wrong
        return new(
            reconnection=True,
            reconnection_delay=0.02,
            randomization_factor=0,
            serializer=serializer,
        )

    async def connect(self, namespaces: list[str], auth: Any = None) -> None:
        """Connect to some namespaces; python-socketio has one `auth` for all."""
        await self.client.connect(
            self.url,
            auth=auth,
            namespaces=namespaces,
            transports=TRANSPORTS[self.mode],
            wait_timeout=5,
        )
        async with asyncio.timeout(WITHIN):
            while self.mode == "upgrade" and self.client.transport() != "websocket":  # noqa: ASYNC110  # there is no event for it
                await asyncio.sleep(0.01)

    async def ask(self, event: str, *args: Any, namespace: str = "/") -> list[Any]:
        """Emit and return the acknowledgement, whose single value python-socketio unwraps."""
        reply = await self.client.call(event, args, namespace=namespace, timeout=WITHIN)
        if reply.__class__ is tuple:
            return list(reply)
        return [] if reply is None else [reply]

    async def next(self, event: str, namespace: str = "/") -> list[Any]:
        """Wait for an event."""
        heard: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

        async def note(*args: Any) -> None:
            if not heard.done():
                heard.set_result(list(args))

        self.client.on(event, note, namespace=namespace)
        return await heard


async def _text(peer: Peer) -> Any:
    values = [
        "plain",
        "",
        0,
        -1,
        1.5,
        2**53,
        1e-7,
        True,
        None,
        [],
        {},
        [[["deep"]]],
        {"": {"a": [1, {"b": None}]}},
    ]
    return await peer.ask("echo", *values)


async def _numbers_beyond_64_bits(peer: Peer) -> Any:
    return await peer.ask("echo", 1e21, -1.5e300)


async def _no_arguments(peer: Peer) -> Any:
    nothing = await peer.ask("echo")
    told = asyncio.create_task(peer.next("told"))
    await asyncio.sleep(0)
    await peer.client.emit("tell")
    return [nothing, await told]


async def _binary(peer: Peer) -> Any:
    value = {"list": [b"\x01\x02\x03", {"inner": b"\x00\xff", "none": b""}], "text": "beside"}
    return await peer.ask("echo", value, b"last")


async def _binary_without_acknowledgement(peer: Peer) -> Any:
    told = asyncio.create_task(peer.next("told"))
    await asyncio.sleep(0)
    await peer.client.emit("tell", ({"a": b"\x09"}, b"\x08\x07"))
    return await told


async def _unicode(peer: Peer) -> Any:
    return await peer.ask(
        "echo", 'grüß 日本 \x00\x1e\u2028\u2029\ufeff "\\/ e\u0301', "😀👩‍👩‍👧 𝄞", {"ключ 🔑": "😀"}
    )


async def _lone_surrogates(peer: Peer) -> Any:
    texts = ["a\ud800b", "😀", "\udc00"]
    if peer.parser == "msgpack":  # Python's msgpack can't send what UTF-8 can't hold
        texts = [
            text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts
        ]
    before, pair, after = await peer.ask("echo", *texts)
    return [_units(before), _units(pair), _units(after), await peer.ask("echo", "still here")]


async def _a_megabyte_of_text(peer: Peer) -> Any:
    text = "0123456789abcdef" * 65536
    (back,) = await peer.ask("echo", text)
    return [len(back), back == text]


async def _a_megabyte_of_bytes(peer: Peer) -> Any:
    data = bytes(index * 7919 % 251 for index in range(1 << 20))
    (back,) = await peer.ask("echo", {"data": data})
    return [
        len(back["data"]),
        hashlib.sha256(back["data"]).digest() == hashlib.sha256(data).digest(),
    ]


async def _many_at_once(peer: Peer) -> Any:
    replies = await asyncio.gather(
        *(peer.ask("echo", index, bytes([index])) for index in range(200))
    )
    return replies == [[index, bytes([index])] for index in range(200)]


async def _acks_both_ways(peer: Peer) -> Any:
    async def answer(*args: Any) -> tuple[Any, ...]:
        return (len(args), *args)

    peer.client.on("question", answer)
    return await peer.ask("ask", "what?", {"data": b"\x05\x06"})


async def _several_namespaces_on_one_connection(peer: Peer) -> Any:
    other = Peer(peer.network, peer.mode, peer.parser)
    names = ["/", "/second", "/third"]
    heard: list[tuple[str, int, int]] = []
    done = asyncio.Event()

    async def note(name: str, data: bytes, number: int) -> None:
        heard.append((name, len(data), number))
        if len(heard) == 60:
            done.set()

    for name in names:
        other.client.on("told", note, namespace=name)
    await other.connect(names, {"of": "all"})
    for number in range(20):
        for name in names:
            await other.client.emit("tell", (bytes(number), number), namespace=name)
    await done.wait()
    orderly = [
        [item[1:] for item in heard if item[0] == name]
        == [(number, number) for number in range(20)]
        for name in names
    ]
    who = [(await other.ask("who", namespace=name))[0] for name in names[1:]]
    ids = {other.client.get_sid(name) for name in names} | {other.client.eio.sid}
    await other.client.disconnect()
    return {
        "orderly": orderly,
        "who": [[each["namespace"], each["auth"] == {"of": "all"}] for each in who],
        "ids": len(ids),
        "connected": [peer.client.connected, other.client.connected],
    }


async def _refused_auth(peer: Peer) -> Any:
    refused, welcome = (
        Peer(peer.network, peer.mode, peer.parser),
        Peer(peer.network, peer.mode, peer.parser),
    )
    error = asyncio.create_task(refused.next("connect_error", "/private"))
    await asyncio.sleep(0)
    try:
        await refused.client.connect(
            peer.url,
            auth={"word": "friend"},
            namespaces=["/", "/private"],
            transports=TRANSPORTS[peer.mode],
            wait_timeout=5,
        )
    except Refused:
        (data,) = await error
    else:
        data = None
    await refused.client.disconnect()
    await welcome.connect(["/private"], {"word": "sesame"})
    who = await welcome.ask("who", namespace="/private")
    await welcome.client.disconnect()
    return {
        **cast("dict[str, Any]", data),
        "beside": await peer.ask("echo", "goes on"),
        "welcome": who[0]["auth"],
    }


async def _a_cut_connection_is_opened_again(peer: Peer) -> Any:
    before = peer.client.get_sid()
    again = asyncio.create_task(peer.next("connect"))
    gone = asyncio.create_task(peer.next("disconnect"))
    await peer.network.cut()
    await gone
    await again
    return {"renewed": peer.client.get_sid() != before, "works": await peer.ask("echo", 1)}


STEPS: Final[dict[str, Step]] = {
    "text": _text,
    "numbers beyond 64 bits": _numbers_beyond_64_bits,
    "no arguments": _no_arguments,
    "binary": _binary,
    "binary without acknowledgement": _binary_without_acknowledgement,
    "unicode": _unicode,
    "lone surrogates": _lone_surrogates,
    "a megabyte of text": _a_megabyte_of_text,
    "a megabyte of bytes": _a_megabyte_of_bytes,
    "many at once": _many_at_once,
    "acks both ways": _acks_both_ways,
    "several namespaces on one connection": _several_namespaces_on_one_connection,
    "refused auth": _refused_auth,
    "a cut connection is opened again": _a_cut_connection_is_opened_again,
}


def _units(text: str) -> list[int]:
    encoded = text.encode("utf-16-le", "surrogatepass")
    return [
        int.from_bytes(encoded[index : index + 2], "little") for index in range(0, len(encoded), 2)
    ]


def _plain(value: Any) -> Any:
    """Return what JSON can hold: bytes as ``{"bytes": hex}``."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


if __name__ == "__main__":
    asyncio.run(observe(*sys.argv[1:]))
