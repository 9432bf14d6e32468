"""What holds the repository together."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_root_has_an_init_file_that_would_hide_the_others() -> None:
    assert [str(path) for root in ("schema", "codegen", "runtime") for path in (ROOT / root / "ackord").glob("__init__.py")] == []


def test_each_part_is_marked_as_typed() -> None:
    assert all((ROOT / root / "ackord" / root / "py.typed").is_file() for root in ("schema", "codegen", "runtime"))


def test_the_npm_lock_file_names_no_host() -> None:
    lock = json.loads((ROOT / "tests/node/package-lock.json").read_text(encoding="utf-8"))
    assert len(lock["packages"]) > 20
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, package in lock["packages"].items() if name and "integrity" not in package] == []


def test_every_decision_is_listed_and_fits_on_a_page() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs/decisions").glob("*.md"):
        assert f"decisions/{page.name}" in index
        assert len(page.read_text(encoding="utf-8").splitlines()) < 60
