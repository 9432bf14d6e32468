"""Reads what is written by hand about a rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

_HEAD: Final = "ackord: 1\nname: chat\nversion: {}\n"
_BEGIN: Final = re.compile(r"^(?:Wrong|Before):$", re.MULTILINE)
_EXAMPLE: Final = re.compile(
    r"^(Wrong|Right|Before|After):\n\n```yaml\n(.*?)^```\n", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of ``pages/CODE.md``."""

    why: str
    """Why the rule is there, in Markdown."""
    wrong: str | None
    """A schema file that breaks this rule and no other."""
    right: str | None
    """A schema file that breaks no rule."""


@dataclass(frozen=True, slots=True)
class Change:
    """The parts of ``changes/RULE.md``."""

    advice: str
    """What to do instead, in Markdown."""
    before: str
    """A schema file."""
    after: str
    """The same file after a change that is found by this rule and no other."""


def read_page(code: str) -> Page:
    """Read the page of a rule of schema files."""
    text, examples = _read("pages", code)
    return Page(why=text, wrong=examples.get("Wrong"), right=examples.get("Right"))


def read_change(rule: str, *, is_break: bool) -> Change:
    """Read the page of a rule of `ackord breaking`, whose examples have no head unless they show
    it: a break raises the first number of the version.
    """
    text, examples = _read("changes", rule)
    before, after = examples["Before"], examples["After"]
    if not before.startswith("ackord:"):
        before = _HEAD.format("1.0.0") + before
        after = _HEAD.format("2.0.0" if is_break else "1.1.0") + after
    return Change(text, before, after)


def _read(folder: str, name: str) -> tuple[str, dict[str, str]]:
    text = (files("ackord.schema.explanations") / folder / f"{name}.md").read_text(encoding="utf-8")
    return _BEGIN.split(text, maxsplit=1)[0].strip(), dict(_EXAMPLE.findall(text))
