"""Models are built once, and adapters share them."""

from __future__ import annotations

import tracemalloc
from typing import Annotated, Any

import pytest
from ackord.runtime.typed.model import Model
from ackord.runtime.validation import Arg, ArgumentsAdapter, Maybe
from ackord.runtime.validation.completion import complete
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError


class Leaf(Model, frozen=True):
    x: int


class Branch(Model, frozen=True):
    leaves: list[Leaf]
    best: Maybe[Annotated[Leaf, Field(description="the best")]] = None
    parent: Maybe[Branch] = None


class Root(Model, frozen=True):
    branches: dict[str, Branch]


class Twig(Model, frozen=True):
    x: int


class Lost(Model, frozen=True):
    other: Nowhere  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore[reportUndefinedVariable,reportUnknownVariableType]  # what is tested


class Eager(BaseModel):
    leaf: int


MODELS: list[type[BaseModel]] = [Leaf, Branch, Root]


def test_importing_a_contract_builds_nothing_and_the_first_use_all_that_it_needs() -> None:
    assert not any(model.__pydantic_complete__ for model in MODELS)
    ArgumentsAdapter("e", [Arg("a", str), Arg("b", list[Root | int], optional=True)]).warm_reader()
    assert all(model.__pydantic_complete__ for model in MODELS)


def test_adapters_of_a_large_type_are_small() -> None:
    fields: Any = {f"field_{index}": (list[Twig] | None, None) for index in range(100)}
    large = create_model("Large", __config__=ConfigDict(defer_build=True), **fields)

    def adapters(count: int) -> list[ArgumentsAdapter]:
        made = [ArgumentsAdapter("e", [Arg("x", large)]) for _ in range(count)]
        for adapter in made:
            adapter.warm_reader()
        return made

    first = adapters(1)
    tracemalloc.start()
    try:
        more = adapters(20)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(first + more) == 21
    assert size / 20 < 20_000


def test_what_cannot_be_built_is_left_for_its_error_to_be_told() -> None:
    complete(Lost)
    complete(dict[str, Lost | None])
    assert not Lost.__pydantic_complete__
    with pytest.raises((PydanticUserError, PydanticUndefinedAnnotation)):
        ArgumentsAdapter("e", [Arg("x", Lost)]).warm_reader()


@pytest.mark.parametrize(
    "type_",
    [int, None, "text", list, tuple[()], Annotated[int, Field(gt=1)], Eager, 5, Any, int | str],
)
def test_everything_else_is_left_alone(type_: Any) -> None:
    complete(type_)
