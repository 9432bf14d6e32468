"""Reads what is written by hand about a rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

_EXAMPLE: Final = re.compile(r"^(Wrong|Right):\n\n```yaml\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of ``pages/CODE.md``."""

    why: str
    """Why the rule is there, in Markdown."""
    wrong: str | None
    """A schema file that breaks this rule and no other."""
    right: str | None
    """A schema file that breaks no rule."""


def read_page(code: str) -> Page:
    """Read the page of a rule."""
    text = (files("ackord.schema.explanations") / "pages" / f"{code}.md").read_text(
        encoding="utf-8"
    )
    examples: dict[str, str] = dict(_EXAMPLE.findall(text))
    return Page(
        why=text.partition("\nWrong:\n")[0].strip(),
        wrong=examples.get("Wrong"),
        right=examples.get("Right"),
    )
