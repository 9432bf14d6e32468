"""What users may import: the `__all__` of each package, compared with a committed list.

A change of the list is a change of the public API: write it into `public_api.txt`, and into the
changelog.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("public_api.txt")
PACKAGES = (
    "ackord.runtime",
    "ackord.runtime.adapters",
    "ackord.runtime.client",
    "ackord.runtime.hosting",
    "ackord.runtime.server",
    "ackord.runtime.testing",
)


def test_the_public_names_are_those_of_the_list() -> None:
    names = {f"{package}.{name}" for package in PACKAGES for name in import_module(package).__all__}
    assert sorted(names) == LIST.read_text(encoding="utf-8").split()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_exists_and_is_documented(package: str) -> None:
    module = import_module(package)
    for name in module.__all__:
        value = getattr(module, name)
        assert not isinstance(value, type) or value.__doc__, name
    assert set(module.__all__) <= set(dir(module))


def test_the_package_loads_nothing_until_a_name_is_used() -> None:
    script = (
        "import sys, ackord.runtime; print([name for name in sys.modules if name in ('asyncio', "
        "'pydantic', 'uvicorn', 'websockets')])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout
        == "[]\n"
    )


def test_a_server_needs_neither_uvicorn_nor_the_client() -> None:
    script = (
        "import sys; from ackord.runtime.server import Server; Server(); "
        "print([name for name in sys.modules if name in ('uvicorn', 'websockets')])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout
        == "[]\n"
    )


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    for package in ("ackord.runtime", "ackord.runtime.server"):
        with pytest.raises(AttributeError, match="Sever"):
            getattr(import_module(package), "Sever")  # noqa: B009  # the point is the name
