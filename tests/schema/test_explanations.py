"""The pages of the rules, which `ackord explain` prints and docs/diagnostics.md holds."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import pytest
from ackord.schema import RULES, load_bytes
from ackord.schema.compatibility.rules import RULES as CHANGES
from ackord.schema.explanations import explain, titles
from ackord.schema.explanations.explain import EXAMPLE_LINT, NoFiles
from ackord.schema.explanations.page import read_page

DOC = Path(__file__).parents[2] / "docs/diagnostics.md"
PROSE = {"S001", "S002", "S003", "S007", "S067", "S069", "S070", "S075", "S078"}
"""Rules about bytes, depth, several files and targets, which no small example shows."""
EXAMPLES = sorted(set(RULES) - PROSE)


def codes(schema: str | None) -> list[str]:
    assert schema is not None
    found = load_bytes(schema.encode(), "demo.yaml", NoFiles(), lint=EXAMPLE_LINT)
    return [one.code for one in found.diagnostics]


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_wrong_example_breaks_this_rule_only_and_the_right_one_breaks_none(code: str) -> None:
    page = read_page(code)
    assert codes(page.wrong) == [code]
    assert codes(page.right) == []


def test_each_rule_has_a_page_and_each_page_a_rule() -> None:
    pages = {path.name for path in (files("ackord.schema.explanations") / "pages").iterdir()}
    assert pages == {f"{code}.md" for code in RULES}
    for code in PROSE:
        assert (read_page(code).wrong, read_page(code).right) == (None, None)
    for code in titles():
        assert (explain(code) or "").startswith(f"## {code}\n\n**{titles()[code]}**")
    assert set(titles()) == {*RULES, *CHANGES}
    assert explain("S999") is None


INTRODUCTION = """\
# Diagnostics of schema files

Each problem that `ackord` finds in a schema file has a code, whose meaning never changes.
Under each code stands the rule that is broken, why the rule is there, an example that breaks it with the output, and one that doesn't.
`ackord explain CODE` prints the same.
No code is generated from a file that has an error; a warning names a likely problem, and doesn't stop the generation.
A schema file can end warnings that its authors have thought about: `ignore: {S063: the server bounds messages}` at its top, or in a type, field, error, room, namespace or event.
A project can leave out warnings of all its contracts, in [its configuration](command-line.md#lint).
"""


def documentation() -> str:
    return "\n".join([INTRODUCTION, *(explain(code) or "" for code in RULES)])


def test_the_documentation_of_the_codes_is_up_to_date() -> None:
    """Run with ``ACKORD_UPDATE=1`` to write it anew."""
    if os.environ.get("ACKORD_UPDATE"):
        DOC.write_text(documentation(), encoding="utf-8")
    assert DOC.read_text(encoding="utf-8") == documentation()
