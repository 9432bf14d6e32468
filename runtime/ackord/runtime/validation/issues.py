"""pydantic's errors as issues for a peer: location and reason, never the input.

Reasons are pydantic's texts, or those of a validator of the application: the text of a `ValueError`
or a `PydanticCustomError` that it raises.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import dropwhile
from opcode import opmap
from types import TracebackType
from typing import Any, Final

from ackord.runtime.validation.large import MISSING
from pydantic import ValidationError
from pydantic_core import ErrorDetails

MAX_ISSUES: Final = 20
"""Issues of one payload that are reported."""
MAX_LISTED: Final = 1000
"""If there are more errors than this, none is listed: pydantic lists all or none, and half a
million take a second.
"""
MAX_LOCATION_PART: Final = 64
"""Characters of one part of a location, because the keys of maps come from the peer."""

MAX_MESSAGE: Final = 500
"""Characters of a message."""

_NOT_VALID: Final = "Value is not valid"
NEUTRAL_MESSAGES: Final = {
    # pydantic's messages of these types contain a part of the input, or the text of an exception
    # that isn't for the peer.
    "assertion_error": _NOT_VALID,
    "bytes_invalid_encoding": "Data is not in the encoding that it should be in",
    "datetime_object_invalid": "Invalid datetime object",
    "get_attribute_error": "Attribute can't be read",
    "import_error": "Invalid python path",
    "iteration_error": "Value can't be iterated over",
    "mapping_type": "Input should be a valid mapping",
    "timezone_offset": "Timezone offset is not the required one",
    "union_tag_invalid": "Input tag is none of the expected tags",
    "uuid_parsing": "Input should be a valid UUID",
    "value_error": _NOT_VALID,
    "zoneinfo_str": "Invalid timezone",
}
"""Messages that replace some of pydantic's, by the type of the issue."""
_LENGTHS_OF_BYTES: Final = {
    "too_short": ("bytes_too_short", "least", "min_length"),
    "too_long": ("bytes_too_long", "most", "max_length"),
}
"""What replaces pydantic's issues of bytes: it takes their length for a number of items."""
_PYDANTIC: Final = frozenset({"pydantic", "pydantic_core"})
_RAISE: Final = opmap["RAISE_VARARGS"]
_LABEL: Final = re.compile(r"[a-z]+(-[a-z]+)*\[|<class '")
"""pydantic's label of a union's member if it isn't a plain word: it names functions of this
package, not the value.
"""


def list_issues(error: ValidationError, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return ``{"loc": [...], "type": ..., "msg": ...}`` for each of the first `MAX_ISSUES` errors.

    `names` are those of the positions of the validated array: a location begins with one of them.
    """
    count = error.error_count()
    if count > MAX_LISTED:
        return [
            {"loc": [], "type": "too_many_issues", "msg": f"{count} values are not as declared"}
        ]
    found = error.errors(include_url=False, include_context=True)[:MAX_ISSUES]
    for issue in found:
        if issue["input"] is MISSING:
            issue["type"], issue["msg"] = "missing", "Field required"
        elif issue["type"] in _LENGTHS_OF_BYTES and _is_binary(issue["input"]):
            _speak_of_bytes(issue)
    return [
        {
            "loc": _location(issue["loc"], names),
            "type": issue["type"],
            "msg": _message(issue, names),
        }
        for issue in found
    ]


def _is_binary(value: object) -> bool:
    """Whether a value is bytes, or a placeholder of an attachment."""
    return isinstance(value, bytes) or (isinstance(value, dict) and "_placeholder" in value)


def _speak_of_bytes(issue: ErrorDetails) -> None:
    issue["type"], bound, key = _LENGTHS_OF_BYTES[issue["type"]]
    count: int = issue.get("ctx", {})[key]
    unit = "byte" if count == 1 else "bytes"
    issue["msg"] = f"Data should have at {bound} {count} {unit}"


def _message(issue: ErrorDetails, names: Sequence[str]) -> str:
    if names and issue["type"] == "missing" and len(issue["loc"]) == 1:
        return "Argument required"
    if issue["type"] == "value_error":
        return _shortened(_text_on_purpose(issue.get("ctx", {}).get("error")) or _NOT_VALID)
    return NEUTRAL_MESSAGES.get(issue["type"]) or _shortened(issue["msg"])


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE - 1]}…"


def _text_on_purpose(error: object) -> str | None:
    """Return the text of a `ValueError` that a validator of the application raises itself, by a
    `raise` in the validator's own package.

    Exceptions of the standard library or of another package mostly contain the input, so they
    aren't for the peer.
    """
    if not isinstance(error, ValueError) or isinstance(error, ValidationError):
        return None
    frames = list(
        dropwhile(lambda frame: _package(frame) in _PYDANTIC, _frames(error.__traceback__))
    )
    if not frames:
        return None
    owner, raising = _package(frames[0]), frames[-1]
    if owner in sys.stdlib_module_names - {"__main__"} or _package(raising) != owner:
        return None
    return str(error) if raising.tb_frame.f_code.co_code[raising.tb_lasti] == _RAISE else None


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _package(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0]


def _location(loc: tuple[int | str, ...], names: Sequence[str]) -> list[int | str]:
    parts = [
        part if isinstance(part, int) else part[:MAX_LOCATION_PART]
        for part in loc
        if isinstance(part, int) or not _LABEL.match(part)
    ]
    if parts and isinstance(parts[0], int) and parts[0] < len(names):
        parts[0] = names[parts[0]]
    return parts


def describe(issues: Sequence[Mapping[str, Any]]) -> str:
    """Return issues as one line, for the message of an exception."""
    return "; ".join(
        f"{'.'.join(map(str, issue['loc'])) or 'value'}: {issue['msg']}" for issue in issues
    )
