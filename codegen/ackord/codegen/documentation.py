"""The documentation of a contract's parts, for every target."""

from __future__ import annotations

import re
from typing import Protocol


class Documented(Protocol):
    """A part of a contract with documentation."""

    @property
    def doc(self) -> str | None:
        """The part's ``doc:``."""
        ...

    @property
    def deprecated(self) -> str | None:
        """Why not to use the part any more, if it is deprecated."""
        ...

    @property
    def since(self) -> str | None:
        """The version of the contract that brought the part, if the contract says so."""
        ...


def words(declared: Documented, fallback: str | None = None) -> str | None:
    """Return the part's documentation, or `fallback`, its first version and its deprecation;
    `None` if there is none of them.
    """
    paragraphs = [(declared.doc or "").strip() or fallback]
    if declared.since:
        paragraphs.append(f"New in version {declared.since}.")
    if declared.deprecated:
        paragraphs.append(f"Deprecated: {declared.deprecated.strip()}")
    return "\n\n".join(each for each in paragraphs if each) or None


def first_paragraph(doc: str | None) -> str | None:
    """Return the first paragraph as one line, or an empty text if there is none."""
    return one_line(re.split(r"\n\s*\n", (doc or "").strip(), maxsplit=1)[0]) or None


def one_line(text: str) -> str:
    """Join the words of a text to one line."""
    return " ".join(text.split())
