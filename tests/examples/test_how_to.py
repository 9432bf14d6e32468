"""What the how-to pages show works: their files are written, checked by mypy, and their commands
run. The tables of migrations name every public name of the library that is left.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import socketio
import yaml
from engineio.base_client import BaseClient
from engineio.base_server import BaseServer

from tests.examples.test_tutorial import BLOCK, ROOT, follow, new_folder, perform

HOW_TO = ROOT / "docs/how-to"
PAGES = sorted(page.stem for page in HOW_TO.glob("*.md"))
# What somebody migrates from has no types, and a2wsgi's don't fit Flask's.
UNTYPED = {
    "migrating-from-flask-socketio": {"app.py"},
    "migrating-from-python-socketio": {"before.py", "client.py"},
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PAGES)
def test_each_page_works(name: str, tmp_path: Path) -> None:
    page = HOW_TO / f"{name}.md"
    follow(page, new_folder(tmp_path))
    typed = sorted({file.name for file in tmp_path.glob("*.py")} - UNTYPED.get(name, set()))
    done = perform(f"mypy --strict {' '.join(typed)}", tmp_path) if typed else None
    assert done is None or done.returncode == 0, done.stdout


def blocks(language: str) -> Generator[tuple[str, str]]:
    """Yield the blocks of a language of all pages, each with the name of its page."""
    for name in PAGES:
        for found, _, content in BLOCK.findall((HOW_TO / f"{name}.md").read_text(encoding="utf-8")):
            if found == language:
                yield name, content


def test_blocks_are_python_and_yaml() -> None:
    for name, content in blocks("python"):
        ast.parse(content, f"{name}.md")
    for _, content in blocks("yaml"):
        assert list(yaml.safe_load_all(content))


def named(page: str, *headings: str) -> set[str]:
    """Collect the names in the first column of the tables below these headings."""
    text = (HOW_TO / page).read_text(encoding="utf-8")
    names: set[str] = set()
    for heading in headings:
        section = text.partition(f"### {heading}\n")[2].partition("\n### ")[0]
        for row in re.findall(r"^\| (.*?) \|", section, re.MULTILINE):
            names.update(re.findall(r"`(\w+)`", row))
    return names


def public(*classes: type) -> set[str]:
    return {name for each in classes for name in dir(each) if not name.startswith("_")}


def parameters(*functions: Any) -> set[str]:
    names = {name for each in functions for name in inspect.signature(each).parameters}
    return names - {"self", "args", "kwargs"}


MANAGERS = [getattr(socketio, name) for name in socketio.__all__ if name.endswith("Manager")]
NAMESPACES = {"namespace"}  # the argument of each call; here a namespace is an object


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        (
            ("Servers",),
            public(socketio.AsyncServer, socketio.Server, socketio.AsyncNamespace)
            | public(socketio.Namespace, socketio.ASGIApp, socketio.WSGIApp)
            | (parameters(socketio.AsyncServer.emit) - {"self", "event", "data", "namespace"}),
        ),
        (
            ("Servers", "Options of servers"),
            parameters(socketio.AsyncServer.__init__, socketio.Server.__init__)
            | parameters(BaseServer.__init__)
            | (parameters(socketio.ASGIApp.__init__) - {"socketio_server"}),
        ),
        (
            ("Clients",),
            public(socketio.AsyncClient, socketio.Client, socketio.AsyncSimpleClient)
            | public(socketio.SimpleClient, socketio.AsyncClientNamespace),
        ),
        (
            ("Options of clients",),
            parameters(socketio.AsyncClient.__init__, BaseClient.__init__)
            | parameters(socketio.AsyncClient.connect, socketio.AsyncSimpleClient.connect),
        ),
        (("Managers",), public(*MANAGERS) - public(socketio.AsyncServer)),
        (("Servers", "Clients", "Managers"), set(socketio.__all__)),
    ],
)
def test_the_table_names_all_of_python_socketio(headings: tuple[str, ...], names: set[str]) -> None:
    assert len(names) > 10
    assert names - named("migrating-from-python-socketio.md", *headings) == set()
