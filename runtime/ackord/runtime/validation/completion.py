"""Builds models that pydantic has deferred, once for all adapters.

The models of a contract are deferred, so that importing a contract costs little. An adapter of a
model that isn't built yet gets a validator and a serializer of its own for the model and all its
fields, tens of kilobytes. An adapter of a model that is built refers to the model's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel


def complete(type_: Any) -> None:
    """Build the models that a type mentions; those that can't be built yet are left as they are."""
    for model in _models(type_, set()):
        model.model_rebuild(raise_errors=False)


def _models(type_: Any, seen: set[Any]) -> Iterator[type[BaseModel]]:
    """Yield the models that aren't built, each after the models of its fields."""
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        if type_ not in seen and not type_.__pydantic_complete__:
            seen.add(type_)
            for field in type_.model_fields.values():
                yield from _models(field.annotation, seen)
            yield type_
        return
    for part in get_args(type_):
        yield from _models(part, seen)
