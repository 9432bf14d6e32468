"""What a client may send, valid and not: scripts for the differential test, the same for the same
seed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from typing_extensions import override

Frame: TypeAlias = str | bytes
"""An Engine.IO packet; bytes are a binary message."""

_NAMESPACES: Final = ("", "/custom,", "/closed,", "/nowhere,")
_AUTHS: Final = ("", "", "{}", '{"token":"123"}', '{"a":{"b":[1,null,"é"]}}')
_ARGUMENTS: Final = (
    "",
    ',1,"2",{"3":[true]}',
    ',null,false,"",[],{}',
    ',"\\u0000\\u001e\\u2028 😀 \\ud83d\\ude00 \\" \\\\ \\/"',
    ",-0,0.5,1e3,1E-7,123456789012345",
    ' , [ 1 , { "a" : null } ] ',
    ',{"__proto__":1,"constructor":{"x":[]}}',
    ',{"_placeholder":false,"num":0}',
    ',{"a":1,"a":2}',
)
_NAMES: Final = (
    "echo",
    "echo",
    "echo",
    "message",
    "error",
    "connection",
    "__proto__",
    "toString",
    "",
    "é 😀",
    "echo ",
)
_ACK_IDS: Final = ("", "", "0", "12", "007", "999999999999999")
ODD: Final[tuple[Frame, ...]] = (
    *("4", "4abc", "47", '47["echo"]', "49", '4²["echo"]', "44", '44{"message":"no"}'),
    *(
        "42{}",
        "42[]",
        "42[true]",
        "42[null,1]",
        "42[[]]",
        '42[{"toString":"foo"}]',
        '42["connect"]',
        '42["disconnecting",1]',
    ),
    *(
        '42["newListener"]',
        '42["removeListener"]',
        '42["connect_error"]',
        '42["disconnect"]',
        '42["echo"',
        '42["echo"]x',
        '42["echo",]',
    ),
    *(
        "42['echo']",
        '42["echo",01]',
        '42["echo",NaN]',
        '42["echo",\t1]',
        '42["echo","\t"]',
        '42abc["echo"]',
        '421.5["echo"]',
        '42-1["echo"]',
    ),
    *(
        '42/custom["echo"]',
        '42/,["echo"]',
        '42/custom,/custom,["echo"]',
        '42,["echo"]',
        '42?a=1,["echo"]',
        '42/nowhere,["echo"]',
    ),
    *(
        "40[]",
        "40null",
        '40"x"',
        "401",
        "40{}x",
        "40/custom",
        "40/custom,[]",
        "40/,",
        "400{}",
        "40/nowhere,[]",
    ),
    *("41{}", "41[]", "41/custom,{}", "410", "41/custom", '41"x"', "41/nowhere,"),
    *(
        "43",
        "43[]",
        "43{}",
        "431{}",
        "431[]",
        "4399[1,2]",
        "43/custom,1[]",
        "431",
        '43"x"',
        "43x[]",
    ),
    *(
        "5",
        "45",
        "451",
        "45a-",
        "451.23-[]",
        "450-",
        "45-",
        "450-[]",
        '450-["echo"]',
        '4511-["echo"]',
        '45-1-["echo"]',
        '45 1-["echo"]',
    ),
    *('46["x"]', "461-", "461-1{}", '461-["x",{"_placeholder":true,"num":0}]'),
    *("", "9", "2", "2probe", "3", "3probe", "5", "6", "0", "0{}", "1", "x", "é"),
    *(b"", b"\x00\x01", b"4", b'42["echo"]'),
)


@dataclass(frozen=True)
class Script:
    """What one connection sends, after it was opened."""

    transport: Literal["websocket", "polling"]
    paced: bool
    """Whether the client waits for what comes of each packet; it always does after CONNECT and
    DISCONNECT.

    npm's server acts on these two in a later turn of its event loop, so what it does with a packet
    behind them depends on timing.
    """
    frames: tuple[Frame, ...]

    def batches(self) -> list[list[Frame]]:
        """Return what is sent at once."""
        batches: list[list[Frame]] = [[]]
        for frame in self.frames:
            last = batches[-1][-1] if batches[-1] else ""
            joins_or_leaves = isinstance(last, str) and last.startswith(("40", "41"))
            if joins_or_leaves or (last and self.paced and isinstance(frame, str)):
                batches.append([])
            batches[-1].append(frame)
        return batches

    @override
    def __str__(self) -> str:
        frames = (repr(frame) if len(frame) < 300 else f"{frame[:50]!r}…" for frame in self.frames)
        return f"{self.transport}{', paced' if self.paced else ''}: {' | '.join(frames)}"


def singles() -> list[Script]:
    """Return a script for each odd packet, alone after CONNECT, over each transport."""
    transports: tuple[Literal["websocket", "polling"], ...] = ("websocket", "polling")
    return [Script(transport, True, ("40", frame)) for frame in ODD for transport in transports]


def generate(seed: int) -> Script:
    """Return the script of a seed: most of it what a client may send, so that the rest meets every
    state.
    """
    rng = random.Random(seed)  # noqa: S311  # the same for everybody
    client = _Client(rng)
    if rng.random() < 0.95:
        client.connect("")
    for _ in range(rng.randint(1, 6)):
        client.send_something()
    frames = client.frames
    if rng.random() < 0.05 and len(frames) > 2:
        at = rng.randrange(1, len(frames) - 1)
        frames[at], frames[at + 1] = frames[at + 1], frames[at]
    return Script(
        rng.choice(("websocket", "websocket", "polling")), rng.random() < 0.6, tuple(frames)
    )


class _Client:
    """Knows the namespaces that it has joined, and mostly keeps to them."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._joined: list[str] = []
        self.frames: list[Frame] = []

    def connect(self, namespace: str) -> None:
        self.frames.append(f"40{namespace}{self._rng.choice(_AUTHS)}")
        if namespace in {"", "/custom,"} and namespace not in self._joined:
            self._joined.append(namespace)

    def send_something(self) -> None:
        rng = self._rng
        match rng.choices(
            ("event", "binary", "connect", "disconnect", "leave", "odd", "mutated"),
            (40, 18, 16, 6, 4, 6, 10),
        )[0]:
            case "event":
                self.frames.append(self._event())
            case "binary":
                self.frames += self._binary()
            case "connect":
                absent = [name for name in _NAMESPACES if name not in self._joined]
                self.connect(rng.choice(absent if rng.random() < 0.95 else _NAMESPACES))
            case "disconnect":
                namespace = self._namespace()
                self.frames.append(f"41{namespace}")
                if namespace in self._joined:
                    self._joined.remove(namespace)
            case "leave":
                self.frames.append(
                    f'42{self._namespace()}{rng.choice(("", "3"))}["{rng.choice(("leave", "kill"))}"]'
                )
            case "odd":
                self.frames.append(rng.choice(ODD))
            case _:
                packet = self._binary() if rng.random() < 0.3 else [self._event()]
                self.frames += [
                    _mutate(rng, frame) if isinstance(frame, str) else frame for frame in packet
                ]

    def _namespace(self) -> str:
        return self._rng.choice(
            self._joined if self._joined and self._rng.random() < 0.97 else _NAMESPACES
        )

    def _event(self) -> str:
        rng = self._rng
        return f'42{self._namespace()}{rng.choice(_ACK_IDS)}["{rng.choice(_NAMES)}"{rng.choice(_ARGUMENTS)}]'

    def _binary(self) -> list[Frame]:
        rng = self._rng
        announced = rng.choice((1, 1, 1, 2, 3, 10)) if rng.random() < 0.97 else 11
        sent = announced if rng.random() < 0.93 else rng.randint(0, announced + 1)
        numbers = [str(number) for number in range(announced)]
        if rng.random() < 0.1:
            numbers[rng.randrange(announced)] = rng.choice(
                ("-1", "99", '"0"', "null", "true", '"splice"', "0", "{}")
            )
        values = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in numbers)
        values = rng.choice((values, f'{{"deep":[{values}]}},"text"'))
        kind = rng.choice(("45", "45", "45", "46"))
        payload = f"[{values}]" if kind == "46" else f'["echo",{values}]'
        header = f"{kind}{announced}-{self._namespace()}{rng.choice(_ACK_IDS)}{payload}"
        return [header, *(rng.randbytes(rng.choice((0, 1, 5, 200))) for _ in range(sent))]


def _mutate(rng: random.Random, packet: str) -> str:
    """Change one to three characters, anywhere but in the Engine.IO type."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(1, len(packet) + 1)
        match rng.randrange(4):
            case 0:
                packet = packet[:at] + rng.choice('0123456789-,/[]{}"abe.: \\ütrunl') + packet[at:]
            case 1:
                packet = packet[:at] + packet[at + 1 :]
            case 2:
                packet = (
                    packet[:at] + rng.choice('0123456789-,/[]{}"abe.: \\ütrunl') + packet[at + 1 :]
                )
            case _:
                packet = packet[: max(1, at)]
    return packet
