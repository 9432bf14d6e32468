"""The pages about handlers are right: each one's contract is generated, and its examples print what
stands below them.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
import re
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest
from ackord.codegen import generate, write
from ackord.runtime.errors import RemoteError
from ackord.schema import load_bytes

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGES: Final = ("expiring-auth.md", "handlers.md", "rates.md")
KNOWN: Final[dict[str, Any]] = {
    "asyncio": asyncio,
    "contextlib": contextlib,
    "dataclasses": dataclasses,
    "RemoteError": RemoteError,
}
"""What the examples use without importing it."""


@pytest.fixture
def package(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """Generate the contract of a page; return the text of the page."""
    text = (DOCS / request.param).read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(ackord: 1\n.*?)```", text, re.DOTALL)
    assert found is not None
    loaded = load_bytes(found[1].encode(), "contract.yaml")
    assert loaded.contract is not None, loaded.diagnostics
    assert loaded.diagnostics == ()
    name = loaded.contract.name
    write(generate(loaded.contract, source="contract.yaml"), tmp_path / name)
    sys.path.insert(0, str(tmp_path))
    yield text
    sys.path.remove(str(tmp_path))
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.mark.parametrize("package", PAGES, indirect=True)
def test_the_examples_print_what_the_page_says(package: str) -> None:
    names = dict(KNOWN)
    examples = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", package, re.DOTALL)
    assert len(examples) == package.count("```python")
    for code, expected in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "page", "exec"), names)  # noqa: S102  # our own page
        assert printed.getvalue() == expected, code
