"""Compares values that travel by their position: the arguments of events and of acknowledgements.

The wire has no names of arguments, but the contracts do: two of the same type that exchange their
places are read without an error, and each for the other.
"""

from __future__ import annotations

import json

from ackord.schema.compatibility.findings import At, Findings
from ackord.schema.compatibility.rollouts import Direction, Reach, Rollout
from ackord.schema.compatibility.types import TypeComparison
from ackord.schema.model import Field


def compare_args(
    old: tuple[Field, ...],
    new: tuple[Field, ...],
    at: At,
    reach: Reach,
    types: TypeComparison,
    *,
    from_server: bool = False,
) -> None:
    """Compare the arguments of an event, or those of an acknowledgement; `from_server` tells that a
    server with connection state recovery sends an offset behind them.
    """
    rule = _moved(old, new)
    if rule is not None:
        effects: list[tuple[Rollout, str]] = [
            (rollout, text.replace("refuses", "takes for other arguments"))
            for rollout, text in (reach[direction] for direction in Direction)
        ]
        summary = f"({_names(new)}), it was ({_names(old)})"
        types.findings.add(rule, at.below("args"), summary, *effects)
        return
    types.compare_arguments(old, new, at, reach, with_offset=from_server)
    for before, now in zip(old, new, strict=False):
        below = At((*at.old, "args", before.name), (*at.new, "args", now.name))
        if before.identifier != now.identifier:
            summary = f"{now.identifier}, it was {before.identifier}"
            types.findings.add("SOURCE_ARG_RENAME", below, summary)
        compare_defaults(before, now, below, types.findings)
    if not from_server:
        for argument in old[len(new) :]:
            if not argument.required:
                path = (*at.old, "args", argument.name)
                summary = f"{argument.name!r}"
                where = At(path, at.new)
                types.findings.add("ARG_REMOVE_OPTIONAL_LAST", where, summary, path=path)


def _moved(old: tuple[Field, ...], new: tuple[Field, ...]) -> str | None:
    """Return the rule for arguments that aren't where they were; `None` if none has moved."""
    olds, news = [each.name for each in old], [each.name for each in new]
    common = [name for name in olds if name in news]
    if all(olds.index(name) == news.index(name) for name in common):
        return None
    is_sorted = common == [name for name in news if name in olds]
    only_old, only_new = len(olds) > len(common), len(news) > len(common)
    if not is_sorted or (only_old and only_new):
        return "ARG_REORDER"
    return "ARG_INSERT" if only_new else "ARG_REMOVE_MIDDLE"


def _names(arguments: tuple[Field, ...]) -> str:
    return ", ".join(each.name for each in arguments)


def compare_defaults(old: Field, new: Field, at: At, findings: Findings) -> None:
    """Report that absence means something else."""
    if old.required or new.required:
        return
    before, now = (
        "absent" if each.default is None else repr_json(each.default.value) for each in (old, new)
    )
    if before != now:
        findings.add("DEFAULT_CHANGE", at, f"{now}, it was {before}")


def repr_json(value: object) -> str:
    """Return a default as a schema file has it."""
    return f"`{json.dumps(value, ensure_ascii=False)[:100]}`"
