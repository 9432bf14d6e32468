"""Text of a peer for the log: escaped, cut, and without secrets."""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

MAX_PACKET: Final = 16_384
"""Characters of a packet that are shown."""
MASK: Final = "***"

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORDS: Final = frozenset(
    (
        "bearer",
        "csrf",
        "cvc",
        "cvv",
        "hmac",
        "key",
        "keys",
        "mfa",
        "otp",
        "pass",
        "pid",
        "pin",
        "pwd",
        "sid",
        "sig",
        "ssn",
        "totp",
        "xsrf",
    )
)
"""Words that mark a JSON member as a secret, as in ``user_pin``, ``API-Key`` and ``dbPass``."""
_SECRET_PART: Final = re.compile(
    r"api_?key|auth(?!ors?\b)|cookie|credential|jwt|pass(word|wd|phrase|code)|secret|sess(ion|id)|signature|token",
    re.IGNORECASE,
)
"""Parts of names that mark a JSON member as a secret, anywhere in the name."""
_SECRET_VALUE: Final = re.compile(r"(basic|bearer|token) |eyJ", re.IGNORECASE)
_SECRET_WITHIN: Final = re.compile(
    r"bearer \S|://[^/\s@]*:[^/\s@]*@|(auth\w*|cookie|jwt|key|passw(or)?d|pwd|secret|sid|signature|token)[\"']?\s?[=:]",
    re.IGNORECASE,
)
"""A secret within a longer text: in a header, a URL, or JSON that is a text."""
_SHOWN_PARAMETERS: Final = frozenset(("EIO", "transport", "t", "j", "b64", "ackord"))
_USER: Final = re.compile(r"(?<=://)[^/]*@")
_PACKET: Final = re.compile(r"4([0-6])(\d+-)?(/[^,]*,?)?(\d*)(.*)", re.DOTALL)
_CONNECT: Final = "0"


def quoted(text: str, limit: int = 100) -> str:
    r"""Return text of a peer as a Python literal, cut at `limit`: it can't forge a line of the
    log.
    """
    if len(text) <= limit:
        return repr(text)
    return f"{text[:limit]!r}… ({len(text):,} characters)"


def shortened(secret: str) -> str:
    """Return the beginning of a session id: enough to recognize it in a log, too little to use
    it.
    """
    return f"{quoted(secret[: min(4, len(secret) // 4)])[1:-1]}…"


def masked_url(url: str) -> str:
    """Return a URL, or path and query string, without user and password and without values that may
    be secrets.
    """
    path, mark, query = url.partition("?")
    path = _USER.sub("", path)
    parts = [part.partition("=") for part in query.split("&")] if mark else []
    shown = "&".join(
        f"{name}={value if name in _SHOWN_PARAMETERS else MASK}" if sign else name
        for name, sign, value in parts
    )
    return printable(f"{path}{mark}{shown}"[:500])


def masked_packet(packet: str, *, from_server: bool) -> str:
    """Return an Engine.IO packet without its secrets: the payload of a client's CONNECT, session
    ids, and JSON members with the name of a secret.
    """
    if len(packet) > MAX_PACKET:
        return f"{_head(packet)}… ({len(packet):,} characters)"
    if packet[:1] == "0":
        return _masked_open(packet)
    parts = _PACKET.fullmatch(packet)
    if parts is None:
        return printable(packet[:100])
    kind, count, namespace, ack_id, payload = parts.groups("")
    if "?" in namespace:
        namespace = f"{namespace.partition('?')[0]}?{MASK},"
    if kind == _CONNECT and payload:
        payload = _masked_connect(payload, from_server=from_server)
    elif payload:
        payload = _masked_json(payload)
    return printable(f"4{kind}{count}{namespace[:1000]}{ack_id[:20]}") + payload


def printable(text: str) -> str:
    r"""Escape characters that aren't printable: line feeds, other control characters, and changes
    of the direction of text.
    """
    if text.isprintable():
        return text
    return "".join(
        each
        if each.isprintable()
        else each.encode("unicode_escape", "surrogatepass").decode("ascii")
        for each in text
    )


def _head(packet: str) -> str:
    """Return the beginning of a large packet, as far as its event name; nothing of a CONNECT's
    payload.
    """
    head = re.match(r'4[0-6](\d{0,9}-)?(/[^,?"{\[]{0,200},)?\d{0,20}(\["[^"\\]{0,200}")?', packet)
    return printable(packet[:1] if head is None else head[0])


def _masked_open(packet: str) -> str:
    try:
        members = _load(packet[1:])
        shown = {**members, "sid": shortened(str(members["sid"]))}
    except (ValueError, TypeError, KeyError):
        return f"0{MASK}"
    return f"0{_dump(shown)}"


def _masked_connect(payload: str, *, from_server: bool) -> str:
    try:
        value = _load(payload)
    except ValueError:
        return MASK
    if not isinstance(value, dict):
        return MASK
    members = cast("dict[str, Any]", value)
    # The `sid` of a server's answer is the socket's public id.
    shown = {
        name: item if from_server and name == "sid" else MASK for name, item in members.items()
    }
    return _dump(shown)


def _masked_json(text: str) -> str:
    try:
        return _dump(_masked(_load(text)))
    except (ValueError, RecursionError):
        return f"{MASK} (not JSON: {len(text):,} characters)"


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("too deep") from error


def _dump(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _masked(value: Any, name: str = "") -> Any:
    if name and _is_secret(name):
        return MASK
    if isinstance(value, dict):
        return {key: _masked(item, key) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return _masked_items(cast("list[Any]", value))
    if isinstance(value, str) and (_SECRET_VALUE.match(value) or _SECRET_WITHIN.search(value)):
        return MASK
    return value


def _masked_items(items: list[Any]) -> list[Any]:
    """Mask the items of a list; of ``["set_token", "…"]``, an event or a pair, also the texts
    behind the name.
    """
    shown = [_masked(item) for item in items]
    if len(items) > 1 and isinstance(items[0], str) and _is_secret(items[0]):
        shown[1:] = [MASK if isinstance(item, str) else item for item in shown[1:]]
    return shown


def _is_secret(name: str) -> bool:
    return _SECRET_PART.search(name) is not None or any(
        word.lower() in _SECRET_WORDS for word in _WORD.findall(name)
    )
