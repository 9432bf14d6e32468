"""Types that are existing Python classes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ackord.schema import LoadResult, load_bytes
from ackord.schema.model import PythonType, RefType

HEAD = "ackord: 1\nname: demo\nversion: 1.0.0\n"

MODELS = """
import sys
from enum import IntEnum
from typing import Annotated, Any, Literal, NewType
from typing_extensions import NotRequired, TypedDict
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema, computed_field, model_serializer

class Author(BaseModel):
    name: str = Field(max_length=10)

class Renamed(BaseModel):
    name: str = Field(serialization_alias="error")

class Asked(BaseModel):
    name: str = Field(validation_alias="error")

class Computed(BaseModel):
    @computed_field
    def error(self) -> int: return 0

class Custom(BaseModel):
    name: str
    @model_serializer
    def write(self) -> dict[str, Any]: return {"error": self.name}

class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

class Tree(BaseModel):
    children: "list[Tree]" = []

class Cat(TypedDict):
    kind: Literal["cat"]

class Dog(TypedDict):
    kind: Literal["dog"]
    error: NotRequired[str]

Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
Names = dict[Literal["a", "b"], int]
Words = list[dict[str, Any]]
Maybe = Author | None

class NotANumber(BaseModel):
    value: float = float("nan")

class Surrogate(BaseModel):
    value: str = Field(description="\\ud800")

class Opaque:
    pass

def broken() -> None: ...

Written = Annotated[int, PlainSerializer(str), WithJsonSchema({"type": "string"})]
Several = Author | bool
Named = NewType("Named", Author)

class Level(IntEnum):
    LOW = 1

class Raising:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        raise RuntimeError("no schema today")
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"models_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODELS, encoding="utf-8")
    (tmp_path / f"{name}_exits.py").write_text("import sys\nsys.exit(3)\n", encoding="utf-8")
    (tmp_path / f"{name}_wrong.py").write_text("def (:\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))  # pyright: ignore[reportUnknownMemberType]  # untyped in pytest
    return name


UNIONS: list[tuple[str, str, list[str]]] = [
    ("ipaddress.IPv4Address", "A | int", []),
    ("ipaddress.IPv4Address", "int | A | null", []),
    ("ipaddress.IPv4Address", "str | A", ["S035"]),
    ("fractions.Fraction", "A | int", ["S035"]),
    ("{}.Written", "A | int", ["S035"]),
    ("{}.Level", "A | int64", ["S035"]),
    ("{}.Level", "A | bool", []),
    ("{}.Author", "A | int", []),
    ("{}.Several", "A | list[int]", ["S035"]),
    ("{}.Named", "A | int", []),
]


@pytest.mark.parametrize(("path", "union", "codes"), UNIONS)
def test_in_a_union_it_is_a_class_that_no_other_member_has(
    models: str, path: str, union: str, codes: list[str]
) -> None:
    found = load(f"types:\n  A: {{python: {path.format(models)}}}\n  B: {union}\n")
    assert [one.code for one in found.diagnostics] == codes


def load(text: str) -> LoadResult:
    return load_bytes((HEAD + text).encode(), "demo.yaml")


def test_its_json_schema_is_kept(models: str) -> None:
    contract = load(
        f"types:\n  Author: {{python: {models}.Author, doc: Who wrote.}}\nnamespaces:\n  /a: "
        f"{{auth: Author}}\n"
    ).contract
    assert contract is not None
    author = contract.types[0]
    assert isinstance(author, PythonType)
    assert author.path == f"{models}.Author"
    assert author.json_schema["properties"] == {
        "name": {"maxLength": 10, "title": "Name", "type": "string"}
    }
    assert author.doc == "Who wrote."
    assert contract.namespaces[0].auth == RefType("Author")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("{}.Autor", "has no Autor"),
        ("{}.Opaque", "no JSON Schema"),
        ("{}.NotANumber", "no JSON Schema"),
        ("{}.Surrogate", "no JSON Schema"),
        ("{}.Raising", "RuntimeError: no schema today"),
        ("{}_exits.Author", "SystemExit: 3"),
        ("{}_wrong.Author", "SyntaxError"),
        ("{}_missing.Author", "ModuleNotFoundError"),
        ("{}.", "no import path"),
        ("../etc", "no import path"),
    ],
)
def test_what_goes_wrong_is_a_diagnostic(models: str, path: str, says: str) -> None:
    result = load(f"types:\n  Author: {{python: {path.format(models)}}}\n")
    assert [found.code for found in result.diagnostics] == ["S038"]
    assert says in result.diagnostics[0].message


def test_nothing_is_imported_for_other_types(models: str) -> None:
    load(f"types:\n  Author: {{newtype: str, doc: {models}.Author}}\n")
    assert models not in sys.modules


def test_a_python_type_in_a_union_goes_by_its_json_schema(models: str) -> None:
    author = f"  Author: {{python: {models}.Author}}\n"
    assert load(f"types:\n{author}  A: Author | int\n").contract is not None
    assert [
        found.code for found in load(f"types:\n{author}  A: Author | map[str, int]\n").diagnostics
    ] == ["S035"]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        *(
            (name, ["S060"])
            for name in ("Renamed", "Asked", "Computed", "Custom", "Open", "Dog", "Pet", "Names")
        ),
        *((name, []) for name in ("Author", "Tree", "Cat", "Words", "Maybe")),
    ],
)
def test_whether_an_ack_could_look_like_a_failure_goes_by_what_is_read_and_written(
    models: str, name: str, codes: list[str]
) -> None:
    text = (
        f"types:\n  Thing: {{python: {models}.{name}}}\nnamespaces:\n"
        f"  /a: {{client_to_server: {{e: {{ack: Thing | null}}}}}}\n"
    )
    assert [found.code for found in load(text).diagnostics] == codes


def test_a_python_type_takes_no_default(models: str) -> None:
    result = load(
        f"types:\n  Author: {{python: {models}.Author}}\n  B:\n    fields:\n"
        f'      a: \'Author = {{"name": "x"}}\'\n'
    )
    assert [found.code for found in result.diagnostics] == ["S031"]
