"""How long lines are broken and docstrings wrapped, compared with ``ruff format``."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from ackord.codegen import generate
from ackord.codegen.python.docstrings import said, wrap
from ackord.codegen.python.literals import literal
from ackord.codegen.python.module import finish
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


LINES = (
    "x{n}: dict[str, int] = f(a, b)",
    "x{n} = f(a, b, c)",
    "x{n}: TypeAlias = A | dict[str, B] | C",
    "x{n}: TypeAlias = Annotated[A | B, Field(discriminator='c')]",
    "x: TypeAlias = Annotated[A{n} | B | C, Field(discriminator='c')]",
    "x{n}: A | B | list[C] = None",
    "x{n}: list[A | B] | None",
    "x{n}: Annotated[str, Field(min_length=1, max_length=20)] = 'a'",
    "x: Literal['a{n}', 'b', 'c'] = 'a{n}'",
    "x{n} = NewType('x{n}', str)",
    "x{n} = Emitter.x{n}",
    "x: State = State.x{n}",
    "def f(self, x{n}: A = B.x, y: A = B.x{n}) -> None: ...",
    "code: ClassVar[Literal['a{n}']] = 'a{n}'",
    "_v1.constrain(X{n}, Field(pattern='^[a-z0-9-]{{1,32}}$'), base=_v1.Int)",
    "X: Final[_v1.Event[A{n}]] = f(B, C)",
    "X: list[int] = Field(default_factory=lambda: list[int]([A{n}, B]))",
    "X: dict[str, A] = {{'a{n}': 1, 'b': (1,), 'c': [(2, 3), {{}}]}}",
    "class C{n}(A): ...",
    "class C(_v1.Base[A{n} | B | C]): ...",
    "class C{n}(_v1.Base[A], ABC): ...",
    "def f{n}(self, a: int, *, b: A | B = C()) -> list[D]: ...",
    "def f(self, a: dict[str, A{n}] | None = None, b: list[A{n} | B] = [A{n}()]) -> D: ...",
    "def f(self) -> A{n} | list[B] | None: ...",
    "def f(self) -> A{n}: ...",
    "def f(self) -> dict[str, A{n}]: ...",
    "from a import b{n}, c, d",
    "@g('a{n}', b)\ndef f(): ...",
)
"""Statements with a name of any length in them."""


def test_ruff_leaves_statements_of_any_length_as_they_are(tmp_path: Path) -> None:
    statements = [
        line.format(n="n" * length).replace("'", '"')
        for number, line in enumerate(LINES)
        for length in range(1 + number % 3, 90, 3)
    ]
    nested = [
        "if x:\n    " + each.replace("\n", "\n    ") for each in statements if each[:5] != "class"
    ]
    for number, text in enumerate((*statements, *nested)):
        finished = finish(f"{text}\n").replace("if x:\n    def", "if x:\n\n    def")
        assert ast.dump(ast.parse(finished)) == ast.dump(ast.parse(text))
        (tmp_path / f"s{number}.py").write_text(finished.replace("x:\n    @", "x:\n\n    @"))
    assert ruff_diff(tmp_path) == ""


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
    written = wrap(said(text, indent), indent)
    read = eval(written.lstrip())  # noqa: S307 - that is what is tested
    assert isinstance(read, str)
    assert "".join(read.split()) == "".join(text.replace("\r", "\n").split())


def test_ruff_leaves_docstrings_as_they_are(tmp_path: Path) -> None:
    texts = [
        "Plain.", 'Ends with "quotes"', '"Begins" with quotes', 'All three """ of them', "A back\\slash and one at the end\\", "Two\nlines",
        "A paragraph.\n\n- a list\n- of two\n\n    code = 1\n", " leading and trailing \n\n", "tabs\tand\n\ttabs", "\x00\x1b\u2028 invisible",
        "x" * 100, "word " * 40, "first " * 20 + "\n\n" + "second " * 20, '"', '\\"', "\\", '""', "日本語のドキュメント " * 8, "\n  indented\n    more\n",
        *("a" * length for length in range(70, 95)), *("a" * length + " b" for length in range(70, 95)), *("a" * length + '"' for length in range(70, 95)),
    ]  # fmt: skip
    path = tmp_path / "docstrings.py"
    functions = [
        f"def f{number}():\n{wrap(said(text, 4), 4)}\n" for number, text in enumerate(texts)
    ]
    classes = [
        f"class C{number}:\n    def f(self):\n{wrap(said(text, 8), 8)}\n"
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
    for file, content in generate(contract, source="long.yaml").items():
        (tmp_path / file).write_text(content, encoding="utf-8")
    assert ruff_diff(tmp_path) == ""
