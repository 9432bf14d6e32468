"""Compares how often clients may send."""

from __future__ import annotations

from ackord.schema.compatibility.findings import At, Findings
from ackord.schema.model import Namespace, Rate


def compare_rates(old: Namespace, new: Namespace, at: At, findings: Findings) -> None:
    """Compare the rate of a namespace, and those of the events that both contracts have.

    The change of a namespace's rate is one finding, not one for each event without a rate of its
    own.
    """
    shared = [
        (event, other)
        for event in old.client_to_server
        for other in new.client_to_server
        if event.name == other.name
    ]
    if any(event.rate is None and other.rate is None for event, other in shared):
        _compare(old.rate, new.rate, at, findings)
    for event, other in shared:
        if event.rate is not None or other.rate is not None:
            below = at.below("client_to_server").below(event.name)
            _compare(event.rate or old.rate, other.rate or new.rate, below, findings)


def _compare(old: Rate | None, new: Rate | None, at: At, findings: Findings) -> None:
    summary = f"{_say(new)}, it was {_say(old)}"
    if new is not None and (
        old is None or new.per_second < old.per_second or new.burst < old.burst
    ):
        effect = "a new server refuses events that old clients send too often"
        findings.add("RATE_LOWER", at, summary, ("old_clients", effect))
    if old is not None and (
        new is None or new.per_second > old.per_second or new.burst > old.burst
    ):
        effect = "an old server refuses events that new clients send too often"
        findings.add("RATE_RAISE", at, summary, ("old_servers", effect))


def _say(rate: Rate | None) -> str:
    if rate is None:
        return "without a limit"
    return f"{rate.per_second:g} per second and {rate.burst} at once"
