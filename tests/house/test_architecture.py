"""docs/architecture.md names files and functions that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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
