"""What a client may write, however it is cut, means the same however the server is hosted; so does
what it may not.
"""

from __future__ import annotations

import asyncio
import json
import struct

import pytest

from tests.runtime.hosting.network import Served, frame, masked, response
from tests.runtime.hosting.ways import (
    Hosting,
    everything,
    frames_until,
    is_message,
    on_every_hosting,
    send_at_once,
    send_in_pieces,
    text,
)

MASK = b"\x37\xfa\x21\x3d"


def truly_masked(first: int, payload: bytes) -> bytes:
    """Build a frame with a mask that changes something."""
    plain = masked(first, payload)
    head = plain[: len(plain) - len(payload) - 4]
    return head + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))


PIPELINED = b"".join(
    [
        truly_masked(0x81, "4€uro".encode()),
        truly_masked(0x82, b"\x00\xff"),
        truly_masked(0x89, b"ping"),
        truly_masked(0x01, b"4in "),
        truly_masked(0x89, b""),
        truly_masked(0x00, b""),
        truly_masked(0x8A, b"unasked"),
        truly_masked(0x80, "two €".encode()),
        truly_masked(0x81, b"4" + b"x" * 130),
        truly_masked(0x02, b"\x01"),
        truly_masked(0x80, b"\x02"),
    ]
)
MESSAGES = [
    (0x81, "4€uro".encode()),
    (0x82, b"\x00\xff"),
    (0x81, "4in two €".encode()),
    (0x81, b"4" + b"x" * 130),
    (0x82, b"\x01\x02"),
]
PONGS = [(0x8A, b"ping"), (0x8A, b"")]
END = (0x81, b"4end")


@on_every_hosting
def test_frames_cut_at_every_byte_are_the_same_frames(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.open_websocket()
        for cut in range(len(PIPELINED) + 1):
            await send_in_pieces(connection, PIPELINED[:cut], PIPELINED[cut:] + text("4end"))
            received = await frames_until(connection[0], END)
            assert [one for one in received if is_message(one)] == MESSAGES, cut
            assert [one for one in received if not is_message(one)] == PONGS, cut

    hosting.play(scenario)


@on_every_hosting
def test_one_byte_at_a_time_is_no_hurry(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.open_websocket()
        await send_in_pieces(
            connection, *(PIPELINED[at : at + 1] for at in range(len(PIPELINED))), text("4end")
        )
        received = await frames_until(connection[0], END)
        assert [one for one in received if is_message(one)] == MESSAGES
        assert [one for one in received if not is_message(one)] == PONGS

    hosting.play(scenario)


@on_every_hosting
def test_every_length_has_its_head(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.open_websocket()
        for size in (1, 125, 126, 127, 4095, 4096, 65_535, 65_536, 1_000_000):
            await send_at_once(
                connection,
                truly_masked(0x81, b"4".ljust(size, b"x")) + truly_masked(0x82, b"y" * size),
            )
            assert await frame(connection[0]) == (0x81, b"4".ljust(size, b"x"))
            assert await frame(connection[0]) == (0x82, b"y" * size)

    hosting.play(scenario)


VIOLATIONS = {
    "unmasked": (b"\x81\x034hi", 1002),
    "its first two bytes": (b"\x81\x03", 1002),
    "RSV1": (masked(0xC1, b"4hi"), 1002),
    "RSV2": (masked(0xA1, b"4hi"), 1002),
    "RSV3 of a control frame": (masked(0x99, b""), 1002),
    "reserved opcode": (masked(0x83, b"4hi"), 1002),
    "reserved control opcode": (masked(0x8B, b""), 1002),
    "long PING": (masked(0x89, b"x" * 126), 1002),
    "PING in fragments": (masked(0x09, b"x"), 1002),
    "nothing to continue": (masked(0x80, b"4hi"), 1002),
    "a message within another": (masked(0x01, b"4") + masked(0x81, b"4hi"), 1002),
    "close in fragments": (masked(0x08, b""), 1002),
    "long close": (masked(0x88, b"\x03\xe8" + b"x" * 124), 1002),
    "long PONG": (masked(0x8A, b"x" * 126), 1002),
    "a padded length of 2 bytes": (b"\x81\xfe\x00\x03\0\0\0\x004hi", 1002),
    "the largest padded length of 2 bytes": (b"\x82\xfe\x00\x7d", 1002),
    "a padded length of 8 bytes": (b"\x81\xff\0\0\0\0\0\0\0\x03\0\0\0\x004hi", 1002),
    "the largest padded length of 8 bytes": (b"\x82\xff\0\0\0\0\0\0\xff\xff", 1002),
    "a padded length of a PING": (b"\x89\xfe\x00\x01\0\0\0\0x", 1002),
    "a padded length of a fragment": (masked(0x01, b"4") + b"\x80\xfe\x00\x02\0\0\0\0hi", 1002),
    "short close": (masked(0x88, b"\x03"), 1002),
    "close code that is never sent": (masked(0x88, b"\x03\xed"), 1002),
    "close reason that isn't UTF-8": (masked(0x88, b"\x03\xe8\xff"), 1007),
    "text that isn't UTF-8": (masked(0x81, b"4\xc3("), 1007),
    "text that ends within a character": (masked(0x81, b"4\xe2\x82"), 1007),
    "a surrogate": (masked(0x81, b"4\xed\xa0\x80"), 1007),
    "fragments that aren't UTF-8": (masked(0x01, b"4\xe2") + masked(0x80, b"x"), 1007),
    "too large": (masked(0x81, b"4" + b"x" * 1000), 1009),
    "the head of what is too large": (b"\x82\xfe\x03\xe9", 1009),
    "a length of 63 bits": (b"\x82\xff" + struct.pack("!Q", 1 << 62), 1009),
    "a length of 64 bits": (b"\x82\xff" + b"\xff" * 8, 1009),
    "fragments that are too large together": (
        masked(0x02, b"x" * 600) + masked(0x00, b"x" * 401),
        1009,
    ),
}


@on_every_hosting
def test_a_violation_ends_the_connection_after_what_came_before_it(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        for name, (data, code) in VIOLATIONS.items():
            reader, _ = connection = await served.open_websocket()
            await send_at_once(connection, text("4before") + data)
            assert await everything(reader) == [
                (0x81, b"4before"),
                (0x88, struct.pack("!H", code)),
            ], name
            await served.gone()
            assert served.site.recorders[-1].log == ["4before"], name
            assert served.site.recorders[-1].ends == [("transport error", f"close code {code}")], (
                name
            )

    hosting.play(scenario, max_payload=1000)


BEFORE: dict[str, tuple[bytes, list[tuple[int, bytes]]]] = {
    "nothing": (b"", []),
    "a text": (text("4a"), [(0x81, b"4a")]),
    "texts and a binary message": (
        text("4a") + masked(0x82, b"b") + text("4c"),
        [(0x81, b"4a"), (0x82, b"b"), (0x81, b"4c")],
    ),
    "fragments and a PONG": (
        masked(0x01, b"4") + masked(0x8A, b"") + masked(0x80, b"a"),
        [(0x81, b"4a")],
    ),
    "as many as one turn takes": (text("4a") * 100, [(0x81, b"4a")] * 100),
}


@on_every_hosting
@pytest.mark.parametrize(
    "closing",
    [
        masked(0x88, b"\x03\xe8"),
        masked(0x01, b"4") + masked(0x88, b"\x03\xe8bye"),
        masked(0x83, b""),
    ],
)
@pytest.mark.parametrize(
    "behind", [b"", text("4late") + masked(0x89, b"late"), b"\x81\xfe\x00\x03"]
)
def test_what_came_before_the_end_is_answered_and_nothing_behind_it(
    hosting: Hosting, closing: bytes, behind: bytes
) -> None:
    is_violation = closing[0] == 0x83

    async def scenario(served: Served) -> None:
        for name, (before, answers) in BEFORE.items():
            reader, _ = connection = await served.open_websocket()
            await send_at_once(connection, before + closing + behind)
            close = (
                b"\x03\xea" if is_violation else b"\x03\xe8bye" if closing[0] == 1 else b"\x03\xe8"
            )
            assert await everything(reader) == [*answers, (0x88, close)], name
            await served.gone()
            ends = (
                ("transport error", "close code 1002")
                if is_violation
                else ("transport close", "close code 1000")
            )
            assert served.site.recorders[-1].ends == [ends], name

    hosting.play(scenario)


@on_every_hosting
@pytest.mark.parametrize("code", [1002, 1007, 1008, 1009])
def test_a_client_that_closes_with_the_code_of_a_violation_has_committed_none(
    hosting: Hosting, code: int
) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = connection = await served.open_websocket()
        await send_at_once(connection, masked(0x88, struct.pack("!H", code) + b"why"))
        assert await everything(reader) == [(0x88, struct.pack("!H", code) + b"why")]
        await served.gone()
        assert served.site.recorder.ends == [("transport close", f"close code {code}")]

    hosting.play(scenario)


@on_every_hosting
def test_the_frames_in_the_same_read_as_the_handshake_are_the_first_ones(hosting: Hosting) -> None:
    head = (
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    unusual = head.replace(b"Host: x", b"Content-Length: 0\r\nHost: x")
    large = text("4" + "x" * 70_000)

    async def scenario(served: Served) -> None:
        for data in (head + PIPELINED + text("4end"), unusual + PIPELINED + text("4end")):
            for cut in (
                *range(0, len(data), 7),
                *range(len(data) - len(PIPELINED) - 20, len(data) - len(PIPELINED) + 5),
            ):
                reader, _ = connection = await served.connect()
                await send_in_pieces(connection, *filter(None, (data[:cut], data[cut:])))
                assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
                assert (await frame(reader))[1].startswith(b"0{")
                assert [
                    one for one in await frames_until(reader, END) if is_message(one)
                ] == MESSAGES, cut
                connection[1].close()
        reader, _ = connection = await served.connect()
        await send_at_once(connection, head + large + text("4end"))
        await reader.readuntil(b"\r\n\r\n")
        await frame(reader)
        assert [len(payload) for _, payload in await frames_until(reader, END)] == [70_001]

    hosting.play(scenario)


@on_every_hosting
@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", ["X: " + "y" * 30_000], 101),
        ("", ["Cookie: a=" + "y" * 8_192], 101),
        ("", ["X: y"] * 200, 101),
        ("&x=" + "y" * 9_000, [], 101),
        ("", ["X: " + "y" * 33_000], 431),
        ("", ["X: " + "y" * 8_000] * 5, 431),
        ("&x=" + "y" * 17_000, [], 414),
        ("", ["X: " + "y" * 70_000], 431),
        ("&sid=unknown", ["X: " + "y" * 30_000], 400),
    ],
)
@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_both_transports_have_the_same_bounds_of_a_head_and_say_so(
    hosting: Hosting, transport: str, query: str, headers: list[str], status: int
) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        upgrade = (
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
        lines = ["Host: x", *(upgrade if transport == "websocket" else ()), *headers]
        writer.write(f"GET /socket.io/?EIO=4&transport={transport}{query} HTTP/1.1\r\n".encode())
        writer.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")
        if status == 101 and transport == "websocket":
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            assert served.site.recorder.socket.request.headers.get("x", "") == ", ".join(
                line[3:] for line in headers if line[0] == "X"
            )
            return
        answered, body = await response(reader)
        assert answered == (200 if status == 101 else status)
        assert status == 101 or json.loads(body)["message"]

    hosting.play(scenario)


@on_every_hosting
def test_what_follows_a_violation_is_not_read(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = connection = await served.open_websocket()
        await send_at_once(connection, masked(0x83, b"") + text("4after") + masked(0x89, b""))
        assert [first for first, _ in await everything(reader)] == [0x88]
        assert served.site.recorder.log == []

    hosting.play(scenario)


@on_every_hosting
def test_what_was_sent_before_the_handshake_was_answered_is_taken(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        answer = asyncio.Event()

        async def wait(request: object) -> None:
            await answer.wait()

        served.site.engine.use(wait)
        reader, writer = await served.connect()
        writer.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await asyncio.sleep(0.02)
        await send_in_pieces((reader, writer), text("4ear") + text("4ly")[:3], text("4ly")[3:])
        answer.set()
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        assert (await frame(reader))[1].startswith(b"0{")
        assert await frame(reader) == (0x81, b"4ear")
        assert await frame(reader) == (0x81, b"4ly")

    hosting.play(scenario)
