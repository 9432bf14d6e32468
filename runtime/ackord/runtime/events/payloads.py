"""JSON of untyped events: strict, by the parser of pydantic, whose depth (200) and integers (4,300 digits) are bounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any, Final

from ackord.runtime.socketio.attachments import restore_attachments
from ackord.runtime.socketio.errors import MalformedPayloadError
from ackord.runtime.socketio.values import repair_surrogates
from pydantic_core import from_json

_INFINITIES: Final = (inf, -inf)


def decode_json(text: str) -> Any:
    r"""Decode JSON text; the escape of a lone surrogate, which JavaScript sends for half an emoji, becomes U+FFFD.

    Raises:
        MalformedPayloadError: it isn't JSON, or deeper or with longer or larger numbers than we read.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        repaired = repair_surrogates(text) if "\\u" in text else text
        if repaired == text:
            raise MalformedPayloadError(str(error)) from error
        try:
            value = from_json(repaired, allow_inf_nan=False)
        except ValueError as again:
            raise MalformedPayloadError(str(again)) from again
    _refuse_infinity((value,))
    return value


def _refuse_infinity(values: Iterable[Any]) -> None:
    """Refuse numbers like ``1e999``: JSON by their grammar, but no numbers that could be passed on."""
    for value in values:
        kind = value.__class__
        if kind is float:
            if value in _INFINITIES:
                raise MalformedPayloadError("a number is too large")
        elif kind is list:
            _refuse_infinity(value)
        elif kind is dict:
            _refuse_infinity(value.values())


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
