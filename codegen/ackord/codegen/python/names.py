"""Names in generated Python: what must be escaped, and who may have which name."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Final

_NOT_IN_IDENTIFIERS: Final = re.compile(r"[^A-Za-z0-9_]")

MODULES: Final = frozenset({"types", "events", "server", "client", "contract"})
"""The generated package's own modules; a name in ``__init__.py`` would hide one."""

PARAMETERS: Final = frozenset({"self", "cls", "ctx", "timeout"})
"""Parameters that generated methods have besides those of the schema."""


class Scope:
    """Hands out names that differ from each other and from those that are taken.

    Names are asked for in order of declaration, so that the same schema always gets the same names.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def __contains__(self, name: object) -> bool:
        """Say whether a name has been given away."""
        return name in self._taken

    def claim(self, *candidates: str) -> str:
        """Give the first candidate that is free, or the last one with underscores after it."""
        free = next((name for name in candidates if self._is_free(name)), None)
        if free is None:
            free = f"{candidates[-1]}_"
            while not self._is_free(free):
                free += "_"
        self._taken.add(free)
        return free

    def names(self) -> frozenset[str]:
        """Give all names that are taken."""
        return frozenset(self._taken)

    def _is_free(self, name: str) -> bool:
        return name not in self._taken and not keyword.iskeyword(name)


def attribute(name: str) -> str:
    """Make the name of a field or parameter an identifier that is neither private nor special.

    ``_id`` becomes ``id_``: a leading underscore makes pydantic take a field for a private
    attribute.
    """
    plain = name.lstrip("_")
    leading = len(name) - len(plain)
    return f"{plain}_" if leading and not plain.endswith("_") else plain


def camel(identifier: str) -> str:
    """Make the name of a class from a snake_case name."""
    return "".join(part[:1].upper() + part[1:] for part in identifier.split("_") if part)


def constant(text: str) -> str:
    """Make the name of a constant or an enum member from any text."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    plain = re.sub(r"_+", "_", _NOT_IN_IDENTIFIERS.sub("_", words)).strip("_").upper()
    if not plain:
        return "EMPTY" if not text else "SYMBOL"
    return f"N{plain}" if plain[0].isdigit() else plain
