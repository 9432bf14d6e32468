"""The pretty-printer and what is printed with it, compared with ``ruff format``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ackord.codegen import generate
from ackord.codegen.python.docstrings import docstring
from ackord.codegen.python.layout import (
    alternatives,
    assignment,
    brackets,
    call,
    concat,
    layout,
    subscript,
)
from ackord.codegen.python.literals import literal
from ackord.schema.model import (
    Constraints,
    Contract,
    Default,
    Error,
    Event,
    Field,
    ListType,
    MapType,
    Namespace,
    NullableType,
    Record,
    RefType,
    Room,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)
from hypothesis import given
from hypothesis import strategies as st


def ruff_diff(path: Path) -> str:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        "--diff",
        "--no-cache",
        str(path),
    ]
    formatted = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return formatted.stdout + (formatted.stderr if formatted.returncode != 0 else "")


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (40, "x: dict[str, int] = f(a, b)"),
        (26, "x: dict[str, int] = f(\n    a,\n    b,\n)"),
        (18, "x: dict[\n    str,\n    int,\n] = f(a, b)"),
        (8, "x: dict[\n    str,\n    int,\n] = f(\n    a,\n    b,\n)"),
    ],
)
def test_the_rightmost_brackets_are_broken_first(width: int, expected: str) -> None:
    statement = assignment(concat("x: ", subscript("dict", ["str", "int"])), call("f", ["a", "b"]))
    assert layout(statement, width=width) == expected


def test_a_single_subscript_gets_no_trailing_comma() -> None:
    assert layout(subscript("list", ["Abcdef"]), width=8) == "list[\n    Abcdef\n]"


def test_a_long_union_is_put_into_parentheses_only_where_it_stands_free() -> None:
    union = alternatives(["Aaaa", "Bbbb", "Cccc"])
    assert layout(assignment("x", union), width=30) == "x = Aaaa | Bbbb | Cccc"
    assert layout(assignment("x", union), width=24) == "x = Aaaa | Bbbb | Cccc"
    assert layout(assignment("x", union), width=22) == "x = Aaaa | Bbbb | Cccc"
    assert layout(assignment("x", union), width=21) == "x = (\n    Aaaa\n    | Bbbb\n    | Cccc\n)"
    assert (
        layout(subscript("f", [union, "D"]), width=16)
        == "f[\n    Aaaa\n    | Bbbb\n    | Cccc,\n    D,\n]"
    )


def test_empty_brackets_stay_together() -> None:
    assert layout(brackets("(", [], ")"), width=1) == "()"


def test_a_long_text_moves_into_parentheses_if_it_fits_there() -> None:
    assert layout(assignment("name", '"0123456789"'), width=18) == 'name = (\n    "0123456789"\n)'
    assert layout(assignment("name", '"0123456789"'), width=12) == 'name = "0123456789"'


_TEXT = st.text(
    st.characters(codec="utf-8")
    | st.sampled_from(list("\"'\\\n\t \x00\x7f\u2028\u200b\U0001f4a5")),
    max_size=60,
)


@given(_TEXT)
def test_a_literal_evaluates_to_its_text(text: str) -> None:
    assert eval(literal(text)) == text  # noqa: S307 - that is what is tested


@given(_TEXT, st.sampled_from([0, 4, 8]))
def test_a_docstring_is_valid_python_that_says_what_it_was_given(text: str, indent: int) -> None:
    written = docstring(text, indent)
    said = eval(written)  # noqa: S307 - that is what is tested
    assert isinstance(said, str)
    assert "".join(said.split()) == "".join(text.replace("\r", "\n").split())


def test_ruff_leaves_docstrings_as_they_are(tmp_path: Path) -> None:
    texts = [
        "Plain.", 'Ends with "quotes"', '"Begins" with quotes', 'All three """ of them', "A back\\slash and one at the end\\", "Two\nlines",
        "A paragraph.\n\n- a list\n- of two\n\n    code = 1\n", " leading and trailing \n\n", "tabs\tand\n\ttabs", "\x00\x1b\u2028 invisible",
        "x" * 100, "word " * 40, "first " * 20 + "\n\n" + "second " * 20, '"', '\\"', "\\", '""', "日本語のドキュメント " * 8, "\n  indented\n    more\n",
        *("a" * length for length in range(70, 95)), *("a" * length + " b" for length in range(70, 95)), *("a" * length + '"' for length in range(70, 95)),
    ]  # fmt: skip
    path = tmp_path / "docstrings.py"
    functions = [
        f"def f{number}():\n    {docstring(text, 4)}\n" for number, text in enumerate(texts)
    ]
    classes = [
        f"class C{number}:\n    def f(self):\n        {docstring(text, 8)}\n"
        for number, text in enumerate(texts)
    ]
    path.write_text("\n\n".join(functions + classes), encoding="utf-8")
    assert ruff_diff(path) == ""


def padded(prefix: str, length: int) -> str:
    return prefix + "x" * max(0, length - len(prefix))


def shape(number: int, name: str) -> Type:
    text = ScalarType(
        "str",
        Constraints(min_length=1, max_length=number + 1, pattern="^a" + "b" * (number % 30) + "$"),
    )
    shapes: list[Type] = [
        text,
        ListType(text, Constraints(max_items=3)),
        NullableType(RefType(name)),
        MapType(ListType(RefType(name))),
        TupleType((text, RefType(name), ScalarType("int"))),
        UnionType(
            (RefType(name), ScalarType("int"), ScalarType("str"), ListType(ScalarType("float")))
        ),
        ListType(UnionType((RefType(name), ScalarType("int"), NullableType(ScalarType("str"))))),
    ]
    return shapes[number % len(shapes)]


def test_ruff_leaves_names_of_any_length_as_they_are(tmp_path: Path) -> None:
    lengths = range(3, 76)
    records: list[Record] = []
    events: list[Event] = []
    outgoing: list[Event] = []
    for length in lengths:
        name = padded(f"R{length}", length)
        plain = Field(name=padded(f"f{length}", length), type=shape(length, name))
        text = Field(
            name=f"t{length}", type=ScalarType("str"), required=False, default=Default("v" * length)
        )
        maybe = Field(
            name=padded(f"m{length}", length), type=shape(length + 3, name), required=False
        )
        states = Field(
            name=padded(f"s{length}", length),
            type=NullableType(shape(length + 2, name)),
            required=False,
        )
        number = Field(
            name=f"n{length}",
            type=UnionType((RefType(name), ScalarType("int"))),
            required=False,
            default=Default(length),
        )
        records.append(Record(name=name, fields=(plain, text, maybe, states, number)))
        args = (Field(name=padded(f"a{length}", length // 2), type=shape(length + 1, name)), text)
        identifier = padded(f"e{length}", length)
        errors = ("Wrong", "Other") if length % 3 else ()
        ack = shape(length + 5, name) if length % 4 else None
        acked = bool(errors) or ack is not None
        events.append(
            Event(
                name=f"e{length}",
                identifier=identifier,
                args=(*args[: length % 3], states),
                ack=ack,
                acked=acked,
                errors=errors,
            )
        )
        outgoing.append(
            Event(
                name=f"o{length}",
                identifier=identifier,
                args=args,
                ack=ack if length % 2 else None,
                acked=bool(length % 2 and ack),
                rooms=("r", "long"),
            )
        )
    contract = Contract(
        name="long",
        version="1.0.0",
        types=tuple(records),
        errors=(
            Error(name="Wrong", code="wrong"),
            Error(name="Other", code="other", fields=records[40].fields[:1]),
        ),
        rooms=(
            Room(name="r", template="r"),
            Room(
                name="long",
                template="long:{one}:{two}",
                params=(
                    Field(name="one", type=ScalarType("str")),
                    Field(name="two", type=ScalarType("date")),
                ),
            ),
        ),
        namespaces=(
            Namespace(
                path="/x",
                identifier="x",
                client_to_server=tuple(events),
                server_to_client=tuple(outgoing),
                connect_errors=("Wrong",),
            ),
            Namespace(
                path="/y",
                identifier=padded("y", 60),
                client_to_server=tuple(events),
                server_to_client=tuple(outgoing),
            ),
        ),
    )
    for file, content in generate(contract, source="long.yaml", sha256="0").items():
        (tmp_path / file).write_text(content, encoding="utf-8")
    assert ruff_diff(tmp_path) == ""
