"""Reads values of scalars with pydantic, as the runtime does; apart, because pydantic takes long to
import and few contracts have such defaults.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

from ackord.schema.analysis.patterns import ascii_pattern
from ackord.schema.model import ScalarType
from ackord.schema.resolve.constraints import limits
from pydantic import AnyUrl, AwareDatetime, Field, IPvAnyAddress, TypeAdapter, ValidationError

_PYTHON: Final[Mapping[str, Any]] = {
    "str": str,
    "int": int,
    "int64": int,
    "float": float,
    "bool": bool,
    "datetime": AwareDatetime,
    "date": dt.date,
    "time": dt.time,
    "duration": dt.timedelta,
    "uuid": uuid.UUID,
    "url": AnyUrl,
    "email": str,
    "ip": IPvAnyAddress,
}


class Refused(Exception):  # noqa: N818 - no error of the program
    """A value isn't of its type; the message says why."""


def read_scalar(text: str, of: ScalarType) -> Any:
    """Read the JSON of a value, constraints included.

    Raises:
        Refused: It isn't a value of the type.
    """
    try:
        return _adapter(of).validate_json(text, strict=True)
    except ValidationError as exc:
        reason = exc.errors(include_url=False, include_context=False, include_input=False)[0]["msg"]
        raise Refused(reason) from exc


@lru_cache(maxsize=256)
def _adapter(of: ScalarType) -> TypeAdapter[Any]:
    found = limits(of.constraints)
    if of.constraints.pattern is not None:
        found["pattern"] = ascii_pattern(of.constraints.pattern)
    limited: Any = Annotated[_PYTHON[of.name], Field(**found)]
    return TypeAdapter(limited)
