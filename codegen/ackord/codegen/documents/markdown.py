"""Writes texts of a contract so that Markdown shows them as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ackord.schema.notation import Part

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")


def inline(text: str) -> str:
    """Write a text as one line in which no character means anything to Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def cell(parts: Sequence[Part]) -> str:
    """Write a type; the names in it lead to where they are described."""
    return "".join(
        f"[{each.text}](#type-{each.text.lower()})" if each.refers else inline(each.text)
        for each in parts
    )


def fenced(text: str, language: str = "json") -> str:
    """Write a block of code, with a fence that the text doesn't hold."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
