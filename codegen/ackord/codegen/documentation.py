"""What a contract says about its parts, as every target's documentation has it."""

from __future__ import annotations

import re
from typing import Protocol


class Documented(Protocol):
    """Anything of a contract that has words about it."""

    @property
    def doc(self) -> str | None:
        """What it is."""
        ...

    @property
    def deprecated(self) -> str | None:
        """Why not to use it any more."""
        ...


def words(declared: Documented, fallback: str | None = None) -> str | None:
    """Give what the schema says, or `fallback`, and why not to use it any more; nothing where
    there is nothing to say.
    """
    paragraphs = [(declared.doc or "").strip() or fallback]
    if declared.deprecated:
        paragraphs.append(f"Deprecated: {declared.deprecated.strip()}")
    return "\n\n".join(each for each in paragraphs if each) or None


def first_paragraph(doc: str | None) -> str | None:
    """Give the first paragraph as one line, or nothing where there is none."""
    return one_line(re.split(r"\n\s*\n", (doc or "").strip(), maxsplit=1)[0]) or None


def one_line(text: str) -> str:
    """Put the words of a text on one line."""
    return " ".join(text.split())
