"""Where this server does on purpose what npm's doesn't: the list that the differential test allows,
and docs/differences.md.

``python -m tests.conformance.differences`` writes the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, cast

from tests.conformance.differential import ROOT, Outcome
from tests.conformance.scripts import Frame, Script


@dataclass(frozen=True)
class Difference:
    """One difference, and how to know it."""

    what: str
    reference: str
    ours: str
    reason: str
    example: tuple[Frame, ...]
    """Frames over WebSocket that show it."""
    explains: Callable[[Script, Outcome, Outcome], bool]
    """Takes the script, what came of it here and what came of it there."""


def explain(script: Script, ours: Outcome, theirs: Outcome) -> list[Difference] | None:
    """Return the differences that explain how two outcomes differ, `None` if none does."""
    if ours == theirs:
        return []
    common_ours, common_theirs = (
        Outcome(each.closed, _common(each.replies), _common(each.seen)) for each in (ours, theirs)
    )
    if common_ours == common_theirs:
        return [VALUES]
    found = [
        difference
        for difference in DIFFERENCES
        if difference.explains(script, common_ours, common_theirs)
    ]
    return found or None


def _common(value: Any) -> Any:
    """Return the value as both languages have it: see `VALUES`."""
    if isinstance(value, int) and abs(value) >= 2**53:
        return float(value)
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [_common(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _common(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _either_begins(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> bool:
    """Whether in each namespace one is a beginning of the other."""
    return all(
        all(a == b for a, b in zip(one.get(name, []), other.get(name, []), strict=False))
        for name in one.keys() | other.keys()
    )


def _begins(whole: dict[str, list[Any]], part: dict[str, list[Any]]) -> bool:
    """Whether `part` is a beginning of `whole` in each namespace."""
    return all(whole.get(name, [])[: len(items)] == items for name, items in part.items())


def _events(seen: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {
        name: [item for item in items if item[0] != "disconnect"] for name, items in seen.items()
    }


def _until_put_out(seen: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {
        name: list(
            takewhile(lambda item: item != ["disconnect", "server namespace disconnect"], items)
        )
        for name, items in seen.items()
    }


def _stricter(pattern: str) -> Callable[[Script, Outcome, Outcome], bool]:
    """Explain a connection that ended at a packet that the reference accepts."""
    accepted = re.compile(pattern, re.DOTALL)

    def explains(script: Script, ours: Outcome, theirs: Outcome) -> bool:
        return (
            ours.closed
            and any(isinstance(frame, str) and accepted.search(frame) for frame in script.frames)
            and _missed_the_end(ours.replies, theirs.replies)
            and _begins(_events(theirs.seen), _events(ours.seen))
        )

    return explains


def _late(script: Script, ours: Outcome, theirs: Outcome) -> bool:
    """Both have ended the connection, or the client has left, with the same events; replies may
    have missed the end.
    """
    left = any(isinstance(frame, str) and frame.startswith("41") for frame in script.frames)
    return (
        ((ours.closed and theirs.closed) or (left and ours.closed == theirs.closed))
        and _events(ours.seen) == _events(theirs.seen)
        and _missed_the_end(ours.replies, theirs.replies)
    )


def _missed_the_end(ours: dict[str, list[Any]], theirs: dict[str, list[Any]]) -> bool:
    """Whether replies differ in no more than that some weren't written before the end."""
    return _either_begins(ours, theirs) or _is_part(theirs, ours)


def _is_part(part: dict[str, list[Any]], whole: dict[str, list[Any]]) -> bool:
    """Whether in each namespace `part` is what is left of `whole` without some items."""

    def is_part(name: str) -> bool:
        items = iter(whole.get(name, []))
        return all(any(item == wanted for item in items) for wanted in part[name])

    return all(map(is_part, part))


def _put_out(script: Script, ours: Outcome, theirs: Outcome) -> bool:
    """A handler has disconnected its socket, and one outcome is a beginning of the other.

    If the client left in the same read, the reference's handler came after that, and had nothing to
    disconnect any more.
    """
    replies = ours.replies
    if any(isinstance(frame, str) and frame.startswith("41") for frame in script.frames):
        replies = {
            name: list(takewhile(lambda item: item[0] != "1", items))
            for name, items in replies.items()
        }
    return (
        any(
            isinstance(frame, str) and re.search(r'\["(leave|kill)"', frame)
            for frame in script.frames
        )
        and _either_begins(_until_put_out(ours.seen), _events(theirs.seen))
        and _either_begins(replies, theirs.replies)
    )


def _values(_script: Script, _ours: Outcome, _theirs: Outcome) -> bool:
    return False  # `explain` sees them by itself, as they may come along with other differences


VALUES: Final = Difference(
    "Integers from 2^53 on; lone surrogates (half of a pair, `\\ud83d` alone)",
    "rounds such integers to a double; keeps lone surrogates",
    "keeps the digits of integers; reads a lone surrogate as U+FFFD",
    (
        "Python's integers have no bound, and its strings can't be encoded with half of a pair in "
        "them."
    ),
    ("40", '42["echo",9007199254740993,"\\\\ud83d"]'),
    _values,
)

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        "Events that came in one read with a DISCONNECT or a packet that breaks the protocol",
        (
            "calls `disconnect` first and the handlers of these events after it; their replies "
            "are lost"
        ),
        (
            "calls the handlers of these events first; their replies go out as far as the "
            "connection still takes them"
        ),
        (
            "A handler that runs after `disconnect` works with a socket that the application has "
            "forgotten."
        ),
        ("40", '42["echo"]', "42{}"),
        _late,
    ),
    Difference(
        "Packets that come after a handler has disconnected its socket, before the client can know",
        "ends the connection, or still calls handlers for those that came in the same read",
        "ignores those for that namespace; the client's other namespaces go on",
        "The client has done nothing wrong.",
        ("40", '42["leave"]', '42["echo"]'),
        _put_out,
    ),
    VALUES,
    Difference(
        "CONNECT or DISCONNECT with an ack id (`401`, `410`)",
        "ignores the id",
        "ends the connection",
        "The grammar has no ack id there, and nothing could answer it.",
        ("401",),
        _stricter(r"^4[01](/[^,]*,)?\d+(\{.*)?$"),
    ),
    Difference(
        "An ack id of more than 15 digits",
        "rounds it, and acknowledges under another id",
        "ends the connection",
        "JavaScript has no such integers, and digits without end are an attack (CVE-2020-36049).",
        ("40", '429999999999999999["echo"]'),
        _stricter(r"^4[2-6](\d+-)?(/[^,]*,)?\d{16,}"),
    ),
    Difference(
        "A space in an ack id (`42 1[…]`)",
        "takes it for a digit, and acknowledges under the id 1, or NaN",
        "ends the connection",
        "The grammar has ASCII digits only.",
        ("40", '42 1["echo"]'),
        _stricter(r"^4[0-6](\d+-)?(/[^,]*,)?\d* [\d ]*\["),
    ),
    Difference(
        "A number of attachments that isn't written in digits only (`451e0-`, `45 1-`)",
        "takes whatever JavaScript reads as a number",
        "ends the connection",
        "The grammar has ASCII digits only.",
        ("40", '451e0-["echo",{"_placeholder":true,"num":0}]', b"data"),
        _stricter(r"^4[56](?=[^-]*[^\d-])[\d +.e]+-"),
    ),
    Difference(
        "Engine.IO's CLOSE (`1`) over WebSocket",
        "ignores it, so that the session dies of a ping timeout",
        "ends the connection",
        "The client has said that it is going.",
        ("40", "1"),
        _stricter(r"^1$"),
    ),
    Difference(
        "EVENT without a payload (`42`, `421`, `451-` and an attachment)",
        "calls handlers with an undefined event name",
        "ends the connection",
        "The payload is mandatory in the protocol.",
        ("40", "42"),
        _stricter(r"^4(2|5\d+-)(/[^,]*,?)?[\d ]*$"),
    ),
    Difference(
        "Numbers that a double can't hold (`1e999`)",
        "reads Infinity, which it would send as `null`",
        "ends the connection",
        "A handler should never see a number that can't be passed on.",
        ("40", '42["echo",1e999]'),
        _stricter(r"\d[eE]\+?\d{3,}"),
    ),
)


PAGE: Final = ROOT / "docs" / "differences.md"

_HEAD: Final = """\
# Where this server differs from npm's

The [differential test](../tests/conformance/test_differential.py) sends the same byte sequences, most of them generated, valid and not, to this server
and to npm's `socket.io` 4.8, over WebSocket and long-polling, and compares what comes back, what handlers see, and whether the connection is ended.
These are the differences that it allows; anything else fails it.
More of them than CI plays: `ACKORD_DIFFERENTIAL=20000 make test PYTEST_ARGS=tests/conformance/test_differential.py`.

| what comes | npm's `socket.io` | this server | because |
|---|---|---|---|
"""


def render() -> str:
    """Return docs/differences.md: the list, and the sections after it as they are, which are
    written by hand.
    """
    table = "".join(
        f"| {item.what} | {item.reference} | {item.ours} | {item.reason} |\n"
        for item in DIFFERENCES
    )
    _, heading, sections = PAGE.read_text(encoding="utf-8").partition("\n## ")
    return _HEAD + table + heading + sections


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
