"""SECURITY.md names every advisory of the field with tests that exist, and every limit with its
default.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import fields
from inspect import getsource, signature
from pathlib import Path
from typing import Any, Final

import pytest
from ackord.runtime.client import manager
from ackord.runtime.client.manager import ManagerOptions
from ackord.runtime.engine.client_options import ClientSettings
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server.limits import Limits

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ADVISORIES: Final = [
    "CVE-2016-10518",
    "CVE-2016-10536",
    "CVE-2016-10542",
    "CVE-2017-16031",
    "CVE-2019-13611",
    "CVE-2020-28481",
    "CVE-2020-36048",
    "CVE-2020-36049",
    "CVE-2021-32640",
    "CVE-2022-21676",
    "CVE-2022-2421",
    "CVE-2022-41940",
    "CVE-2023-31125",
    "CVE-2023-32695",
    "CVE-2024-37890",
    "CVE-2024-38355",
    "CVE-2025-61765",
    "CVE-2026-33151",
    "CVE-2026-45736",
    "CVE-2026-48779",
    "CVE-2026-48802",
    "CVE-2026-48804",
    "CVE-2026-48809",
    "CVE-2026-59725",
    "GHSA-pxg6-pf52-xh8x",
]
TESTS: Final = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
ROWS: Final = dict(re.findall(r"^\| `([\w.]+)` \| ([\d.,]+) \|", PAGE, re.MULTILINE))
WATCHED: Final = ("hosting.uvicorn.bounds", "polling.request", "websocket.bounds")
"""Modules whose public constants are all limits."""


def options() -> dict[str, Any]:
    """Return every option that is a number, and its default."""
    found: dict[str, Any] = {}
    kinds: tuple[Any, ...] = (EngineOptions, Limits, ConnectionStateRecovery)
    for kind in kinds:
        found |= {
            f"{kind.__name__}.{each.name}": each.default
            for each in fields(kind)
            if type(each.default) in (int, float)
        }
    for maker in (MsgpackParser,):
        parameters = signature(maker).parameters.values()
        found |= {
            f"{maker.__name__}.{each.name}": each.default
            for each in parameters
            if type(each.default) in (int, float)
        }
    defaults = {each.name: str(each.default) for each in fields(ClientSettings)}
    defaults |= dict(re.findall(r'options\.get\("(\w+)", ([\w.]+)\)', getsource(manager)))
    for name, annotation in ManagerOptions.__annotations__.items():
        if annotation in (int, float) or getattr(annotation, "__forward_arg__", "") in (
            "int",
            "float",
        ):
            default: str = defaults[name]
            found[f"Manager.{name}"] = float(vars(manager).get(default, default))
    return found


def constants() -> dict[str, float]:
    """Return the limits that can't be changed."""
    named = [row for row in ROWS if row.rpartition(".")[2].isupper()]
    watched = [
        f"{module}.{name}"
        for module in WATCHED
        for name in re.findall(r"^([A-Z]\w+): Final = \d", getsource(load(module)), re.MULTILINE)
    ]
    return {
        path: getattr(load(module), name)
        for path in {*named, *watched}
        for module, _, name in [path.rpartition(".")]
    }


def load(module: str) -> Any:
    return importlib.import_module(f"ackord.runtime.{module}")


@pytest.mark.parametrize("limits", [options, constants], ids=["options", "constants"])
def test_every_limit_has_a_row_with_its_default(limits: Any) -> None:
    expected = limits()
    assert len(expected) > 15
    wrong = [
        f"{name}: the default is {value:,}"
        for name, value in expected.items()
        if float(ROWS.get(name, "nan").replace(",", "")) != value
    ]
    assert not wrong, f"SECURITY.md, section Limits, has no row, or another default, for: {wrong}"


def test_every_row_is_a_limit() -> None:
    assert sorted(ROWS) == sorted(options() | constants())


def test_every_advisory_is_named() -> None:
    assert [each for each in ADVISORIES if not re.search(rf"\b{each}\b", PAGE)] == []


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_every_named_test_exists(file: str, name: str) -> None:
    assert re.search(
        rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE
    ), f"SECURITY.md names {file}::{name}"


def test_every_advisory_that_applies_names_a_test() -> None:
    rows = [
        line
        for line in PAGE.splitlines()
        if re.match(r"\| (CVE|GHSA|\S+ [\d.]+, no advisory)", line)
    ]
    assert len(rows) > 20
    assert [row for row in rows if "::test_" not in row and "Doesn't apply" not in row] == []


@pytest.mark.parametrize("page", ["README.md", "docs/README.md"])
def test_the_documentation_leads_there(page: str) -> None:
    assert re.search(r"\]\((\.\./)?SECURITY\.md\)", (ROOT / page).read_text(encoding="utf-8"))
