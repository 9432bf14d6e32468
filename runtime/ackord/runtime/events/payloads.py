"""JSON of untyped events: strict, by the parser of pydantic, whose depth (200) and integers (4,300 digits) are bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ackord.runtime.socketio.attachments import restore_attachments
from ackord.runtime.socketio.errors import MalformedPayloadError
from ackord.runtime.socketio.values import repair_surrogates
from pydantic_core import from_json


def decode_json(text: str) -> Any:
    r"""Decode JSON text; the escape of a lone surrogate, which JavaScript sends for half an emoji, becomes U+FFFD.

    Raises:
        MalformedPayloadError: it isn't JSON, or deeper or with longer numbers than we read.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        repaired = repair_surrogates(text) if "\\u" in text else text
        if repaired == text:
            raise MalformedPayloadError(str(error)) from error
    try:
        return from_json(repaired, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedPayloadError(str(error)) from error


def decode_array(payload: str, attachments: Sequence[bytes] = ()) -> list[Any]:
    """Decode the array of an EVENT or ACK, with its attachments in place.

    Raises:
        MalformedPayloadError: it isn't an array.
        AttachmentError: a placeholder is bad.
    """
    value: Any = decode_json(payload)
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
