"""Checks constraints: whether the type takes them, and whether a value can satisfy them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction
from itertools import count
from math import ceil, isinf
from typing import Any, Final

from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import ConstraintNode
from ackord.schema.model import (
    Constraints,
    ListType,
    LiteralType,
    MapType,
    NullableType,
    RefType,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)
from ackord.schema.yaml.nodes import exact_decimal

_TEXT: Final = frozenset({"min_length", "max_length", "pattern"})
_SIZE: Final = frozenset({"min_length", "max_length"})
_NUMBER: Final = frozenset({"ge", "gt", "le", "lt", "multiple_of"})
_DECIMAL: Final = _NUMBER | {"max_digits", "decimal_places"}
OF_LISTS: Final = frozenset({"min_items", "max_items"})
"""The constraints that lists and maps take."""
OF_SCALAR: Final = {
    "str": _TEXT,
    "email": _TEXT,
    "bytes": _SIZE,
    "int": _NUMBER,
    "int64": _NUMBER,
    "float": _NUMBER,
    "decimal": _DECIMAL,
}
"""The constraints that each scalar takes."""
_WHOLE: Final = frozenset({"int", "int64"})
MAX_EMAIL: Final = 254
"""Characters of an email address, the same as in the runtime."""
_MAX_WHOLE_DIGITS: Final = 500
"""No bound has more digits before its point."""


def constrain(base: Type, nodes: tuple[ConstraintNode, ...], report: Reporter) -> Type:
    """Put constraints on a type, inside of ``| null`` if there is that."""
    if not nodes:
        return base
    match base:
        case NullableType(item):
            return NullableType(constrain(item, nodes, report))
        case ScalarType():
            return replace(
                base,
                constraints=_constraints(
                    nodes, OF_SCALAR.get(base.name, frozenset()), base.name, report
                ),
            )
        case ListType() | MapType():
            return replace(
                base, constraints=_constraints(nodes, OF_LISTS, f"a {base.kind}", report)
            )
        case _:
            _constraints(nodes, frozenset(), _describe(base), report)
            return base


def limits(constraints: Constraints) -> dict[str, Any]:
    """Return the constraints that are set, by name."""
    values = {field.name: getattr(constraints, field.name) for field in fields(constraints)}
    return {name: value for name, value in values.items() if value is not None}


def decimal_problem(value: Decimal, constraints: Constraints) -> str | None:
    """Return the limit that a decimal number exceeds, in words; digits are counted as in the
    runtime.
    """
    number = Fraction(value)
    places = next(places for places in count() if (number * 10**places).denominator == 1)
    whole = max(0, value.adjusted() + 1) if value else 0
    limit = {name: Fraction(str(bound)) for name, bound in limits(constraints).items()}
    broken: dict[str, Callable[[Fraction], bool]] = {
        "ge": lambda bound: number < bound,
        "gt": lambda bound: number <= bound,
        "le": lambda bound: number > bound,
        "lt": lambda bound: number >= bound,
        "multiple_of": lambda bound: number % bound != 0,
        "decimal_places": lambda bound: places > bound,
        "max_digits": lambda bound: whole + max(places, limit.get("decimal_places", 0)) > bound,
    }
    return next(
        (
            f"{name!r} is {getattr(constraints, name)}"
            for name, bound in limit.items()
            if broken[name](bound)
        ),
        None,
    )


def _describe(base: Type) -> str:
    match base:
        case ScalarType(name):
            return name
        case ListType() | MapType() | TupleType() | LiteralType() | UnionType():
            return f"a {base.kind}"
        case RefType(name):
            return name
        case NullableType(item):
            return _describe(item)


def _constraints(
    nodes: Iterable[ConstraintNode], allowed: frozenset[str], what: str, report: Reporter
) -> Constraints:
    usable: dict[str, ConstraintNode] = {}
    values: dict[str, Any] = {}
    for node in nodes:
        if node.name not in allowed:
            hint = (
                f"{what} takes {', '.join(sorted(allowed))}"
                if allowed
                else f"{what} takes no constraints here"
            )
            report.add("S025", node.key_place, f"{node.name!r} doesn't fit {what}", hint=hint)
        elif node.name in _NUMBER:
            number = _exact(node, what, report)
            value = None if number is None else _bound(node, number, what, report)
            if number is not None and value is not None:
                usable[node.name], values[node.name] = node._replace(value=number), value
        elif node.name != "pattern" or _is_pattern(node, report):
            usable[node.name], values[node.name] = node, node.value
    _check_room(usable, what, report)
    return Constraints(**values)


def _exact(node: ConstraintNode, what: str, report: Reporter) -> int | Decimal | None:
    """Return the number that a bound is, which may be in quotes only for decimals."""
    number = (
        exact_decimal(node.value)
        if isinstance(node.value, str) and what == "decimal"
        else node.value
    )
    if number is None or isinstance(number, str):
        wanted = "a decimal number" if what == "decimal" else "a number without quotes"
        report.add("S010", node.place, f"{node.name!r} of {what} is {wanted}, not text")
        return None
    if node.name == "multiple_of" and number <= 0:
        report.add("S016", node.place, f"'multiple_of' is more than 0, not {number}")
        return None
    return number


def _bound(
    node: ConstraintNode, number: int | Decimal, what: str, report: Reporter
) -> int | float | str | None:
    """Return a bound in the form that the IR keeps: a whole number, a float, or the text of a
    decimal.
    """
    if what == "decimal":
        return str(number)
    if what in _WHOLE:
        if number == int(number):
            return int(number)
        report.add("S016", node.place, f"{node.name!r} of {what} is a whole number, not {number}")
        return None
    value = float(Decimal(number))  # infinite, where an integer would raise
    if isinf(value) or (number and not value):
        report.add("S016", node.place, f"{node.name!r} is {number}, which a float can't hold")
        return None
    if isinstance(number, int):
        if number == value:
            return number
        report.add(
            "S016",
            node.place,
            f"{node.name!r} is {number}, which a float can't hold",
            hint=f"the nearest float is {int(value)}",
        )
        return None
    return value


def _is_pattern(node: ConstraintNode, report: Reporter) -> bool:
    """Compile the pattern as pydantic will, with Rust's regex crate."""
    from pydantic_core import SchemaError, SchemaValidator, core_schema  # noqa: PLC0415 - slow

    try:
        SchemaValidator(core_schema.str_schema(pattern=str(node.value), regex_engine="rust-regex"))
    except SchemaError as exc:
        lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
        reason = next(
            (line.removeprefix("error:").strip() for line in lines if line.startswith("error:")),
            lines[-1],
        )
        hint = "look-around and back-references aren't supported" if "supported" in reason else None
        report.add(
            "S027",
            node.place,
            f"this pattern is no regular expression that can be used: {reason}",
            hint=hint,
        )
        return False
    return True


def _check_room(found: dict[str, ConstraintNode], what: str, report: Reporter) -> None:
    for low, high in (
        ("min_length", "max_length"),
        ("min_items", "max_items"),
        ("decimal_places", "max_digits"),
    ):
        if low in found and high in found:
            _check_order(found[low], found[high], report, exclusive=False)
    for one, other in (("ge", "gt"), ("le", "lt")):
        if one in found and other in found:
            message = f"{one!r} and {other!r} can't stand together"
            report.add(
                "S026",
                found[other].key_place,
                message,
                related=[related(f"{one!r} stands here", found[one].key_place)],
            )
            return
    least = found.get("ge") or found.get("gt")
    most = found.get("le") or found.get("lt")
    if least and most:
        exclusive = least.name == "gt" or most.name == "lt"
        gap = 1 if what in _WHOLE and least.name == "gt" and most.name == "lt" else 0
        if (
            _check_order(least, most, report, exclusive=exclusive, gap=gap)
            and "multiple_of" in found
        ):
            _check_multiples(least, most, found["multiple_of"], report)
    _check_reach(least, most, found, what, report)


def _check_order(
    low: ConstraintNode, high: ConstraintNode, report: Reporter, *, exclusive: bool, gap: int = 0
) -> bool:
    least, most = _number(low) + gap, _number(high)
    if least < most or (least == most and not exclusive):
        return True
    message = f"no value fits: {low.name!r} is {low.value} and {high.name!r} is {high.value}"
    report.add(
        "S026", high.place, message, related=[related(f"{low.name!r} stands here", low.place)]
    )
    return False


def _check_multiples(
    low: ConstraintNode, high: ConstraintNode, step: ConstraintNode, report: Reporter
) -> None:
    least, most, size = _number(low), _number(high), _number(step)
    first = ceil(least / size) * size
    if first == least and low.name == "gt":
        first += size
    if first > most or (first == most and high.name == "lt"):
        message = (
            f"no value fits: there is no multiple of {step.value} between {low.value} and "
            f"{high.value}"
        )
        report.add(
            "S026", step.place, message, related=[related(f"{low.name!r} stands here", low.place)]
        )


def _check_reach(
    least: ConstraintNode | None,
    most: ConstraintNode | None,
    found: dict[str, ConstraintNode],
    what: str,
    report: Reporter,
) -> None:
    """Check that bounds leave a value within 64 bits, or within the digits of a decimal."""
    if what == "int64":
        below, above, why = Fraction(-(2**63) - 1), Fraction(2**63), "an int64 has 64 bits"
    elif "max_digits" in found:
        digits, places = found["max_digits"], found.get("decimal_places")
        above = Fraction(
            10
            ** min(
                max(0, int(_number(digits) - (_number(places) if places else 0))), _MAX_WHOLE_DIGITS
            )
        )
        below, why = (
            -above,
            f"'max_digits' is {digits.value}"
            + (f" and 'decimal_places' is {places.value}" if places else ""),
        )
    elif what == "email" and "min_length" in found and _number(found["min_length"]) > MAX_EMAIL:
        report.add(
            "S026",
            found["min_length"].place,
            f"no value fits: an email has at most {MAX_EMAIL} characters",
        )
        return
    else:
        return
    step = 1 if what in _WHOLE else 0
    if least and _number(least) + (step if least.name == "gt" else 0) >= above:
        report.add(
            "S026", least.place, f"no value fits: {least.name!r} is {least.value}, and {why}"
        )
    if most and _number(most) - (step if most.name == "lt" else 0) <= below:
        report.add("S026", most.place, f"no value fits: {most.name!r} is {most.value}, and {why}")


def _number(node: ConstraintNode) -> Fraction:
    assert not isinstance(node.value, str)  # noqa: S101 - bounds are numbers
    return Fraction(node.value)
