"""What pydantic finds wrong, as a peer may be told: location and reason, never the input."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MAX_ISSUES: Final = 20
"""Issues of one payload that are reported."""
MAX_LISTED: Final = 1000
"""More errors than these aren't listed at all: pydantic has no way to list some, and half a million take a second."""
MAX_LOCATION_PART: Final = 64
"""Characters of one part of a location: the keys of maps are the peer's."""

_MESSAGES: Final = {
    # These name a part of the input, or hold the text of an exception of the contract's own Python types.
    "union_tag_invalid": "Input tag is none of the expected tags",
    "uuid_parsing": "Input should be a valid UUID",
    "value_error": "Value is not valid",
    "assertion_error": "Value is not valid",
}
_LABEL: Final = re.compile(r"[a-z]+(-[a-z]+)*\[")
"""pydantic's name for a union's member where it isn't a plain word: it tells of our functions, not of the value."""


def list_issues(error: ValidationError, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return ``{"loc": [...], "type": ..., "msg": ...}`` for each of the first `MAX_ISSUES` errors.

    `names` are those of the positions of the validated array: a location begins with one of them.
    """
    count = error.error_count()
    if count > MAX_LISTED:
        return [{"loc": [], "type": "too_many_issues", "msg": f"{count} values are not as declared"}]
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MAX_ISSUES]
    return [
        {
            "loc": _location(issue["loc"], names),
            "type": issue["type"],
            "msg": _message(issue, names),
        }
        for issue in found
    ]


def _message(issue: ErrorDetails, names: Sequence[str]) -> str:
    if names and issue["type"] == "missing" and len(issue["loc"]) == 1:
        return "Argument required"
    return _MESSAGES.get(issue["type"], issue["msg"])


def _location(loc: tuple[int | str, ...], names: Sequence[str]) -> list[int | str]:
    parts = [part if isinstance(part, int) else part[:MAX_LOCATION_PART] for part in loc if isinstance(part, int) or not _LABEL.match(part)]
    if parts and isinstance(parts[0], int) and parts[0] < len(names):
        parts[0] = names[parts[0]]
    return parts


def describe(issues: Sequence[Mapping[str, Any]]) -> str:
    """Return issues as one line for an exception of this program."""
    return "; ".join(f"{'.'.join(map(str, issue['loc'])) or 'value'}: {issue['msg']}" for issue in issues)
