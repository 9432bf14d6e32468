"""No text that is accepted costs out of proportion: each is compared with a flat list of numbers in
the same run, by the thread's CPU.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from time import thread_time
from typing import Any, Final, TypeAlias

from ackord.runtime.errors import InvalidAckError
from ackord.runtime.protocol.socketio.complexity import Complexity, weigh
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.sockets.payloads import decode_array, decode_object
from ackord.runtime.stubs import v1 as _v1
from ackord.runtime.validation import Arg, ArgumentsAdapter, ValueAdapter
from pydantic import Field

from tests.bench.contract import events as bench
from tests.codegen.golden.every_type.expected import events as every_type
from tests.codegen.golden.every_type.expected import types
from tests.runtime.server.families import FAMILIES, flat_list

IS_THOROUGH: Final = "ACKORD_THOROUGH" in os.environ
FACTOR: Final = 6 if IS_THOROUGH else 8
"""How many times as much as a flat list a text may cost: more where the machine may be busy.

Without limits it was up to 286.
"""
SIZE: Final = 999_000
"""Characters of a text: with its packet it is a message of a megabyte."""
RISKY: Final = ("untyped", "tree", "map of records", "record of many fields", "five arguments")

Read: TypeAlias = Callable[[str], object]
"""Reads a JSON value."""


class Tree(_v1.Model, frozen=True):
    kids: list[Tree] | Tree | str | int


class Node(_v1.Model, frozen=True):
    value: int = 0
    kids: list[Node] = Field(default=[])
    names: _v1.Maybe[dict[str, Node]] = None


Wide: Any = type(
    "Wide",
    (_v1.Model,),
    {
        "__module__": __name__,
        "__annotations__": dict.fromkeys([f"field{index}" for index in range(40)], int),
    },
)

TYPES: Final[Mapping[str, Any]] = {
    "list[int]": list[int],
    "json": _v1.Json,
    "str": str,
    "list[str]": list[str],
    "list[float | None]": list[float | None],
    "list[json]": list[_v1.Json],
    "list[int | str | None]": list[_v1.Int | str | None],
    "list of everything": list[dict[str, int] | list[int] | str | int | None],
    "list[datetime]": list[_v1.Datetime],
    "list[url]": list[_v1.Url],
    "list[bytes]": list[_v1.Bytes],
    "list[tuple]": list[tuple[int, str]],
    "map": dict[str, int],
    "map of maps": dict[str, dict[str, int]],
    "map of records": dict[str, Node],
    "tree": Tree,
    "list[tree]": list[Tree],
    "node": Node,
    "list[node]": list[Node],
    "record of many fields": Wide,
    "list of records of many fields": list[Wide],
    "list of tagged unions": list[types.Shape],
}


def readers() -> Iterator[tuple[str, Read]]:
    """Yield what reads a value that a client sends: untyped and typed events, those of the
    contracts, an acknowledgement, a CONNECT.
    """
    yield "untyped", lambda value: decode_array(f'["e",{value}]')
    yield "CONNECT", lambda value: decode_object(f'{{"kids":{value}}}')
    auth = ValueAdapter("auth", Tree)
    yield "typed CONNECT", lambda value: auth.read(f'{{"kids":{value}}}')
    for name, type_ in TYPES.items():
        yield name, typed(ArgumentsAdapter("e", [Arg("x", type_)]))
    five = ArgumentsAdapter("e", [Arg(name, int) for name in "abcde"])
    yield "five arguments", typed(five)
    for contract in (every_type.TYPES, bench.BENCH):
        for event in contract.client_to_server:
            yield f"{contract.path} {event.name}", typed(event.arguments)
        for event in contract.server_to_client:
            if event.acked:
                yield f"{contract.path} {event.name}, acknowledged", acknowledged(event)


def typed(adapter: ArgumentsAdapter) -> Read:
    adapter.warm_reader()
    return lambda value: adapter.decode(f'["e",{value}]', (b"",))


def acknowledged(event: _v1.Event[Any]) -> Read:
    event.reply.warm_reader()
    return lambda value: event.reply.decode(f"[{value}]", (b"",))


def cost(read: Read, value: str, rounds: int = 1) -> float:
    """Return the least CPU that it takes to look at a value, to read it if it is accepted, and to
    let go of what came of it.
    """
    complexity = Complexity()
    spent: list[float] = []
    for _ in range(rounds):
        start = thread_time()
        if complexity.excess(value) is None:
            weigh(value)
            try:
                result = read(value)
            except (InvalidArgumentsError, InvalidAckError, PacketError):
                pass
            else:
                del result
        spent.append(thread_time() - start)
    return min(spent)


def costly(names: Collection[str] = ()) -> Iterator[str]:
    """Yield the families whose cost is out of proportion for some reader: for those of these names,
    or for all.
    """
    every = dict(readers())
    flat = flat_list(SIZE)
    gc.collect()
    gc.freeze()  # what the other tests have left is no cost of a message
    try:
        unit = cost(every["list[int]"], flat, 10)
        for family, make in FAMILIES.items():
            value = make(SIZE)
            for name in names or every:
                if (
                    cost(every[name], value) > FACTOR * unit
                ):  # perhaps only because the machine is busy
                    unit = max(unit, cost(every["list[int]"], flat, 5))
                    ratio = cost(every[name], value, 5) / unit
                    if ratio > FACTOR:
                        yield f"{family} as {name}: {ratio:.1f} times as much"
    finally:
        gc.unfreeze()


def test_no_text_of_a_megabyte_costs_out_of_proportion() -> None:
    """As the types that are most at risk; by ``make thorough`` as all of them, which takes
    minutes.
    """
    assert list(costly(() if IS_THOROUGH else RISKY)) == []
