"""Whatever a file holds, loading it gives a result in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ackord.schema import LoadResult, dump_contract, load_bytes, load_contract_json, render_text
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.expressions.parser import parse_expression
from ackord.schema.source import Source
from ackord.schema.yaml.nodes import Scalar
from hypothesis import given, settings
from hypothesis import strategies as st

CHAT = (Path(__file__).parents[2] / "examples/chat/chat.yaml").read_text(encoding="utf-8")

PIECES = st.sampled_from(
    ["{", "}", "[", "]", ":", ": ", ",", "|", "?", "=", "&a", "*a", "!", "%", "@", "`", '"', "'", "\n", "\n  ", "\t", "#", "-", "- ", "<<", "null", "~",
     "list[", "str", "int = 5", "type", "fields", "enum", "union", "tag", "newtype", "python", "connect", "\\", "\0", "é", "\u2028", "\ud83d\ude00", "5s", "1e9"]
)  # fmt: skip


def check(data: bytes) -> LoadResult:
    started = time.process_time()
    result = load_bytes(data, "fuzz.yaml")
    assert time.process_time() - started < 4
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
    st.integers(0, len(CHAT)),
    st.integers(0, 40),
    st.one_of(st.text(max_size=10), st.lists(PIECES, max_size=5).map("".join)),
)
@settings(max_examples=150)
def test_a_good_file_with_a_part_replaced(start: int, length: int, new: str) -> None:
    check((CHAT[:start] + new + CHAT[start + length :]).encode(errors="surrogatepass"))


@given(st.lists(st.integers(0, CHAT.count("\n")), min_size=1, max_size=6, unique=True))
@settings(max_examples=100)
def test_a_good_file_without_some_lines(gone: list[int]) -> None:
    check(
        "".join(
            line for number, line in enumerate(CHAT.splitlines(keepends=True)) if number not in gone
        ).encode()
    )


@given(st.integers(0, CHAT.count("\n")), st.integers(0, CHAT.count("\n")))
@settings(max_examples=100)
def test_a_good_file_with_two_lines_exchanged(one: int, other: int) -> None:
    lines = CHAT.splitlines(keepends=True)
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


HOSTILE = {
    "deep lists": "[" * 200_000,
    "deep mappings": "{a: " * 100_000,
    "deep block lists": "- " * 100_000,
    "deep indentation": "".join(f"{' ' * depth}a:\n" for depth in range(900)),
    "laughs": "a: &a [x,x,x,x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a,*a]\n" for n in range(1000)),
    "many unknown types": "ackord: 1\nname: a\nversion: 1.0.0\ntypes:\n" + "".join(f"  Type{n}: Typo{n}\n" for n in range(8_000)),
    "many unknown keys": "".join(f"unknown{n}: 1\n" for n in range(20_000)),
    "one key": "x" * 900_000 + ": 1",
    "one expression": "types: {A: 'list[" + "int, " * 150_000 + "]'}",
    "one string": 'doc: "' + "\\n" * 400_000 + '"',
    "empty lines": "\n" * 900_000,
    "a chain of records": "ackord: 1\nname: a\nversion: 1.0.0\ntypes:\n" + "".join(f"  T{n}: {{fields: {{a: T{n + 1}}}}}\n" for n in range(2_000)) + "  T2000: int\n",
    "a chain of aliases": "ackord: 1\nname: a\nversion: 1.0.0\ntypes:\n" + "".join(f"  T{n}: T{n + 1}\n" for n in range(3_000)) + "  T3000: int | str\n"
    "  R: {fields: {a: T0 | bool, b: T0 = 5}}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_take_bounded_time(name: str) -> None:
    start = time.process_time()
    load_bytes(HOSTILE[name].encode(), "hostile.yaml")
    assert time.process_time() - start < 20
