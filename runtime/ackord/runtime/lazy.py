"""Lazy imports of a generated package: a program with a client loads no server, and the other way
round.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def lazy(package: str, /, **names: tuple[str, ...]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package that exports names of its modules, each loaded on
    first use; set its ``__dir__`` as well.

    ::

        __getattr__ = lazy(__name__, client=("ChatClient",), server=("ChatNamespace",))
    """
    module_of = {name: module for module, listed in names.items() for name in (*listed, module)}
    namespace = vars(sys.modules[package])

    def get(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f"{package}.{module_of[name]}")
        value = namespace[name] = module if name in names else getattr(module, name)
        return value

    namespace["__dir__"] = lambda: sorted({*namespace, *module_of})
    return get
