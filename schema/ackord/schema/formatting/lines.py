"""The lines of a formatted file, and the columns of the comments at their ends.

Comments that their author has lined up stay in line: those that had the same column, and have no
empty line between them. Any other comment at the end of a line stands two spaces after the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ackord.schema.formatting.comments import Comment


@dataclass(slots=True)
class Line:
    """One line."""

    indent: int
    text: str
    comment: Comment | None = None
    """The comment at the end, also of a line that has nothing else and continues the comment of the
    line above.
    """
    is_comment: bool = False
    """Whether the text is a comment."""

    @property
    def width(self) -> int:
        """The column after the text."""
        return self.indent + len(self.text)


def render(lines: Sequence[Line]) -> str:
    """Put lines together."""
    paragraph: list[Line] = []
    rendered: list[str] = []
    for line in [*lines, Line(0, "")]:
        if line.text or line.comment:
            paragraph.append(line)
            continue
        rendered += [*_paragraph(paragraph), ""]
        paragraph = []
    return "\n".join(rendered)


def _paragraph(lines: Sequence[Line]) -> list[str]:
    """Render lines with no empty line between them."""
    columns: dict[int, int] = {}
    for line in lines:
        if line.comment is not None:
            column = line.comment.column
            columns[column] = max(columns.get(column, 0), line.width + 2 if line.text else 0)
    return [
        " " * line.indent + line.text
        if line.comment is None
        else (" " * line.indent + line.text).ljust(columns[line.comment.column]) + line.comment.text
        for line in lines
    ]
