"""What a text holds is counted exactly before it is parsed, and the size of its objects is
estimated well enough.
"""

from __future__ import annotations

import contextlib
import json
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from ackord.runtime.protocol.socketio.complexity import Complexity, nesting, weigh
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError
from ackord.runtime.sockets.payloads import decode_array
from ackord.runtime.stubs import v1 as _v1
from ackord.runtime.validation import Arg, ArgumentsAdapter
from hypothesis import given
from hypothesis import strategies as st

from tests.codegen.golden.every_type.expected import types
from tests.runtime.server.families import FAMILIES

TEXT: Final = st.text(st.sampled_from('[]{}"\\,:1é\ud800'), max_size=6)
VALUES: Final = st.recursive(
    st.none() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=30,
)


def count(value: Any) -> tuple[int, int]:
    """Return how many lists and objects a value holds, and its levels."""
    if not isinstance(value, list | dict):
        return 0, 0
    inner: list[Any] = list(value.values() if isinstance(value, dict) else value)  # pyright: ignore[reportUnknownArgumentType]  # JSON
    parts = [count(part) for part in inner]
    return 1 + sum(containers for containers, _ in parts), 1 + max(
        (depth for _, depth in parts), default=0
    )


@given(value=VALUES, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_lists_objects_and_levels_are_counted_exactly(
    value: Any, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps([value], ensure_ascii=ascii_only, indent=indent)
    containers, depth = count([value])
    assert Complexity(depth=depth - 1, containers=containers).excess(text) is None
    assert (
        Complexity(depth=depth - 1, containers=containers - 1).excess(text)
        == f"more than {containers - 1} lists and objects"
    )
    if depth > 1:
        assert (
            Complexity(depth=depth - 2, containers=containers).excess(text)
            == f"more than {depth - 2} levels of lists and objects"
        )
    assert nesting(text) == containers * depth


@given(value=TEXT, digits=st.integers(1, 30))
def test_digits_count_in_numbers_and_not_in_text(value: Any, digits: int) -> None:
    number = "7" * digits
    for text in (json.dumps([value, number, f'"{number}\\']), json.dumps({number: value})):
        assert Complexity(digits=25).excess(text) is None
    excess = Complexity(digits=25).excess(f'["\\"{number}",{json.dumps(value)},-{number}.5]')
    assert (excess == "a number of more than 25 digits") == (digits > 25)


@pytest.mark.parametrize(
    "limits",
    [
        Complexity(),
        Complexity(depth=3),
        Complexity(containers=2),
        Complexity(digits=9),
        Complexity(values=3),
    ],
)
def test_a_short_text_cannot_hold_too_much(limits: Complexity) -> None:
    for unit in ("[", "1", '{"":'):
        assert (
            limits.excess(
                (unit * limits.short)[: limits.short // 2] + "]" * (limits.short // 2)
                if unit != "1"
                else unit * limits.short
            )
            is None
        )


class Row(_v1.Model, frozen=True):
    value: int = 0
    text: _v1.Maybe[str] = None


def read_as(type_: Any) -> Callable[[str], object]:
    adapter = ArgumentsAdapter("e", [Arg("x", type_)])
    return lambda value: adapter.decode(f'["e",{value}]', (b"",))


READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "untyped": lambda value: decode_array(f'["e",{value}]'),
    "json": read_as(_v1.Json),
    "rows": read_as(list[Row]),
    "shapes": read_as(list[types.Shape]),
    "times": read_as(list[_v1.Datetime]),
    "decimals": read_as(list[_v1.Decimal]),
    "addresses": read_as(list[_v1.Url]),
    "map": read_as(dict[str, Row]),
}


@pytest.mark.parametrize("size", [150, 8_000])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_weight_of_a_text_is_hardly_less_than_that_of_its_objects(
    family: str, size: int
) -> None:
    value, short = FAMILIES[family](size), FAMILIES[family](150)
    for name, read in READERS.items():
        with contextlib.suppress(InvalidArgumentsError, MalformedPayloadError):
            read(short)  # what is made for the first payload only doesn't count
        tracemalloc.start()
        try:
            values = read(value)
            weight = tracemalloc.get_traced_memory()[0]
        except (InvalidArgumentsError, MalformedPayloadError):
            continue  # nothing of it is kept
        finally:
            tracemalloc.stop()
        del values
        assert weight <= 2 * weigh(f'["e",{value}]') + 3000, name
