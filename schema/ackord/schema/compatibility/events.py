"""Compares the namespaces of two contracts: their events, and all else that travels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Literal, NamedTuple, TypeAlias

from ackord.schema.compatibility.acks import AckComparison, AckWay, takes_failures
from ackord.schema.compatibility.arguments import compare_args
from ackord.schema.compatibility.findings import At, Findings
from ackord.schema.compatibility.paths import PARAMETER, is_number, pair_namespaces, text_type
from ackord.schema.compatibility.rates import compare_rates
from ackord.schema.compatibility.rollouts import (
    CLIENT_WRITES,
    NODE_WRITES,
    SERVER_WRITES,
    Direction,
    Reach,
    Rollout,
)
from ackord.schema.compatibility.sides import NOTHING, Side
from ackord.schema.compatibility.types import TYPE, TypeComparison
from ackord.schema.compatibility.words import name_of
from ackord.schema.model import (
    REFRESH_AUTH,
    Event,
    Namespace,
    Type,
)

_Effect: TypeAlias = tuple[Rollout, str]
_Section: TypeAlias = Literal["client_to_server", "server_to_client", "server_to_server"]


class _Way(NamedTuple):
    """The way of events in one direction."""

    section: _Section
    rule: str
    """The beginning of the names of rules."""
    args: Reach
    acks: Reach


_WAYS: Final = (
    _Way("client_to_server", "C2S", CLIENT_WRITES, SERVER_WRITES),
    _Way("server_to_client", "S2C", SERVER_WRITES, CLIENT_WRITES),
    _Way("server_to_server", "S2S", NODE_WRITES, NODE_WRITES),
)
_MOVED: Final[tuple[_Effect, ...]] = (
    ("old_clients", "a new server refuses old clients, which connect to the old path"),
    ("old_servers", "an old server refuses new clients"),
)
"""The effects of another path."""


class NamespaceComparison:
    """Compares the namespaces of two contracts."""

    def __init__(self, types: TypeComparison, findings: Findings) -> None:
        self._old, self._new = types.old, types.new
        self._types = types
        self._acks = AckComparison(types, findings)
        self._findings = findings
        self._renamed: list[tuple[Iterable[_Effect], Callable[[], None]]] = []
        """The effects of renaming each renamed part, and how to compare what is in the part."""

    def compare(self) -> None:
        """Compare all namespaces."""
        pairs = pair_namespaces(self._types)
        for old, new in pairs.renamed:
            summary = f"{new.path}, it was {old.path}"
            self._findings.add("NAMESPACE_RENAME", _at(old, new), summary, *_MOVED)
            self._renamed.append((_MOVED, partial(self._compare, old, new)))
        for old in pairs.removed:
            self._findings.add(
                "NAMESPACE_REMOVE",
                At(("namespaces", old.path), ("namespaces",)),
                old.path,
                ("old_clients", "a new server refuses old clients that connect to it"),
                path=("namespaces", old.path),
                reserved=old.path in self._new.contract.reserved.namespaces,
            )
        for new in pairs.added:
            self._findings.add(
                "NAMESPACE_ADD",
                At(("namespaces",), ("namespaces", new.path)),
                new.path,
                ("old_servers", "an old server refuses new clients that connect to it"),
            )
        for old, new in pairs.same:
            self._compare(old, new)
        self._compare_renamed()

    def _compare_renamed(self) -> None:
        """Compare what is in renamed parts as if they had kept their names: after all others, and
        only for the rollouts that the new name breaks. In others nobody uses both.
        """
        for effects, compare in self._renamed:  # a renamed namespace may add its renamed events
            with self._findings.only({rollout for rollout, _ in effects}):
                compare()

    def _compare(self, old: Namespace, new: Namespace) -> None:
        at = _at(old, new)
        if old.identifier != new.identifier and old.path != "/":  # that of / is the contract's name
            summary = f"{new.identifier}, it was {old.identifier}"
            self._findings.add("SOURCE_NAMESPACE_RENAME", at, summary)
        if len(old.params) == len(new.params):
            self._compare_params(old, new, at)
        self._types.compare(
            old.auth or NOTHING, new.auth or NOTHING, at.below("auth"), CLIENT_WRITES
        )
        self._types.compare(
            old.session or NOTHING, new.session or NOTHING, at.below("session"), NODE_WRITES
        )
        self._acks.compare_errors(old.connect_errors, new.connect_errors, SERVER_WRITES)
        self._compare_replies(old, new, at)
        self._compare_expiry(old, new, at.below("auth"))
        compare_rates(old, new, at, self._findings)
        turned = _turned(old, new)
        for way in _WAYS:
            self._compare_section(old, new, way, at.below(way.section), turned)
        for name, section in turned.items():
            self._findings.add(
                "EVENT_DIRECTION_CHANGE",
                At((*at.old, section[0], name), (*at.new, section[1], name)),
                f"{section[1]}, it was {section[0]}",
                *_turned_effects(old, new, name, section),
            )

    def _compare_replies(self, old: Namespace, new: Namespace, at: At) -> None:
        """Compare what happens to requests that fail. A program of a contract that doesn't answer
        them may take an answer of the other side for a value.
        """
        if old.error_replies == new.error_replies:
            return
        effects: list[_Effect] = []
        if old.error_replies and any(event.acked for event in new.client_to_server):
            effects.append(("old_clients", "a new server doesn't answer a request that fails"))
        taken = "takes the answer to a request that fails for a value"
        if old.error_replies:
            if any(takes_failures(event, self._new) for event in new.client_to_server):
                effects.append(("old_servers", f"a new client {taken}"))
        elif any(takes_failures(event, self._old) for event in old.client_to_server):
            effects.append(("old_clients", f"an old client {taken}"))
        if effects:
            summary = f"`{str(new.error_replies).lower()}`"
            self._findings.add("ERROR_REPLIES_CHANGE", at, summary, *effects)

    def _compare_expiry(self, old: Namespace, new: Namespace, at: At) -> None:
        """Compare whether authentication expires; what happens to the event that renews it is part
        of that.
        """
        refused = "answers `unknown_event` when {} client renews its authentication"
        effects: list[_Effect] = [
            ("old_clients", "a new server ends connections of old clients, which can't renew it"),
            ("old_servers", f"an old server {refused.format('a new')}"),
        ]
        if not new.auth_expires:
            effects = [("old_clients", f"a new server {refused.format('an old')}")]
        if old.auth_expires != new.auth_expires and old.auth and new.auth:
            self._findings.add(
                "AUTH_EXPIRES_CHANGE", at, f"`{str(new.auth_expires).lower()}`", *effects
            )

    def _compare_params(self, old: Namespace, new: Namespace, at: At) -> None:
        olds = {param.name: param for param in old.params}
        news = {param.name: param for param in new.params}
        names = zip(PARAMETER.findall(old.path), PARAMETER.findall(new.path), strict=True)
        for one, other in names:
            before, now = olds[one[1:-1]], news[other[1:-1]]
            below = At((*at.old, "params", before.name), (*at.new, "params", now.name))
            texts = text_type(before.type, self._old), text_type(now.type, self._new)
            if is_number(texts[0]) == is_number(texts[1]):
                self._types.compare(*texts, below, CLIENT_WRITES)
            else:
                summary = f"{name_of(now.type)}, it was {name_of(before.type)}"
                self._compare_texts(texts, below, summary)
            if before.identifier != now.identifier:
                self._findings.add(
                    "SOURCE_NAMESPACE_RENAME",
                    below,
                    f"the parameter {now.identifier}, it was {before.identifier}",
                )

    def _compare_texts(self, texts: tuple[Type, Type], at: At, summary: str) -> None:
        """Compare a parameter that was an `int`, or is one now: numbers in a path are text."""
        for direction in Direction:
            writer, reader = texts if direction is Direction.FORWARD else texts[::-1]
            if not self._types.accepts(direction, writer, reader):
                reach = (CLIENT_WRITES,)
                self._findings.fail(TYPE, at, summary, direction=direction, reach=reach)

    def _compare_section(
        self, old: Namespace, new: Namespace, way: _Way, at: At, turned: Iterable[str]
    ) -> None:
        olds: dict[str, Event] = {each.name: each for each in getattr(old, way.section)}
        news: dict[str, Event] = {each.name: each for each in getattr(new, way.section)}
        if old.auth_expires != new.auth_expires:
            olds.pop(REFRESH_AUTH, None)
            news.pop(REFRESH_AUTH, None)
        reserved: tuple[str, ...] = getattr(new.reserved, way.section)
        rule = "" if way.section == "client_to_server" else f"{way.rule}_"
        acks = AckWay(way.acks, rule, old.error_replies, new.error_replies)
        removed = {name: olds[name] for name in olds if name not in news and name not in turned}
        added = {name: news[name] for name in news if name not in olds and name not in turned}
        for name, event in list(removed.items()):
            found = next(
                (each for each in added.values() if each.identifier == event.identifier), None
            )
            if found is not None:
                del removed[name], added[found.name]
                self._rename_event(event, found, way, at, acks)
        for name, event in removed.items():
            self._findings.add(
                f"{way.rule}_EVENT_REMOVE",
                At((*at.old, name), at.new),
                f"{name!r}",
                *_removed(way.section, event),
                path=(*at.old, name),
                reserved=name in reserved,
            )
        for name, event in added.items():
            effects = _added(way.section, event)
            if effects:
                self._findings.add(
                    f"{way.rule}_EVENT_ADD", At(at.old, (*at.new, name)), f"{name!r}", *effects
                )
        for name, event in olds.items():
            if name in news:
                self._compare_event(event, news[name], way, at.below(name), acks)

    def _rename_event(self, old: Event, new: Event, way: _Way, at: At, acks: AckWay) -> None:
        where = At((*at.old, old.name), (*at.new, new.name))
        effects = (*_removed(way.section, old), *_added(way.section, new))
        self._findings.add("EVENT_RENAME", where, f"{new.name!r}, it was {old.name!r}", *effects)
        self._renamed.append((effects, partial(self._compare_event, old, new, way, where, acks)))

    def _compare_event(self, old: Event, new: Event, way: _Way, at: At, acks: AckWay) -> None:
        findings = self._findings
        from_server = way.section == "server_to_client"
        if old.identifier != new.identifier:
            findings.add("SOURCE_EVENT_RENAME", at, f"{new.identifier}, it was {old.identifier}")
        compare_args(old.args, new.args, at, way.args, self._types, from_server=from_server)
        self._acks.compare(old, new, at, acks)
        if not self._holds_bytes(old, self._old) and self._holds_bytes(new, self._new):
            findings.add("BINARY_ADDED", at, f"{new.name!r}")
        if old.acked and new.acked and old.timeout != new.timeout:
            before, now = (
                "the default" if each is None else f"{each:g} s"
                for each in (old.timeout, new.timeout)
            )
            findings.add("TIMEOUT_CHANGE", at, f"{now}, it was {before}")
        if old.concurrent != new.concurrent:
            findings.add("CONCURRENT_CHANGE", at, f"`{str(new.concurrent).lower()}`")
        if old.acked and new.acked:
            self._compare_arms(old, new, at)
        rooms = {room.name for room in self._new.contract.rooms}
        for name in old.rooms:
            if name not in new.rooms and name in rooms:
                findings.add("SOURCE_EVENT_ROOMS", at, name)

    def _compare_arms(self, old: Event, new: Event, at: At) -> None:
        """Report errors that an answer may be now, or can't be any more."""
        known = {self._old.errors[name].code for name in old.errors}
        for name in new.errors:
            if self._new.errors[name].code not in known and name not in old.errors:
                where = At(at.old, (*at.new, "errors", name))
                self._findings.add("SOURCE_ARM_ADD", where, f"the error {name}")
        kept = {self._new.errors[name].code for name in new.errors}
        codes = {error.code for error in self._new.contract.errors}
        for name in old.errors:
            code = self._old.errors[name].code
            if code in codes - kept and name not in new.errors:
                where = At((*at.old, "errors", name), at.new)
                self._findings.add("SOURCE_ARM_REMOVE", where, f"the error {name}", path=where.old)

    @staticmethod
    def _holds_bytes(event: Event, side: Side) -> bool:
        parts = [each.type for each in (*event.args, *(event.ack_args or ()))]
        parts += [] if event.ack is None else [event.ack]
        return any(map(side.holds_bytes, parts))


def _at(old: Namespace, new: Namespace) -> At:
    return At(("namespaces", old.path), ("namespaces", new.path))


def _turned(old: Namespace, new: Namespace) -> dict[str, tuple[_Section, _Section]]:
    """Return the events that go in another direction now, and both directions."""
    sections: tuple[_Section, _Section] = ("client_to_server", "server_to_client")
    found: dict[str, tuple[_Section, _Section]] = {}
    for before, now in (sections, sections[::-1]):
        olds = {event.name for event in getattr(old, before)}
        kept = {event.name for event in getattr(new, before)}
        there = {event.name for event in getattr(old, now)}
        for event in getattr(new, now):
            if event.name in olds - kept and event.name not in there:
                found[event.name] = (before, now)
    return found


def _turned_effects(
    old: Namespace, new: Namespace, name: str, sections: tuple[_Section, _Section]
) -> list[_Effect]:
    before, now = sections
    gone = next(event for event in getattr(old, before) if event.name == name)
    come = next(event for event in getattr(new, now) if event.name == name)
    return [*_removed(before, gone), *_added(now, come)]


def _removed(section: _Section, event: Event) -> list[_Effect]:
    answer = "answers `unknown_event`" if event.acked else "drops the event"
    match section:
        case "client_to_server":
            return [("old_clients", f"a new server {answer} when an old client sends it")]
        case "server_to_client":
            effects: list[_Effect] = [
                (
                    "old_clients",
                    "an old client waits for the event, and a new server never sends it",
                )
            ]
            if event.acked:
                effects.append(("old_servers", f"a new client {answer} when an old server asks it"))
            return effects
        case "server_to_server":
            asked = ", which waits for an answer until its timeout" if event.acked else ""
            return [("other_nodes", f"a new server ignores the event of an old server{asked}")]


def _added(section: _Section, event: Event) -> list[_Effect]:
    answer = "answers `unknown_event`" if event.acked else "drops the event"
    match section:
        case "client_to_server":
            return [("old_servers", f"an old server {answer} when a new client sends it")]
        case "server_to_client":
            asked = "an old client answers `unknown_event` when a new server asks it"
            return [("old_clients", asked)] if event.acked else []
        case "server_to_server":
            asked = ", which waits for an answer until its timeout" if event.acked else ""
            return [("other_nodes", f"an old server ignores the event of a new server{asked}")]
