"""JSON of untyped events, by pydantic's strict parser, which bounds the depth (200) and integers
(4,300 digits).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from ackord.runtime import compiled
from ackord.runtime.protocol.socketio.attachments import restore_attachments
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError
from ackord.runtime.protocol.socketio.values import is_finite, repair_surrogates
from pydantic_core import from_json

_LEAST_DIGITS: Final = 309
"""Digits of the least number without an exponent that is too large for a float."""
_find_exponent: Final = compiled.find_exponent or re.compile("e[+0-9]").search
"""Finds a possible exponent that isn't negative, with a small ``e``."""


def decode_json(text: str) -> Any:
    r"""Decode JSON text; the escape of a lone surrogate, which JavaScript sends for half an emoji,
    becomes U+FFFD.

    Raises:
        MalformedPayloadError: it isn't JSON, or exceeds the bounds on depth or numbers.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        value = _decode_repaired(text, error)
    # Without an exponent a number must have that many digits to be too large, so most texts needn't
    # be searched.
    if len(text) >= _LEAST_DIGITS or _find_exponent(text) or "E" in text:
        _refuse_infinity(value)
    return value


def _decode_repaired(text: str, error: ValueError) -> Any:
    repaired = repair_surrogates(text) if "\\u" in text else text
    if repaired == text:
        raise MalformedPayloadError(str(error)) from error
    try:
        return from_json(repaired, allow_inf_nan=False)
    except ValueError as again:
        raise MalformedPayloadError(str(again)) from again


def _refuse_infinity(value: Any) -> None:
    """Refuse numbers such as ``1e999``: they are JSON by its grammar, but floats can't hold
    them.
    """
    if not is_finite(value):
        raise MalformedPayloadError("a number is too large")


def decode_array(payload: str, attachments: Sequence[bytes] = ()) -> list[Any]:
    """Decode the array of an EVENT or ACK, with its attachments in place.

    Raises:
        MalformedPayloadError: it isn't an array.
        AttachmentError: a placeholder is bad.
    """
    try:  # as `decode_json`, without the call
        value = from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        value = _decode_repaired(payload, error)
    if len(payload) >= _LEAST_DIGITS or _find_exponent(payload) or "E" in payload:
        _refuse_infinity(value)
    if value.__class__ is not list:
        raise MalformedPayloadError("the payload of an EVENT or ACK must be an array")
    items: list[Any] = value
    return restore_attachments(items, attachments) if attachments else items


def decode_object(payload: str) -> dict[str, Any]:
    """Decode the object of a CONNECT; an absent one is empty.

    Raises:
        MalformedPayloadError: it isn't an object.
    """
    if not payload:
        return {}
    value: Any = decode_json(payload)
    if value.__class__ is not dict:
        raise MalformedPayloadError("the payload of CONNECT must be an object")
    members: dict[str, Any] = value
    return members
