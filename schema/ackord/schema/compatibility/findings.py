"""What a comparison finds."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ackord.schema.compatibility.rollouts import ROLLOUTS, Direction, Reach, Rollout
from ackord.schema.compatibility.rules import RULES
from ackord.schema.model import Path


class At(NamedTuple):
    """A part of the old contract, and the same part of the new one."""

    old: Path
    new: Path

    def below(self, *names: str) -> At:
        """Return a part that has the same name in both contracts."""
        return At((*self.old, *names), (*self.new, *names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One change that breaks something, or that somebody should know."""

    rule: str
    """A key of `RULES`."""
    level: Literal["error", "warning"]
    at: At
    """Where; a part that one of the contracts doesn't have stands for what it would be in."""
    path: Path
    """The changed part: in the new contract, or in the old one if the part was removed."""
    summary: str
    """What has changed."""
    effects: tuple[tuple[Rollout, str], ...] = ()
    """What happens in which rollout."""

    @property
    def breaks(self) -> tuple[Rollout, ...]:
        """The rollouts in which the change breaks something."""
        found = {rollout for rollout, _ in self.effects}
        return tuple(rollout for rollout in ROLLOUTS if rollout in found)


class Family(NamedTuple):
    """The rules for one problem, by the direction in which the problem exists."""

    forward: str
    backward: str
    both: str

    @property
    def name(self) -> str:
        """The name of the family: that of the rule for both directions."""
        return self.both


@dataclass(slots=True)
class _Entry:
    family: Family
    at: At
    path: Path
    summary: str
    reserved: bool
    effects: dict[tuple[Rollout, str], None]
    directions: set[Direction]


class Findings:
    """Collects findings: the same problem of two events, or in two directions, is one finding."""

    def __init__(self, rollouts: Collection[Rollout] = ROLLOUTS) -> None:
        self._rollouts = frozenset(rollouts)
        self._counted = frozenset(ROLLOUTS)
        self._entries: dict[tuple[Family, At, Path, str], _Entry] = {}

    @contextmanager
    def only(self, rollouts: Iterable[Rollout]) -> Generator[None]:
        """Take effects in these rollouts only, and no findings whose effects are all in others."""
        before, self._counted = self._counted, self._counted.intersection(rollouts)
        try:
            yield
        finally:
            self._counted = before

    def fail(
        self,
        family: Family,
        at: At,
        summary: str,
        *,
        direction: Direction,
        reach: Iterable[Reach],
        path: Path | None = None,
        reserved: bool = False,
    ) -> None:
        """Add a value that can't be read in one direction.

        `reserved` tells that the new contract reserves the name of what was removed.
        """
        entry = self._entry(family, at, path or at.new, summary, reserved=reserved)
        entry.directions.add(direction)
        effects = (each[direction] for each in reach)
        entry.effects.update((each, None) for each in effects if each[0] in self._counted)

    def add(
        self,
        rule: str,
        at: At,
        summary: str,
        *effects: tuple[Rollout, str],
        path: Path | None = None,
        reserved: bool = False,
    ) -> None:
        """Add a change with its effects; without effects the finding is a warning."""
        counted = [each for each in effects if each[0] in self._counted]
        if effects and not counted:
            return
        family = Family(rule, rule, rule)
        entry = self._entry(family, at, path or at.new, summary, reserved=reserved)
        entry.effects.update(dict.fromkeys(counted))

    def _entry(self, family: Family, at: At, path: Path, summary: str, *, reserved: bool) -> _Entry:
        key = (family, at, path, summary)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(family, at, path, summary, reserved, {}, set())
        return entry

    def __len__(self) -> int:
        return len(self._entries)

    def places(self) -> frozenset[At]:
        """Return where something was found."""
        return frozenset(entry.at for entry in self._entries.values())

    def all(self) -> tuple[Finding, ...]:
        """Return the findings, in the order in which they were added."""
        found: list[Finding] = []
        for entry in self._entries.values():
            effects = tuple(each for each in entry.effects if each[0] in self._rollouts)
            if (entry.effects or entry.directions) and not effects:
                continue
            rule = _rule(entry)
            is_error = bool(effects) and not entry.reserved and RULES[rule].level == "error"
            found.append(
                Finding(
                    rule=rule,
                    level="error" if is_error else "warning",
                    at=entry.at,
                    path=entry.path,
                    summary=entry.summary,
                    effects=effects,
                )
            )
        return tuple(found)


def _rule(entry: _Entry) -> str:
    match len(entry.directions), Direction.FORWARD in entry.directions:
        case 2, _:
            return entry.family.both
        case 1, True:
            return entry.family.forward
        case 1, False:
            return entry.family.backward
        case _:
            return entry.family.both
