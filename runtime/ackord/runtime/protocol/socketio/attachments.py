"""Put attachments back in the place of their placeholders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ackord.runtime.protocol.socketio.errors import AttachmentError

_CONTAINERS: Final = (list, dict)


def restore_attachments(value: Any, attachments: Sequence[bytes]) -> Any:
    """Return decoded JSON with each ``{"_placeholder": true, "num": k}`` replaced by attachment
    `k`; lists and dicts are changed in place.

    The depth of `value` is bounded by the JSON parser that made it.

    Raises:
        AttachmentError: a `num` isn't an integer in range (CVE-2022-2421); one number may occur
            twice.
    """
    kind = value.__class__
    if kind is list:
        items: list[Any] = value
        for index, item in enumerate(items):
            if type(item) in _CONTAINERS:
                items[index] = restore_attachments(item, attachments)
        return items
    if kind is not dict:
        return value
    members: dict[str, Any] = value
    if members.get("_placeholder") is True:
        number = members.get("num")
        if type(number) is not int or not 0 <= number < len(attachments):
            raise AttachmentError("a placeholder's num isn't the number of an attachment")
        return attachments[number]
    for key, item in members.items():
        if type(item) in _CONTAINERS:
            members[key] = restore_attachments(item, attachments)
    return members
