"""What importing a generated package loads, and what it doesn't."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "tests.codegen.golden.two_namespaces.expected"
CLIENT, SERVER = "ackord.runtime.client", "ackord.runtime.server"
LOADED = (
    f"import json, sys; print(json.dumps([name in sys.modules for name in ({CLIENT!r}, "
    f"{SERVER!r}, 'websockets', 'uvicorn')]))"
)


def loaded_by(statement: str) -> list[bool]:
    """Say whether client, server, and the packages of their extras are loaded."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{LOADED}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: list[bool] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("statement", "client", "server"),
    [
        (f"import {PACKAGE}", False, False),
        (f"from {PACKAGE} import Order, TableRoom, UnknownError, unwrap", False, False),
        (f"from {PACKAGE}.types import Order", False, False),
        (f"from {PACKAGE} import GuestsClient", True, False),
        (f"import {PACKAGE} as shop; shop.KitchenClient", True, False),
        (f"from {PACKAGE} import GuestsNamespace", False, True),
        (f"import {PACKAGE} as shop; shop.server.GuestsNamespace", False, True),
        (f"from {PACKAGE} import *; GuestsNamespace, KitchenClient", True, True),
    ],
)
def test_only_what_is_used_is_loaded(statement: str, client: bool, server: bool) -> None:
    assert loaded_by(statement) == [client, server, False, False]


def test_a_lazy_package_has_its_names_and_no_others() -> None:
    from tests.codegen.golden.two_namespaces import expected as shop  # noqa: PLC0415 - it's the module that is looked at

    package: ModuleType = shop
    assert set(package.__all__) <= set(dir(package))
    assert all(
        getattr(package, name).__name__
        for name in package.__all__
        if name.endswith(("Client", "Namespace", "Handlers"))
    )
    assert package.GuestsClient is package.client.GuestsClient
    with pytest.raises(
        AttributeError,
        match=(
            r"module 'tests\.codegen\.golden\.two_namespaces\.expected' has no attribute "
            r"'GuestClient'"
        ),
    ):
        getattr(package, "GuestClient")  # noqa: B009 - it has none, as type checkers know
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        exec(f"from {PACKAGE} import Nothing")  # noqa: S102 - the statement is the test's
