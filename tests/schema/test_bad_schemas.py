"""Wrong schema files, and all that is said about each.

The files in ``bad/`` hold the cases: a title after ``===``, the text of a schema file, and after
``--- says`` what is printed about it, the same by both YAML parsers. ``ackord``, ``name`` and
``version`` stand before the text, unless the title begins with ``whole file:``.

Run with ``ACKORD_UPDATE=1`` to write anew what is said, and read the difference as a stranger would.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from ackord.schema import load_bytes, render_text
from ackord.schema.yaml import parsers

HEAD = "ackord: 1\nname: demo\nversion: 1.0.0\n"
FOLDER = Path(__file__).parent / "bad"
VISIBLE = {
    "⇥": "\t",
    "␀": "\0",
    "␇": "\a",
    "␂": "\ufeff",
    "␣": "\u00a0",
    "␋": "\u200b",
    "␤": "\u2028",
}
"""What stands in the files for characters that readers couldn't see."""
CASE = re.compile(r"=== (.+)\n((?:(?!=== |--- says\n).*\n)*)(?:--- says\n((?:(?!=== ).*\n)*))?")


def cases() -> dict[tuple[str, str], tuple[str, str]]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for path in sorted(FOLDER.glob("*.txt")):
        for title, text, says in CASE.findall(path.read_text(encoding="utf-8")):
            assert (path.stem, title) not in found, f"{title!r} stands twice in {path.name}"
            found[path.stem, title] = text, says
    return found


CASES = cases()


def said(title: str, text: str) -> str:
    whole = text if title.startswith("whole file:") else HEAD + text
    for visible, character in VISIBLE.items():
        whole = whole.replace(visible, character)
    result = load_bytes(whole.encode(), "demo.yaml")
    assert (result.contract is None) == any(one.severity == "error" for one in result.diagnostics)
    return render_text(result.diagnostics, result.sources).rpartition("Found")[0].strip() + "\n"


@pytest.fixture(params=["libyaml", "PyYAML's own parser"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "libyaml":
        monkeypatch.setattr(parsers, "FAST", None)


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_a_wrong_schema_is_told_what_is_wrong_and_what_to_write(case: tuple[str, str]) -> None:
    text, says = CASES[case]
    assert said(case[1], text) == says.strip() + "\n"


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 150


def test_each_file_is_written_as_the_update_writes_it() -> None:
    for path in sorted(FOLDER.glob("*.txt")):
        written = "".join(
            f"=== {title}\n{text}--- says\n{said(title, text)}\n"
            for (stem, title), (text, _) in CASES.items()
            if stem == path.stem
        )
        if os.environ.get("ACKORD_UPDATE"):
            path.write_text(written, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == written
