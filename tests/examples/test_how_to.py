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

import engineio
import pytest
import socketio
import yaml

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


# They have no types.
SOCKETIO: Any = socketio
ENGINEIO: Any = engineio
MANAGERS = [getattr(socketio, name) for name in SOCKETIO.__all__ if name.endswith("Manager")]


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        (
            ("Servers",),
            public(SOCKETIO.AsyncServer, SOCKETIO.Server, SOCKETIO.AsyncNamespace)
            | public(SOCKETIO.Namespace, SOCKETIO.ASGIApp, SOCKETIO.WSGIApp)
            | (parameters(SOCKETIO.AsyncServer.emit) - {"self", "event", "data", "namespace"}),
        ),
        (
            ("Servers", "Options of servers"),
            parameters(SOCKETIO.AsyncServer.__init__, SOCKETIO.Server.__init__)
            | parameters(ENGINEIO.AsyncServer.__init__)
            | (parameters(SOCKETIO.ASGIApp.__init__) - {"socketio_server"}),
        ),
        (
            ("Clients",),
            public(SOCKETIO.AsyncClient, SOCKETIO.Client, SOCKETIO.AsyncSimpleClient)
            | public(SOCKETIO.SimpleClient, SOCKETIO.AsyncClientNamespace),
        ),
        (
            ("Options of clients",),
            parameters(SOCKETIO.AsyncClient.__init__, ENGINEIO.AsyncClient.__init__)
            | parameters(SOCKETIO.AsyncClient.connect, SOCKETIO.AsyncSimpleClient.connect),
        ),
        (("Managers",), public(*MANAGERS) - public(SOCKETIO.AsyncServer)),
        (
            ("Managers", "Options of servers", "Options of clients"),
            parameters(*(each.__init__ for each in MANAGERS)),
        ),
        (("Servers", "Clients", "Managers"), set(SOCKETIO.__all__)),
    ],
)
def test_the_table_names_all_of_python_socketio(headings: tuple[str, ...], names: set[str]) -> None:
    assert len(names) >= 10
    assert names - named("migrating-from-python-socketio.md", *headings) == set()
