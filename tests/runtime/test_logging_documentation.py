"""docs/logging.md names the loggers and lines that there are, and its configurations work."""

from __future__ import annotations

import ast
import functools
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "logging.md").read_text(encoding="utf-8")
WRITERS = {"crash": 0, "write_warning": 2, "write_info": 2}
"""Methods that write a line, and which argument begins it."""


def text_of(node: ast.expr) -> str:
    """Return a text of the source with … for what is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(value) for value in node.values)
    return "…"


@functools.cache
def trees() -> list[ast.Module]:
    """Return the runtime's sources, parsed."""
    paths = sorted((ROOT / "runtime" / "ackord" / "runtime").rglob("*.py"))
    return [ast.parse(path.read_text(encoding="utf-8")) for path in paths]


@functools.cache
def strings() -> str:
    """Return all texts of the runtime's sources."""
    texts = (
        text_of(node)
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.Constant)
    )
    return "\n".join(text for text in texts if text.strip("… "))


def section(title: str) -> str:
    return re.split(r"^##+ ", PAGE.partition(f"# {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def documented() -> Iterator[str]:
    """Give the lines of the tables."""
    for title in ("ERROR", "WARNING"):
        for row in re.findall(r"^\| (`.*?`) \|", section(title), re.MULTILINE):
            yield from re.findall(r"`([^`]+)`", row)


LINES = sorted(set(documented()))


@pytest.mark.parametrize("line", LINES)
def test_each_line_of_the_page_is_written(line: str) -> None:
    texts = [
        strings(),
        " failed: 'invalid_request'",
        " failed: 'rate_limited'",
        " failed: 'unknown_event'",
        "'ORIGIN_NOT_ALLOWED'. ",
        "'Session ID unknown'. ",
    ]
    for part in line.split("…"):
        shown = (
            part.removeprefix("'ORIGIN_NOT_ALLOWED'. ")
            .removeprefix("'HOST_NOT_ALLOWED'. ")
            .removeprefix("'Session ID unknown'. ")
            .strip()
        )
        assert any(shown in text for text in texts), shown


def test_each_line_that_is_written_stands_on_the_page() -> None:
    missing: list[str] = []
    for node in (node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        position = (
            2
            if name == "guard" and len(node.args) > 2
            else 3
            if name == "call_guarded"
            else WRITERS.get(name)
        )
        if position is None or len(node.args) <= position:
            continue
        start = text_of(node.args[position]).split("…")[0].rstrip(" ,")
        if len(start) > 3 and start not in PAGE:
            missing.append(start)
    assert missing == []


def test_the_loggers_of_the_page_are_those_that_there_are() -> None:
    used = {
        text_of(node.args[0])
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "getLogger"
    }
    assert set(re.findall(r"^\| `([\w.]+)` \|", section("Loggers"), re.MULTILINE)) == used - {
        "uvicorn.error"
    }


def test_the_configuration_of_the_page_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    [text] = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    config = json.loads(text)
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    try:
        logging.config.dictConfig(config)
        logging.getLogger("ackord.runtime.server").info("shown")
        logging.getLogger("ackord.runtime.packets").debug("hidden")
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]
        for name in config["loggers"]:
            logging.getLogger(name).setLevel(logging.NOTSET)
    shown = capsys.readouterr().err
    assert "INFO ackord.runtime.server: shown" in shown
    assert "hidden" not in shown
