"""Having pydantic build what it puts off, once for all adapters.

The classes of a contract are put together on first use, so that importing a contract costs little.
An adapter of a class that isn't built yet gets a validator and a serializer of its own for it and
all that it holds: tens of kilobytes; one of a class that is built refers to that.
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
    """Go through the models that aren't built, each after those that its fields hold."""
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        if type_ not in seen and not type_.__pydantic_complete__:
            seen.add(type_)
            for field in type_.model_fields.values():
                yield from _models(field.annotation, seen)
            yield type_
        return
    for part in get_args(type_):
        yield from _models(part, seen)
