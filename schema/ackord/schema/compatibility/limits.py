"""Whether the constraints of a writer keep its values within the constraints of a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Final, Literal, NamedTuple, TypeAlias

from ackord.schema.analysis.patterns import ascii_pattern
from ackord.schema.model import Constraints, ScalarType

Limit: TypeAlias = Literal[
    "min_length",
    "max_length",
    "pattern",
    "lower limit",
    "upper limit",
    "multiple_of",
    "max_digits",
    "decimal_places",
    "min_items",
    "max_items",
]

_KEYS: Final[Mapping[Limit, tuple[str, ...]]] = {
    "lower limit": ("ge", "gt"),
    "upper limit": ("le", "lt"),
}
_LENGTHS: Final[Mapping[str, tuple[int, int | None]]] = {
    "int64": (1, 20),
    "uuid": (36, 36),
    "date": (10, 10),
    "datetime": (20, None),
    "time": (5, None),
    "duration": (3, None),
    "decimal": (1, None),
    "url": (3, None),
    "email": (3, None),
    "ip": (2, None),
}
"""How many characters the text of a scalar has at least and at most."""
_WHOLE: Final = frozenset({"int", "int64"})
_INT64: Final = (-(2**63), 2**63 - 1)
_DIGITS: Final = 19
"""Digits of an ``int64``."""


class _Bound(NamedTuple):
    """The end of a range; `None` is infinite."""

    value: Fraction | None
    included: bool


def unmet(writer: ScalarType, reader: ScalarType) -> Iterator[Limit]:
    """Return the limits of the reader that values of the writer may break.

    The reader takes all values of the writer's scalar, as far as there are no limits.
    """
    theirs, ours = writer.constraints, reader.constraints
    if reader.name not in {"int", "int64", "float", "decimal"}:
        yield from _unmet_text(writer, ours)
        return
    low, high = _range(writer)
    ours_low, ours_high = _range(reader)
    if ours_low.value is not None and (
        low.value is None
        or low.value < ours_low.value
        or (low.value == ours_low.value and low.included and not ours_low.included)
    ):
        yield "lower limit"
    if ours_high.value is not None and (
        high.value is None
        or high.value > ours_high.value
        or (high.value == ours_high.value and high.included and not ours_high.included)
    ):
        yield "upper limit"
    step = _exact(ours.multiple_of)
    steps = _exact(theirs.multiple_of)
    if steps is None and writer.name in _WHOLE:
        steps = Fraction(1)
    if step is not None and (steps is None or steps % step):
        yield "multiple_of"
    if reader.name == "decimal":
        yield from _unmet_digits(writer, ours)


def unmet_counts(
    least: int, most: int | None, reader: Constraints
) -> Iterator[Literal["min_items", "max_items"]]:
    """Return the limits that lists of `least` to `most` items may break."""
    if (reader.min_items or 0) > least:
        yield "min_items"
    if reader.max_items is not None and (most is None or most > reader.max_items):
        yield "max_items"


def describe(limit: Limit, constraints: Constraints) -> str:
    """Return a limit as a schema file has it."""
    for key in _KEYS.get(limit, (limit,)):
        value = getattr(constraints, key)
        if value is not None:
            return f"`{key}: {value}`"
    return f"no {'limit' if limit in _KEYS else f'`{limit}`'}"


def number_fits(value: int, reader: ScalarType) -> bool:
    """Return whether a number is within the limits of a reader."""
    ours = reader.constraints
    low, high = _range(reader)
    number, step = Fraction(value), _exact(ours.multiple_of)
    return (
        (low.value is None or number > low.value or (low.included and number == low.value))
        and (high.value is None or number < high.value or (high.included and number == high.value))
        and (step is None or not number % step)
    )


def text_fits(value: str, reader: Constraints) -> bool:
    """Return whether a text is within the limits of a reader; false if that can't be told."""
    if len(value) < (reader.min_length or 0) or (
        reader.max_length is not None and len(value) > reader.max_length
    ):
        return False
    if reader.pattern is None:
        return True
    from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema  # noqa: PLC0415 - slow

    try:
        schema = core_schema.str_schema(pattern=ascii_pattern(reader.pattern))
        SchemaValidator(schema).validate_python(value, strict=True)
    except (SchemaError, ValidationError):
        return False
    return True


def _unmet_text(writer: ScalarType, ours: Constraints) -> Iterator[Limit]:
    theirs = writer.constraints
    shortest, longest = _LENGTHS.get(writer.name, (0, None))
    least = max(theirs.min_length or 0, shortest)
    most = longest if theirs.max_length is None else theirs.max_length
    if (ours.min_length or 0) > least:
        yield "min_length"
    if ours.max_length is not None and (most is None or most > ours.max_length):
        yield "max_length"
    if ours.pattern is not None and ours.pattern != theirs.pattern:
        yield "pattern"


def _unmet_digits(writer: ScalarType, ours: Constraints) -> Iterator[Limit]:
    theirs = writer.constraints
    digits = _DIGITS if writer.name == "int64" else theirs.max_digits
    places = 0 if writer.name == "int64" else _least(theirs.decimal_places, digits)
    # With both limits a decimal has at most `max_digits - decimal_places` digits before the point.
    whole = (
        digits
        if digits is None or writer.name == "int64" or theirs.decimal_places is None
        else digits - theirs.decimal_places
    )
    if ours.decimal_places is not None and (places is None or places > ours.decimal_places):
        yield "decimal_places"
    if ours.max_digits is not None:
        wanted = ours.max_digits - (ours.decimal_places or 0)
        if digits is None or digits > ours.max_digits or whole is None or whole > wanted:
            yield "max_digits"


def _least(one: int | None, other: int | None) -> int | None:
    known = [each for each in (one, other) if each is not None]
    return min(known) if known else None


def _range(of: ScalarType) -> tuple[_Bound, _Bound]:
    constraints = of.constraints
    low = _bound(constraints.ge, constraints.gt, whole=of.name in _WHOLE, sign=1)
    high = _bound(constraints.le, constraints.lt, whole=of.name in _WHOLE, sign=-1)
    if of.name == "int64":
        least, most = map(Fraction, _INT64)
        low = low if low.value is not None and low.value > least else _Bound(least, included=True)
        high = high if high.value is not None and high.value < most else _Bound(most, included=True)
    return low, high


def _bound(
    included: float | str | None, excluded: float | str | None, *, whole: bool, sign: int
) -> _Bound:
    """Return one end of a range, of the stricter limit if there are two. Limits of whole numbers
    are rounded to the next whole number within.
    """
    ends: list[tuple[Fraction, bool]] = []
    for given, is_included in ((included, True), (excluded, False)):
        value = _exact(given)
        if value is None:
            continue
        value *= sign
        if whole:
            value = Fraction(ceil(value) if is_included else floor(value) + 1)
        ends.append((value, is_included or whole))
    if not ends:
        return _Bound(None, included=True)
    value, is_included = max(ends, key=lambda end: (end[0], not end[1]))
    return _Bound(value * sign, is_included)


def _exact(value: float | str | None) -> Fraction | None:
    """Return a limit as it is written, so that 0.1 is a tenth."""
    return None if value is None else Fraction(str(value))
