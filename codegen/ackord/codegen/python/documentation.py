"""What docstrings say: the schema's words, and what is deprecated."""

from __future__ import annotations

import re
from collections.abc import Iterable
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


def documentation(
    declared: Documented,
    fallback: str | None = None,
    *,
    more: str | None = None,
    parameters: Iterable[tuple[str, Documented]] = (),
) -> str | None:
    """Give the text of a docstring, or nothing where there is nothing to say; `more` comes after
    what the schema says.
    """
    paragraphs = [
        text.strip() for text in (declared.doc or fallback, more) if text and text.strip()
    ]
    described = [
        f"    {name}: {_one_line(words)}"
        for name, field in parameters
        if (words := documentation(field))
    ]
    if described:
        paragraphs.append("\n".join(("Args:", *described)))
    if declared.deprecated:
        paragraphs.append(f"Deprecated: {declared.deprecated.strip()}")
    return "\n\n".join(paragraphs) or None


def first_paragraph(doc: str | None) -> str | None:
    """Give the first paragraph as one line, or nothing where there is none."""
    return _one_line(re.split(r"\n\s*\n", (doc or "").strip(), maxsplit=1)[0]) or None


def _one_line(text: str) -> str:
    return " ".join(text.split())
