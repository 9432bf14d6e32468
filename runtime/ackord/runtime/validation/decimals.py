"""Limits of decimal numbers, exact for every value.

pydantic's own check of multiples divides under the precision of the current decimal context, and
raises `InvalidOperation` if the quotient has more digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class DecimalLimits:
    """Annotation of a decimal with the limits of the contract; `None` means no limit."""

    ge: Decimal | None = None
    gt: Decimal | None = None
    le: Decimal | None = None
    lt: Decimal | None = None
    multiple_of: Decimal | None = None
    max_digits: int | None = None
    """Digits before and after the point; zeros in front and at the end of the fraction don't count.
    """
    decimal_places: int | None = None
    """Digits after the point; zeros at the end don't count."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def check(self, value: Decimal) -> Decimal:
        """Return the value if it is finite and within the limits.

        Raises:
            PydanticKnownError: the value isn't.
        """
        if self.ge is not None and value < self.ge:
            raise PydanticKnownError("greater_than_equal", {"ge": str(self.ge)})
        if self.gt is not None and value <= self.gt:
            raise PydanticKnownError("greater_than", {"gt": str(self.gt)})
        if self.le is not None and value > self.le:
            raise PydanticKnownError("less_than_equal", {"le": str(self.le)})
        if self.lt is not None and value >= self.lt:
            raise PydanticKnownError("less_than", {"lt": str(self.lt)})
        if self.max_digits is not None or self.decimal_places is not None:
            self._check_digits(value)
        if self.multiple_of is not None and not is_multiple(value, self.multiple_of):
            raise PydanticKnownError("multiple_of", {"multiple_of": str(self.multiple_of)})
        return value

    def _check_digits(self, value: Decimal) -> None:
        whole = max(0, value.adjusted() + 1) if value else 0
        if self.decimal_places is not None and _has_more_places(value, self.decimal_places):
            raise PydanticKnownError("decimal_max_places", {"decimal_places": self.decimal_places})
        if self.max_digits is None:
            return
        if whole > self.max_digits or _has_more_places(value, self.max_digits - whole):
            raise PydanticKnownError("decimal_max_digits", {"max_digits": self.max_digits})
        if self.decimal_places is not None and whole > self.max_digits - self.decimal_places:
            raise PydanticKnownError(
                "decimal_whole_digits", {"whole_digits": self.max_digits - self.decimal_places}
            )


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether a finite value is a multiple of a positive step. The time is proportional to the
    number of digits, and doesn't depend on the exponent.
    """
    sign, digits, exponent = value.as_tuple()
    _, step_digits, step_exponent = step.as_tuple()
    if not isinstance(exponent, int) or not isinstance(step_exponent, int):
        return False  # infinities and NaN
    highest = step_exponent + 4 * len(step_digits)
    if exponent < step_exponent:
        if any(digits[exponent - step_exponent :]):
            return False  # the value has decimal places that no multiple has
        value = Decimal((sign, digits[: exponent - step_exponent] or (0,), step_exponent))
    elif exponent > highest:
        # A number of n digits has a factor 2 or 5 at most 3.33 n times, so higher powers of ten
        # don't matter.
        value = Decimal((sign, digits, highest))
    precision = value.adjusted() - step.adjusted() + 2
    context = _SHORT if precision <= _SHORT.prec else _context(precision)
    return not context.remainder(value, step)


def _context(precision: int) -> Context:
    return Context(prec=precision, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


_SHORT: Final = _context(1000)


def _has_more_places(value: Decimal, most: int) -> bool:
    _, digits, exponent = value.as_tuple()
    excess = -exponent - most if isinstance(exponent, int) else 0
    return excess > 0 and any(digits[-excess:])
