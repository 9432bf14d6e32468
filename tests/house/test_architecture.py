"""Pages of the documentation name files and functions that exist; decisions have one form."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs/architecture.md").read_text()
BASES: Final = (
    "runtime/ackord/runtime",
    "schema/ackord",
    "schema/ackord/schema",
    "codegen/ackord",
)
NAMED: Final = sorted(set(re.findall(r"`([\w/]+/[\w/]*(?:\.py)?)(?::([\w.]+))?`", PAGE)))

DECISIONS: Final = sorted((ROOT / "docs/decisions").glob("0*.md"))
PAGES: Final = sorted(
    {*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")}
    - {ROOT / "CHANGELOG.md"}  # speaks of what was
)
FILE: Final = re.compile(r"`([\w./{}-]+/[\w.{}-]+\.(?:py|jinja|md|toml|yaml|txt|c))`")
LINK: Final = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
DOTTED: Final = re.compile(r"`(ackord(?:\.\w+)+)`")
ABSENT: Final = frozenset(
    {
        "ackord/__init__.py",  # must not exist
        "ackord.__version__",  # doesn't exist, says decision 1
        "ackord.verbs",  # groups of entry points
        "ackord.contracts",
        "ackord.runtime.cluster",  # loggers
        "ackord.runtime.packets",
        "ackord.toml",  # of a project that uses Ackord
    }
)
NEXT: Final = re.compile(r"^## Next features$.*?(?=^## )", re.DOTALL | re.MULTILINE)
"""A section with files that don't exist yet."""
LONGEST: Final = 3_300
"""Characters of a decision, which is a page."""


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield prefix + node.name
                yield from definitions(node, f"{prefix}{node.name}.")
            case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                yield prefix + name
            case ast.If() | ast.Try():
                yield from definitions(node, prefix)
            case _:
                pass


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_what_the_page_names_exists(path: str, name: str) -> None:
    found = [each for base in BASES if (each := ROOT / base / path).exists()]
    assert found, f"docs/architecture.md names {path}, which isn't there"
    if name:
        assert name in definitions(ast.parse(found[0].read_text())), f"{path} has no {name}"


def test_the_page_names_every_folder_of_the_runtime() -> None:
    folders = [each.name for each in (ROOT / BASES[0]).iterdir() if (each / "__init__.py").exists()]
    assert [each for each in folders if f"{each}/" not in PAGE] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_modules_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    prose = NEXT.sub("", prose)
    bases = (page.parent, ROOT, *(ROOT / base for base in BASES))
    files = [*FILE.findall(prose), *LINK.findall(prose)]
    gone = [each for each in files if not any((base / each).exists() for base in bases)]
    gone += [each for each in DOTTED.findall(prose) if not is_there(each)]
    assert set(gone) <= ABSENT


def is_there(dotted: str) -> bool:
    """Return whether a module, or a name that it has, exists."""
    parts = dotted.split(".")
    for end in range(len(parts), 1, -1):
        place = ROOT / parts[1] / Path(*parts[:end])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.exists():
                name = ".".join(parts[end:])
                return not name or parts[end] in file.read_text()
        if place.is_dir() and end == len(parts):
            return True
    return False


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda each: each.name)
def test_a_decision_has_its_form_and_its_line_in_the_list(decision: Path) -> None:
    text = decision.read_text()
    number = int(decision.name[:4])
    title = text.partition("\n")[0].removeprefix(f"# {number}. ")
    heads = re.findall(r"^(#+ .*|\*\*\w+\.\*\*)", text, re.MULTILINE)
    assert heads == [
        f"# {number}. {title}",
        "**Context.**",
        "**Choice.**",
        "**Rejected.**",
        "**Consequence.**",
    ]
    assert len(text) <= LONGEST
    assert DECISIONS[number - 1] == decision
    listed = f"{number}. [{title}]({decision.name})\n"
    assert listed in (ROOT / "docs/decisions/README.md").read_text()


@pytest.mark.parametrize(
    "module",
    [
        "ackord.runtime.errors",
        "ackord.runtime.protocol.engineio.errors",
        "ackord.runtime.protocol.socketio.errors",
        "ackord.schema.errors",
        "ackord.codegen.errors",
    ],
)
def test_the_tree_of_exceptions_that_a_module_draws_is_that_of_its_classes(module: str) -> None:
    loaded = import_module(module)
    parents: list[str] = []
    drawn: dict[str, str] = {}
    for line in (loaded.__doc__ or "").splitlines():
        if found := re.match(r"    ((?:[│ ]   )*)(?:[├└]── )?(\w+Error)(?:   +\S.*|)$", line):
            depth = (found.start(2) - 4) // 4
            parents[depth:] = [found[2]]
            drawn[found[2]] = parents[depth - 1] if depth else ""
    own = [each for each in vars(loaded).values() if isinstance(each, type)]
    classes = {
        each.__name__: each.__bases__[0].__name__
        for each in own
        if each.__module__ == module and issubclass(each, Exception)
    }
    assert {name: parent for name, parent in drawn.items() if name in classes and parent} == {
        name: parent for name, parent in classes.items() if drawn.get(name) != ""
    }
