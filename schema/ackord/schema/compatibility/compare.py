"""Compares two contracts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, is_dataclass, replace
from itertools import zip_longest
from typing import Any, Final

from ackord.schema.compatibility.events import NamespaceComparison
from ackord.schema.compatibility.findings import At, Finding, Findings
from ackord.schema.compatibility.names import (
    compare_declarations,
    compare_errors,
    compare_kinds,
    compare_reserved,
    compare_rooms,
)
from ackord.schema.compatibility.rollouts import ROLLOUTS, Rollout
from ackord.schema.compatibility.sides import Side
from ackord.schema.compatibility.types import TypeComparison
from ackord.schema.model import Contract, PythonType

_WORDS: Final = frozenset({"doc", "deprecated", "since"})
"""Attributes for people."""


def compare(
    old: Contract, new: Contract, rollouts: Collection[Rollout] = ROLLOUTS
) -> tuple[Finding, ...]:
    """Return what the change from one contract to another breaks, and what else matters in it.

    Only breaks in the given rollouts are returned; findings that break nothing are warnings, and
    don't depend on rollouts.
    """
    findings = Findings(rollouts)
    old, unknown = _assume_unchanged(old, new)
    types = TypeComparison(Side(old), Side(new), findings, unknown)
    if old.name != new.name:
        findings.add(
            "CONTRACT_RENAME",
            At(("name",), ("name",)),
            f"{new.name}, it was {old.name}",
            ("old_clients", "a new server refuses old clients, which announce the old name"),
            ("old_servers", "an old server refuses new clients, which announce the new name"),
        )
    NamespaceComparison(types, findings).compare()
    compare_declarations(types, findings)
    compare_kinds(types, findings)
    compare_errors(old, new, findings)
    compare_rooms(old, new, findings)
    compare_reserved(old, new, findings)
    _compare_versions(old, new, findings)
    return findings.all()


def _assume_unchanged(old: Contract, new: Contract) -> tuple[Contract, frozenset[str]]:
    """Give ``python:`` types without a JSON Schema the one that the new contract has, and return
    their names.
    """
    schemas = {each.name: each.json_schema for each in new.types if isinstance(each, PythonType)}
    unknown = frozenset(
        each.name
        for each in old.types
        if isinstance(each, PythonType) and each.json_schema is None and each.name in schemas
    )
    types = tuple(
        replace(each, json_schema=schemas[each.name])
        if isinstance(each, PythonType) and each.name in unknown
        else each
        for each in old.types
    )
    return (replace(old, types=types) if unknown else old), unknown


def _compare_versions(old: Contract, new: Contract, findings: Findings) -> None:
    """Report a version that is too low: a break needs another major version (before 1.0 another
    minor one), every other change of what is generated a higher version.
    """
    before, now = _numbers(old.version), _numbers(new.version)
    at = At(("version",), ("version",))
    breaking = any(one.level == "error" for one in findings.all())
    major, minor, _ = before
    needed = (major + 1, 0, 0) if major else (0, minor + 1, 0)
    if breaking and now < needed:
        wanted = ".".join(map(str, needed))
        findings.add("VERSION_NOT_RAISED", at, f"{new.version}; for a break raise it to {wanted}")
    elif now < before:
        findings.add("VERSION_NOT_RAISED", at, f"{new.version}, it was {old.version}")
    elif now == before and _differs(old, new):
        findings.add("VERSION_NOT_RAISED", at, f"{new.version}, as it was before the change")


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(number) for number in version.split("."))
    return major, minor, patch


def _differs(one: Any, other: Any) -> bool:
    """Return whether two contracts, or parts of them, differ in more than words for people."""
    if one == other:
        return False
    if one.__class__ is tuple:
        return any(_differs(*pair) for pair in zip_longest(one, other or ()))
    if not is_dataclass(one) or isinstance(one, type) or type(one) is not type(other):
        return True
    return any(
        _differs(getattr(one, each.name), getattr(other, each.name))
        for each in fields(one)
        if each.name not in _WORDS
    )
