"""Comments, which the tree of a file doesn't have: they stand between its scalars."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_COMMENT: Final = re.compile(r"#[^\n]*")
_BETWEEN: Final = re.compile(r"(?:[\s:,?{}\[\]-]|#[^\n]*|^\.\.\.(?=\s|$))*", re.MULTILINE)
"""All that stands between scalars, if the tree is complete."""


class IncompleteTreeError(Exception):
    """Something of the file isn't in its tree."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment up to the end of its line."""

    offset: int
    line: int
    column: int
    """Lines and columns count from 0."""
    text: str
    is_alone: bool
    """Whether nothing else stands on its line."""


def find_comments(
    text: str, starts: list[int], scalars: Iterable[tuple[int, int]]
) -> list[Comment]:
    """Return all comments of a file in their order.

    Args:
        text: The text of the file.
        starts: The offset of each line.
        scalars: Start and end of each scalar, in their order.

    Raises:
        IncompleteTreeError: There is more between the scalars than comments and punctuation.
    """
    found: list[Comment] = []
    line = 0
    for (_, start), (end, _) in pairwise([(0, 0), *scalars, (len(text), len(text))]):
        if _BETWEEN.fullmatch(text, start, end) is None:
            raise IncompleteTreeError
        for match in _COMMENT.finditer(text, start, end):
            while line + 1 < len(starts) and starts[line + 1] <= match.start():
                line += 1
            before = text[starts[line] : match.start()]
            found.append(
                Comment(match.start(), line, len(before), match[0].rstrip(), not before.strip())
            )
    return found
