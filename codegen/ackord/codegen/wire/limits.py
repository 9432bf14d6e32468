"""The constraints of a type, as a reader of documentation wants them."""

from __future__ import annotations

from ackord.schema.model import ListType, MapType, NullableType, ScalarType, Type


def limits(type_: Type) -> dict[str, object]:
    """Return the constraints of a type by their names in the schema language; those of the items of
    a list begin with ``items:``.
    """
    match type_:
        case ScalarType(constraints=constraints) | MapType(constraints=constraints):
            return constraints.given
        case ListType(item=item, constraints=constraints):
            inner = {f"items: {name}": value for name, value in limits(item).items()}
            return {**constraints.given, **inner}
        case NullableType(item=item):
            return limits(item)
        case _:
            return {}
