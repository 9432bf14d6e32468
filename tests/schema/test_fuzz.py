"""Whatever a file holds, loading it gives a result, and costs in proportion to its size."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from ackord.schema import LoadResult, dump_contract, load_bytes, load_contract_json, render_text
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.expressions.parser import parse_expression
from ackord.schema.source import Source
from ackord.schema.yaml.nodes import Scalar
from hypothesis import given
from hypothesis import strategies as st

GOOD = """\
ackord: 1
name: demo
version: 1.0.0
names: camelCase
reserved: {types: [Old], errors: [old]}
types:
  Id: {newtype: str, pattern: "^[a-z]{1,9}$", doc: An id.}
  Kind: {enum: [one, {value: two, deprecated: use one}], open: true}
  Text:
    reserved: [old_text]
    fields: {text: {type: str, max_length: 9}, tags: "list[Id] = []", "@x": {type: int?, name: x}}
  Parts: {type: list, items: {type: map, keys: Id, values: {type: email}}, max_items: 3}
  Body: {union: [Text], tag: kind}
  Any: Body | list[int] | null
errors:
  Full: {code: too_full, fields: {limit: int = 5}}
rooms:
  room: {name: "room:{id}", params: {id: Id}}
namespaces:
  /chat:
    auth: {fields: {token: str?}}
    connect_errors: [Full]
    client_to_server:
      say:
        args: {body: Body, kind: Kind = one}
        ack: {fields: {at: datetime}}
        errors: [Full]
        timeout: 5s
      load: {since: 0.9.0, ack: {args: {err: json_object | null, rows: {type: "list[ip]", name: r}, more: "int?"}}}
      touch: {ack: null}
    server_to_client:
      said: {rooms: [room], args: {any: "Any | str"}}
"""

PIECES = st.sampled_from(
    ["{", "}", "[", "]", ":", ": ", ",", "|", "?", "=", "&a", "*a", "!", "%", "@", "`", '"', "'", "\n", "\n  ", "\t", "#", "-", "- ", "<<", "null", "~",
     "list[", "str", "int = 5", "type", "fields", "enum", "union", "tag", "newtype", "python", "connect", "\\", "\0", "é", "\u2028", "\ud83d\ude00", "5s", "1e9"]
)  # fmt: skip


def check(data: bytes) -> LoadResult:
    result = load_bytes(data, "fuzz.yaml")
    assert (result.contract is None) == any(
        found.severity == "error" for found in result.diagnostics
    )
    rendered = render_text(result.diagnostics, result.sources)
    assert rendered.count(" - error S") + rendered.count(" - warning S") >= len(result.diagnostics)
    for found in result.diagnostics:
        at = found.range
        assert 1 <= at.line <= at.end_line
        assert at.column >= 1
        assert (at.line, at.column) <= (at.end_line, at.end_column)
    if result.contract is not None:
        assert load_contract_json(dump_contract(result.contract)) == result.contract
    return result


def test_the_good_file_is_good() -> None:
    assert [one.code for one in check(GOOD.encode()).diagnostics] == ["S063"]


@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    check(data)


@given(st.text(max_size=200))
def test_random_text(text: str) -> None:
    check(text.encode(errors="surrogatepass"))


@given(st.lists(PIECES, max_size=40).map("".join))
def test_random_pieces_of_the_language(text: str) -> None:
    check(text.encode(errors="surrogatepass"))


@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 40),
    st.one_of(st.text(max_size=10), st.lists(PIECES, max_size=5).map("".join)),
)
def test_a_good_file_with_a_part_replaced(start: int, length: int, new: str) -> None:
    check((GOOD[:start] + new + GOOD[start + length :]).encode(errors="surrogatepass"))


@given(st.lists(st.integers(0, GOOD.count("\n")), min_size=1, max_size=6, unique=True))
def test_a_good_file_without_some_lines(gone: list[int]) -> None:
    check(
        "".join(
            line for number, line in enumerate(GOOD.splitlines(keepends=True)) if number not in gone
        ).encode()
    )


@given(st.integers(0, GOOD.count("\n")), st.integers(0, GOOD.count("\n")))
def test_a_good_file_with_two_lines_exchanged(one: int, other: int) -> None:
    lines = GOOD.splitlines(keepends=True)
    one, other = one % len(lines), other % len(lines)
    lines[one], lines[other] = lines[other], lines[one]
    check("".join(lines).encode())


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=20).map("".join)))
def test_random_type_expressions(text: str) -> None:
    report = Reporter()
    expression = parse_expression(
        Scalar(Source("fuzz.yaml", text), 0, len(text), text, None), report
    )
    assert (expression is None) == bool(report.diagnostics())


HEAD = "ackord: 1\nname: a\nversion: 1.0.0\n"
HOSTILE: dict[str, tuple[int, Callable[[int], str]]] = {
    "deep lists": (100_000, lambda n: "[" * n),
    "deep mappings": (100_000, lambda n: "{a: " * n),
    "deep block lists": (100_000, lambda n: "- " * n),
    "deep indentation": (900, lambda n: "".join(f"{' ' * depth}a:\n" for depth in range(n))),
    "laughs": (1000, lambda n: "a: &a [x,x,x,x,x]\n" + "".join(f"b{k}: &b{k} [*a,*a,*a,*a]\n" for k in range(n))),
    "unknown types": (8000, lambda n: f"{HEAD}types:\n" + "".join(f"  Type{k}: Typo{k}\n" for k in range(n))),
    "unknown keys": (20_000, lambda n: "".join(f"unknown{k}: 1\n" for k in range(n))),
    "unions": (8000, lambda n: f"{HEAD}types: {{A: '" + " | ".join(["int", "str", "null"] * (n // 3)) + "'}\n"),
    "one key": (900_000, lambda n: "x" * n + ": 1"),
    "one expression": (150_000, lambda n: "types: {A: 'list[" + "int, " * n + "]'}"),
    "one string": (400_000, lambda n: 'doc: "' + "\\n" * n + '"'),
    "empty lines": (900_000, lambda n: "\n" * n),
    "a chain of records": (2000, lambda n: f"{HEAD}types:\n" + "".join(f"  T{k}: {{fields: {{a: T{k + 1}}}}}\n" for k in range(n)) + f"  T{n}: int\n"),
    "a chain of aliases": (3000, lambda n: f"{HEAD}types:\n" + "".join(f"  T{k}: T{k + 1}\n" for k in range(n)) + f"  T{n}: int | str\n  R: {{fields: {{a: T0 | bool, b: T0 = 5}}}}\n"),
    "parts of parts": (16, lambda n: f"{HEAD}types: {{A: " + "{type: list, items: " * n + "int" + "}" * n + "}\n"),
    "removed names": (50_000, lambda n: f"{HEAD}types: {{A: {{fields: {{}}, reserved: [{', '.join(f'a{k}' for k in range(n))}]}}}}\n"),
    "names in generated code": (9000, lambda n: f"{HEAD}types: {{A: {{fields: {{" + "".join(f'"@{k}": {{type: int, name: a}}, ' for k in range(n)) + "}}}\n"),
    "missing imports": (30_000, lambda n: f"{HEAD}import:\n" + "".join(f"  - a{k}.yaml\n" for k in range(n))),
    "rooms": (400, lambda n: f"{HEAD}rooms:\n" + "".join(f"  r{k}: {{name: 'r{k}:{{x}}', params: {{x: str}}}}\n" for k in range(n))),
}  # fmt: skip
"""Families of files, each with the size that a file may have at most, or that was once slow."""
LOOKED_AHEAD = frozenset({"deep lists", "deep mappings"})
"""The parser looks for the colon of each possible key, for 1,024 characters."""


def steps(text: str) -> int:
    """Count the calls that loading a file makes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    data = text.encode()
    sys.setprofile(note)
    try:
        load_bytes(data, "hostile.yaml")
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - LOOKED_AHEAD))
def test_a_hostile_file_of_twice_the_size_costs_about_twice_as_much(name: str) -> None:
    _, text = HOSTILE[name]
    small, large = steps(text(110)), steps(text(220))
    assert large < 2.2 * small + 2000


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_of_the_largest_size_is_read(name: str) -> None:
    size, text = HOSTILE[name]
    load_bytes(text(size).encode(), "hostile.yaml")
