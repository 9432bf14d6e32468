"""Compares acknowledgements and the errors in them.

What the runtime does: an event without an acknowledgement is answered by an empty one if the other
side asks; an acknowledgement without a value is empty; a value that may be null may be missing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ackord.schema.analysis.ack_forms import AckForms
from ackord.schema.compatibility.arguments import compare_args
from ackord.schema.compatibility.findings import At, Family, Findings
from ackord.schema.compatibility.rollouts import Direction, Reach, Rollout
from ackord.schema.compatibility.sides import Side
from ackord.schema.compatibility.types import TypeComparison
from ackord.schema.model import Error, Event, Field, Path, Record

_UNANSWERED: Final = {
    "ACK_ADD": "an old server answers a new client without a value",
    "ACK_REMOVE": "a new server answers an old client without a value",
    "S2C_ACK_ADD": "an old client answers a new server without a value, or not at all",
    "S2C_ACK_REMOVE": "a new client answers an old server without a value, or not at all",
    "S2S_ACK_ADD": "an old server answers a new server without a value, or not at all",
    "S2S_ACK_REMOVE": "a new server answers an old server without a value, or not at all",
}
_ARITY: Final = Family("ACK_ARITY_CHANGE", "ACK_ARITY_CHANGE", "ACK_ARITY_CHANGE")
_ENVELOPE: Final = Family("ACK_ENVELOPE_CHANGE", "ACK_ENVELOPE_CHANGE", "ACK_ENVELOPE_CHANGE")
_CODE: Final = Family("ERROR_CODE_CHANGE", "ERROR_CODE_CHANGE", "ERROR_CODE_CHANGE")


class AckWay(NamedTuple):
    """Where an acknowledgement travels."""

    reach: Reach
    rule: str
    """The beginning of the names of rules; empty if the event goes from a client to the server."""
    old_replies: bool
    """``error_replies`` of the old contract."""
    new_replies: bool


class AckComparison:
    """Compares the acknowledgements of two contracts."""

    def __init__(self, types: TypeComparison, findings: Findings) -> None:
        self._types = types
        self._old, self._new = types.old, types.new
        self._findings = findings

    def compare(self, old: Event, new: Event, at: At, way: AckWay) -> None:
        """Compare the acknowledgements of one event."""
        reach, to_server = way.reach, not way.rule
        below = at.below("ack")
        count = len(self._findings)
        if old.acked and new.acked:
            self._compare_acks(old, new, at, reach)
            self._look_for_taken_failures(old, new, at, way)
        elif new.acked:
            if not (to_server and _reads_empty(new, self._new, from_unacked=True)):
                where = At(at.old, below.new)
                rule = f"{way.rule}ACK_ADD"
                self._add_unanswered(rule, where, reach[Direction.FORWARD], below.new)
        elif old.acked and not (to_server and _reads_empty(old, self._old, from_unacked=True)):
            where = At(below.old, at.new)
            rule = f"{way.rule}ACK_REMOVE"
            self._add_unanswered(rule, where, reach[Direction.BACKWARD], below.old)
        if _form(old) != _form(new) and len(self._findings) == count:
            summary = f"{_form(new)}, it was {_form(old)}"
            self._findings.add("SOURCE_ACK_FORM", at, summary)

    def _compare_acks(self, old: Event, new: Event, at: At, reach: Reach) -> None:
        below = at.below("ack")
        if old.ack_style != new.ack_style:
            summary = f"`{new.ack_style}`, it was `{old.ack_style}`"
            for direction in Direction:
                self._fail(_ENVELOPE, below, direction, reach, summary)
        else:
            self._compare_values(old, new, at, reach)
        self.compare_errors(old.errors, new.errors, reach)

    def _compare_values(self, old: Event, new: Event, at: At, reach: Reach) -> None:
        below = at.below("ack")
        if old.ack is not None and new.ack is not None:
            self._types.compare(old.ack, new.ack, below, reach)
        elif old.ack_args and new.ack_args:
            compare_args(old.ack_args, new.ack_args, below, reach, self._types)
        elif _has_value(old) and _has_value(new):
            values = _values_of(old, self._old), _values_of(new, self._new)
            self._types.compare_arguments(*values, below, reach)
        elif _has_value(old) or _has_value(new):
            for direction in Direction:
                writer, reader, side = (
                    (old, new, self._new)
                    if direction is Direction.FORWARD
                    else (new, old, self._old)
                )
                if _has_value(writer) or not _reads_empty(reader, side, from_unacked=False):
                    self._fail(_ARITY, below, direction, reach)

    def _look_for_taken_failures(self, old: Event, new: Event, at: At, way: AckWay) -> None:
        """Look for errors that the reader doesn't know, and takes for a value: under
        ``error_replies: false``, if the value's type allows that.
        """
        old_codes = {self._old.errors[name].code: name for name in old.errors}
        new_codes = {self._new.errors[name].code: name for name in new.errors}
        if not way.old_replies and takes_failures(old, self._old):
            for code in [each for each in new_codes if each not in old_codes]:
                where = At(at.old, (*at.new, "errors", new_codes[code]))
                self._add_taken("ACK_ERROR_ADD", where, "an old", way.reach[Direction.BACKWARD])
        if not way.new_replies and takes_failures(new, self._new):
            for code in [each for each in old_codes if each not in new_codes]:
                where = At((*at.old, "errors", old_codes[code]), at.new)
                self._add_taken("ACK_ERROR_REMOVE", where, "a new", way.reach[Direction.FORWARD])

    def _add_taken(self, rule: str, at: At, whose: str, effect: tuple[Rollout, str]) -> None:
        rollout, text = effect
        path = max(at, key=len)
        reader = text.removeprefix(f"{whose} ").partition(" ")[0]
        effect = rollout, f"{whose} {reader} takes the error for a value"
        self._findings.add(rule, at, path[-1], effect, path=path)

    def compare_errors(self, old: tuple[str, ...], new: tuple[str, ...], reach: Reach) -> None:
        """Compare the errors that an acknowledgement, or a refused connection, may have."""
        olds = {name: self._old.errors[name] for name in old}
        news = {name: self._new.errors[name] for name in new}
        by_code = {error.code: error for error in news.values()}
        for name, error in olds.items():
            found = by_code.get(error.code)
            if found is not None:
                where = At(("errors", name), ("errors", found.name))
                self._types.compare_fields(error.fields, found.fields, where, reach)
            elif name in news:
                self._report_code(error, news[name], reach)

    def _report_code(self, old: Error, new: Error, reach: Reach) -> None:
        where = At(("errors", old.name), ("errors", new.name))
        for direction in Direction:
            self._fail(_CODE, where, direction, reach, f"{new.code!r}, it was {old.code!r}")

    def _add_unanswered(self, rule: str, at: At, effect: tuple[Rollout, str], path: Path) -> None:
        """Report that one side asks, and the other side knows of no acknowledgement."""
        rollout, _ = effect
        self._findings.add(rule, at, "", (rollout, _UNANSWERED[rule]), path=path)

    def _fail(
        self, family: Family, at: At, direction: Direction, reach: Reach, summary: str = ""
    ) -> None:
        path = at.old if len(at.old) > len(at.new) else at.new  # what one side doesn't have
        self._findings.fail(family, at, summary, direction=direction, reach=(reach,), path=path)


def _form(event: Event) -> str:
    """Return the form that an acknowledgement has in generated code."""
    if not event.acked:
        return "without an acknowledgement"
    if event.ack_args:
        return "several values"
    return "one value" if event.ack is not None else "no value"


def takes_failures(event: Event, side: Side) -> bool:
    """Return whether a program under ``error_replies: false`` may take a failure for a value: an
    object with the key ``error``, which records ignore if they don't know it.
    """
    if event.ack is None or event.ack_style == "result":
        return False
    if AckForms(side.declarations, {}).may_look_like_failure(event.ack):
        return True
    records = [atom.shape for atom in side.alternatives(event.ack, ()).atoms]
    return any(
        isinstance(record, Record) and not any(field.required for field in record.fields)
        for record in records
    )


def _values_of(event: Event, side: Side) -> tuple[Field, ...]:
    """Return the values of an acknowledgement as arguments: one value travels as one argument."""
    if event.ack is None:
        return event.ack_args or ()
    optional = side.alternatives(event.ack, ()).null
    return (Field(name="value", type=event.ack, required=not optional),)


def _has_value(event: Event) -> bool:
    return event.ack is not None or bool(event.ack_args)


def _reads_empty(event: Event, side: Side, *, from_unacked: bool) -> bool:
    """Return whether the asking side takes an answer without a value.

    Under ``acks: result`` such an answer is ``{"ok": null}``, but empty if the answering side knows
    nothing of an acknowledgement.
    """
    if event.ack_style == "result" and from_unacked:
        return False
    if event.ack is not None:
        alternatives = side.alternatives(event.ack, ())
        return alternatives.null and not alternatives.takes_anything
    return all(not argument.required for argument in event.ack_args or ())
