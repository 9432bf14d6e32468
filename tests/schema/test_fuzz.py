"""Whatever a file holds, loading it gives a result, and costs in proportion to its size."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from ackord.schema import LoadResult, dump_contract, load_bytes, load_contract_json, render_text
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.expressions.parser import parse_expression
from ackord.schema.source import Source
from ackord.schema.yaml import parsers
from ackord.schema.yaml.nodes import Scalar
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.schema.test_bad_schemas import CASES
from tests.schema.test_bad_schemas import HEAD as BAD_HEAD

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
    assert rendered.count(" - error S") + rendered.count(" - warning S") >= min(
        len(result.diagnostics), 200
    )
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


THOROUGH = bool(os.environ.get("ACKORD_THOROUGH"))
REPOSITORY = Path(__file__).parents[2]
TEXTS = [
    GOOD,
    *(path.read_text(encoding="utf-8") for path in sorted(REPOSITORY.glob("examples/**/*.yaml"))),
    *(
        path.read_text(encoding="utf-8")
        for path in sorted(REPOSITORY.glob("tests/codegen/golden/*/schema.yaml"))
    ),
    *(
        text if title.startswith("whole file:") else BAD_HEAD + text
        for (_, title), (text, _) in CASES.items()
    ),
]
"""Schemas to change: those of the repository, right ones and wrong ones, in YAML and in JSON."""
INSERTED = st.sampled_from(
    [*"-?:,[]{}#&*!|>'\"%@`\\=~</ \t\n\r\0\x85\xa0\u2028\u2029\ufeff\ud800\U0001f600", ": ", "- ", "? ", "\n  ", "\n\t", "\r\n", "---", "...", "&a ", "*a", "!t ", "<<: ", "\\ud83d", "\\x", "//", "/*", "null"]
)  # fmt: skip
PLACE = st.integers(0, 1_000_000)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("replace"), PLACE, st.integers(0, 3), INSERTED),
        st.tuples(st.just("repeat"), PLACE, st.integers(1, 20), st.just("")),
        st.tuples(st.sampled_from(["remove", "exchange", "copy"]), PLACE, PLACE, st.just("")),
    ),
    min_size=1,
    max_size=8,
)


def edited(text: str, edits: list[tuple[str, int, int, str]]) -> str:
    """Change characters or whole lines."""
    for kind, place, other, new in edits:
        if kind in {"replace", "repeat"}:
            at = place % (len(text) + 1)
            end = at + other
            text = text[:at] + (new or text[at:end] * 2) + text[end:]
            continue
        lines = text.splitlines(keepends=True) or [""]
        one, two = place % len(lines), other % len(lines)
        if kind == "remove":
            del lines[one]
        elif kind == "copy":
            lines.insert(two, lines[one])
        else:
            lines[one], lines[two] = lines[two], lines[one]
        text = "".join(lines)
    return text


@settings(max_examples=5000 if THOROUGH else 100)
@given(st.builds(edited, st.sampled_from(TEXTS), EDITS))
@example("a: b\n\x85{")
@example("\x85{")
def test_both_parsers_say_the_same_about_a_changed_schema(text: str) -> None:
    data = text.encode(errors="surrogatepass")
    before = time.process_time()
    fast = check(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsers, "FAST", None)
        slow = check(data)
    assert time.process_time() - before < 10, "seconds of CPU; usual are 0.02"
    assert fast.diagnostics == slow.diagnostics
    assert fast.contract == slow.contract


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
    "broken blocks": (4000, lambda n: f"{HEAD}types:\n" + "".join(f"  T{k}: {{fields: [}}\n" for k in range(n))),
    "broken parts of blocks": (3000, lambda n: "".join(f"a{k}:\n  b:\n    c: @d\n    e: f\n" for k in range(n))),
    "broken parts of parts": (400, lambda n: "".join(f"{' ' * k}a:\n{' ' * k} b: [\n" for k in range(n))),
    "one broken block after many": (8000, lambda n: f"{HEAD}types:\n" + "".join(f"  T{k}: {{enum: [a]}}\n" for k in range(n)) + "  X: [\n"),
    "an open bracket": (80_000, lambda n: "a: [\n" + "b: c\n" * n),
    "an open quote": (80_000, lambda n: 'a: "\n' + "b: c\n" * n),
    "closing brackets": (100_000, lambda n: "a: " + "]" * n),
    "colons in one line": (50_000, lambda n: "doc: " + "a: " * n),
    "tabs": (20_000, lambda n: "\ta: b\n" * n),
    "odd indentation": (20_000, lambda n: "".join(" " * (k % 7) + "a: b\n" for k in range(n))),
    "escapes": (100_000, lambda n: 'a: "' + "\\q" * n + '"\n'),
    "duplicate keys": (100_000, lambda n: "a: 1\n" * n),
    "JSON: duplicate keys": (100_000, lambda n: "{" + '"a": 1, ' * n + "}"),
    "JSON: an open bracket": (300_000, lambda n: '{"a": [' + "1, " * n),
    "JSON: an open quote": (900_000, lambda n: '{"' + "x" * n),
    "JSON: open quotes": (100_000, lambda n: "{" + '"x\n' * n),
    "JSON: deep": (100_000, lambda n: '{"a": ' * n),
    "JSON: commas": (200_000, lambda n: "{" + "," * n),
    "JSON: wrong brackets": (200_000, lambda n: '{"a": [' + "}" * n),
    "JSON: comments": (100_000, lambda n: "{" + "/* a */" * n),
    "JSON: words": (15_000, lambda n: '{"a": [' + ("x" + " " * 50 + "\n") * n),
    "JSON: surrogates": (100_000, lambda n: '{"a": "' + "\\ud800" * n + '"}'),
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


MODELS = [f"  M{k}: {{fields: {{a: int, b: 'list[M{k}]'}}}}\n" for k in range(200)]


@pytest.mark.parametrize("broken", ["X: [", 'X: "', "X: {fields: {", "X: @a"])
def test_one_broken_entry_costs_no_more_than_the_rest_of_the_file(broken: str) -> None:
    head, middle = f"{HEAD}types:\n", len(MODELS) // 2
    whole = steps(head + "".join(MODELS))
    mended = steps(head + "".join([*MODELS[:middle], f"  {broken}\n", *MODELS[middle:]]))
    assert mended < 1.5 * whole
