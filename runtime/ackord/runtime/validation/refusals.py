"""The exceptions for payloads that pydantic refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NoReturn

from ackord.runtime.protocol.socketio.complexity import nesting
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError
from ackord.runtime.protocol.socketio.values import repair_surrogates
from ackord.runtime.validation.issues import list_issues
from pydantic import ValidationError

MAX_NESTING: Final = 250_000
"""Lists and objects in a large payload times their levels, for a recursive type with unions, which
decode each level again.
"""


def check_nesting(payload: str) -> None:
    """Check a payload of a recursive type with unions.

    Raises:
        InvalidArgumentsError: the payload exceeds `MAX_NESTING`.
    """
    if nesting(payload) > MAX_NESTING:
        message = f"Lists and objects times their levels should be at most {MAX_NESTING}"
        raise InvalidArgumentsError([{"loc": [], "type": "too_nested", "msg": message}])


def repair(error: ValidationError, payload: str) -> str | None:
    """Return the payload without lone surrogates, which JavaScript sends and pydantic can't read;
    `None` if these aren't the problem.
    """
    if (
        error.error_count() > 1
        or error.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
        != "json_invalid"
    ):
        return None
    repaired = repair_surrogates(payload)
    return None if repaired == payload else repaired


def refusal(
    error: ValidationError, payload: str, names: Sequence[str]
) -> MalformedPayloadError | InvalidArgumentsError:
    """Return the exception to raise; `names` are those of the positions of the array."""
    issues = list_issues(error, names)
    if issues[0]["type"] == "json_invalid" and not _is_json(payload):
        return MalformedPayloadError("the payload isn't JSON")
    return InvalidArgumentsError(issues)


def _is_json(payload: str) -> bool:
    """Whether the text is JSON, even if pydantic can't read it (lone surrogates, very deep values,
    very long numbers).
    """

    def refuse(constant: str) -> NoReturn:
        raise json.JSONDecodeError("not JSON", constant, 0)

    try:
        json.loads(payload, parse_constant=refuse)
    except json.JSONDecodeError:
        return False
    except (ValueError, RecursionError):
        return True
    return True
