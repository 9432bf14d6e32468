"""What holds the repository together."""

from __future__ import annotations

import json
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_no_root_has_an_init_file_that_would_hide_the_others() -> None:
    assert [
        str(path)
        for root in ("schema", "codegen", "runtime")
        for path in (ROOT / root / "ackord").glob("__init__.py")
    ] == []


def test_each_part_is_marked_as_typed() -> None:
    assert all(
        (ROOT / root / "ackord" / root / "py.typed").is_file()
        for root in ("schema", "codegen", "runtime")
    )


@pytest.mark.parametrize("package", ["ackord.schema", "ackord.codegen", "ackord.runtime"])
def test_no_module_imports_itself_by_way_of_others_for_types_neither(package: str) -> None:
    graph = grimp.build_graph(package)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert sum(map(len, imports.values())) > 20
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_npm_lock_file_names_no_host() -> None:
    lock = json.loads((ROOT / "tests/node/package-lock.json").read_text(encoding="utf-8"))
    assert len(lock["packages"]) > 20
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [
        name for name, package in lock["packages"].items() if name and "integrity" not in package
    ] == []


def test_every_decision_is_listed_and_fits_on_a_page() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs/decisions").glob("0*.md"):
        assert f"({page.name})" in index
        assert len(page.read_text(encoding="utf-8").splitlines()) < 60


def test_every_page_is_listed_and_every_link_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md")]
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    assert [
        page.name
        for page in (ROOT / "docs").glob("*.md")
        if page.name != "README.md" and f"]({page.name})" not in index
    ] == []
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert len(links) > 20
    assert [
        (page.name, target) for page, target in links if not (page.parent / target).exists()
    ] == []
