"""What the tests of generated code share."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder with a folder for each contract: ``schema.yaml`` and ``expected/``."""
    return GOLDEN


@pytest.fixture(scope="session")
def package() -> Iterator[Callable[[str], ModuleType]]:
    """Import a golden package by the name of its folder."""
    imported: dict[str, ModuleType] = {}

    def load(name: str) -> ModuleType:
        if name not in imported:
            imported[name] = load_package(f"golden_{name}", GOLDEN / name / "expected")
        return imported[name]

    yield load
    for name in list(sys.modules):
        if name.partition(".")[0] in {f"golden_{each}" for each in imported}:
            del sys.modules[name]


def load_package(name: str, directory: Path) -> ModuleType:
    """Import a directory as a package."""
    spec = importlib.util.spec_from_file_location(
        name, directory / "__init__.py", submodule_search_locations=[str(directory)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
