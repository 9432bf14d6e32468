"""The pages of the rules, which `ackord explain` prints and docs/diagnostics.md holds."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from ackord.schema import RULES, load_bytes
from ackord.schema.compatibility.rules import RULES as CHANGES
from ackord.schema.explanations import explain, titles
from ackord.schema.explanations.explain import EXAMPLE_LINT, NoFiles, findings_of
from ackord.schema.explanations.page import read_change, read_page

DOC = Path(__file__).parents[2] / "docs/diagnostics.md"
CHANGES_DOC = DOC.with_name("breaking-rules.md")
PROSE = {"S001", "S002", "S003", "S007", "S067", "S069", "S070", "S075", "S078"}
"""Rules about bytes, depth, several files and targets, which no small example shows."""
EXAMPLES = sorted(set(RULES) - PROSE)
WITH = {"ACK_ERROR_ADD": ["SOURCE_ARM_ADD"], "ACK_ERROR_REMOVE": ["SOURCE_ARM_REMOVE"]}
"""What a change can't avoid beside its own rule."""


def codes(schema: str | None) -> list[str]:
    assert schema is not None
    found = load_bytes(schema.encode(), "demo.yaml", NoFiles(), lint=EXAMPLE_LINT)
    return [one.code for one in found.diagnostics]


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_wrong_example_breaks_this_rule_only_and_the_right_one_breaks_none(code: str) -> None:
    page = read_page(code)
    assert codes(page.wrong) == [code]
    assert codes(page.right) == []


@pytest.mark.parametrize("rule", CHANGES)
def test_each_change_is_found_by_its_rule_only(rule: str) -> None:
    change = read_change(rule, is_break=CHANGES[rule].level == "error")
    found = [one.finding for one in findings_of(change, imports=rule != "PYTHON_TYPE_UNKNOWN")]
    assert [one.rule for one in found] == [rule, *WITH.get(rule, [])]
    assert found[0].level == CHANGES[rule].level
    assert change.advice.endswith(".")


def test_each_rule_has_a_page_and_each_page_a_rule() -> None:
    for folder, rules in (("pages", RULES), ("changes", CHANGES)):
        pages = {path.name for path in (files("ackord.schema.explanations") / folder).iterdir()}
        assert pages == {f"{rule}.md" for rule in rules}
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


CHANGES_INTRODUCTION = """\
# Rules of `ackord breaking`

Each change that [`ackord breaking`](breaking.md) reports has a rule, whose meaning never changes.
Under each rule stands a small change that is found by this rule, what the command says about it, and what to do instead.
`ackord explain RULE` prints the same.
An error is one only where the change breaks somebody, and a removal that is `reserved:` is a warning.
"""


def documentation_of_changes() -> str:
    table = "| rule | change | level |\n|---|---|---|\n" + "".join(
        f"| [`{each.id}`](#{each.id.lower()}) | {each.change} | {each.level} |\n"
        for each in CHANGES.values()
    )
    pages = [(explain(rule) or "").partition(COMMON)[0] for rule in CHANGES]
    return "\n".join([CHANGES_INTRODUCTION, table, *(page.rstrip() + "\n" for page in pages)])


COMMON = "A change that is meant is ignored by"
"""The beginning of what the page of each change ends with; docs/breaking.md has it once."""


@pytest.mark.parametrize(
    ("doc", "write"), [(DOC, documentation), (CHANGES_DOC, documentation_of_changes)]
)
def test_the_documentation_of_the_codes_is_up_to_date(doc: Path, write: Callable[[], str]) -> None:
    """Run with ``ACKORD_UPDATE=1`` to write it anew."""
    if os.environ.get("ACKORD_UPDATE"):
        doc.write_text(write(), encoding="utf-8")
    assert doc.read_text(encoding="utf-8") == write()
