"""Collects the imports of a module: using a symbol returns its name in the module."""

from __future__ import annotations

import builtins
import re
from collections.abc import Set as AbstractSet
from typing import Final

RUNTIME: Final = "ackord.runtime.stubs"
"""The one package of the runtime that generated code may import from."""
_STANDARD: Final = {
    "ABC": "abc",
    "abstractmethod": "abc",
    "dataclass": "dataclasses",
    "StrEnum": "enum",
    **dict.fromkeys(
        (
            "TYPE_CHECKING",
            "Annotated",
            "ClassVar",
            "Final",
            "Literal",
            "NamedTuple",
            "NewType",
            "TypeAlias",
            "Unpack",
            "overload",
        ),
        "typing",
    ),
    "Field": "pydantic",
    "events": ".",
}
"""The modules of the symbols that templates use by name."""
_THIRD_PARTY: Final = frozenset({"pydantic", RUNTIME, f"{RUNTIME}.v1"})
_FUTURE: Final = "__future__"


class Imports:
    """The imports of one generated module.

    A symbol keeps its name, unless the module uses that name itself; then the symbol is imported
    with an underscore before it.
    """

    def __init__(
        self,
        avoid: AbstractSet[str],
        *,
        python_types: AbstractSet[str] = frozenset(),
        future: bool = True,
    ) -> None:
        self._avoid = avoid
        self._python_types = python_types
        """Modules of ``python:`` types, which belong to the user."""
        self._symbols: dict[tuple[str, str], str] = {}
        if future:
            self._symbols[_FUTURE, "annotations"] = "annotations"

    def use(self, module: str, name: str) -> str:
        """Import a symbol and return its name in this module."""
        key = (module, name)
        if key not in self._symbols:
            self._symbols[key] = self._local(name)
        return self._symbols[key]

    def known(self, module: str, name: str) -> str:
        """Return the name of a symbol in this module, without importing it."""
        return self._symbols.get((module, name), name)

    def use_as(self, module: str, name: str, local: str) -> str:
        """Import a symbol under a name that is reserved for it."""
        return self._symbols.setdefault((module, name), local)

    def builtin(self, name: str) -> str:
        """Name a builtin, which is imported only if the module uses its name itself."""
        return self.use("builtins", name) if name in self._avoid else name

    def __getattr__(self, name: str) -> str:
        """Name a symbol of the standard library for a template: ``py.Final``, ``py.str``."""
        if name in _STANDARD:
            return self.use(_STANDARD[name], name)
        if hasattr(builtins, name):
            return self.builtin(name)
        raise AttributeError(name)

    def runtime(self, name: str) -> str:
        """Name a symbol of the runtime's module for generated code."""
        return f"{self.use_as(RUNTIME, 'v1', '_v1')}.{name}"

    def text(self) -> str:
        """Write the import statements: future, standard library, third party, own, each sorted."""
        modules: dict[str, list[str]] = {}
        for (module, name), local in sorted(self._symbols.items(), key=_order):
            modules.setdefault(module, []).append(name if name == local else f"{name} as {local}")
        sections: dict[int, list[str]] = {}
        for module, names in modules.items():
            statement = f"from {module} import {', '.join(names)}"
            sections.setdefault(self._section(module), []).append(statement)
        return "\n\n".join("\n".join(found) for _, found in sorted(sections.items()))

    def _local(self, name: str) -> str:
        taken = set(self._symbols.values())
        local = name
        while local in self._avoid or local in taken:
            local = f"_{local}"
        return local

    def _section(self, module: str) -> int:
        if module == _FUTURE:
            return 0
        if module.startswith("."):
            return 3
        return 2 if module in _THIRD_PARTY or module in self._python_types else 1


def _order(symbol: tuple[tuple[str, str], str]) -> tuple[object, ...]:
    (module, name), _ = symbol
    return module, *import_order(name)


def export_order(name: str) -> tuple[int, str]:
    """Sort the names of ``__all__``: constants, classes, the rest."""
    return _kind(name), name


def _kind(name: str) -> int:
    return 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2


def import_order(name: str) -> tuple[object, ...]:
    """Sort as isort does: constants, classes, the rest, each without regard to case."""
    natural = [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.split(r"(\d+)", name.lower())
        if part
    ]
    return _kind(name), natural, name
