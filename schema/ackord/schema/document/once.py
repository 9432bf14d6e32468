"""Reading the entries of blocks once, as long as their text stays the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Block
from ackord.schema.yaml.nodes import Entry

T = TypeVar("T")


def read_once(read: Callable[[Entry, Reporter], T], entry: Entry, report: Reporter) -> T:
    """Read an entry, or return what was read of it before.

    An entry that is worth a word to `report` is read each time: the word is about its place, and
    may depend on others.
    """
    block = entry.key.source
    if not isinstance(block, Block):
        return read(entry, report)
    key = read, entry.key.start
    if key in block.readings:
        return cast("T", block.readings[key])  # of the same reader
    before = report.activity
    result = read(entry, report)
    if report.activity == before:
        block.readings[key] = result
    return result
