"""Names in generated Python, and their escapes."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from ackord.codegen.scopes import Scope

MODULES: Final = frozenset(
    {"types", "events", "server", "client", "client_sync", "emitter", "emitter_sync", "contract"}
)
"""The generated package's own modules; a name in ``__init__.py`` would hide one."""
_KEYWORDS: Final = frozenset(keyword.kwlist)


def scope(taken: Iterable[str] = ()) -> Scope:
    """Make a scope of Python."""
    return Scope(taken, keywords=_KEYWORDS, form=attribute)


def attribute(name: str) -> str:
    """Make the name of a field or parameter an identifier that is neither private nor special.

    ``_id`` becomes ``id_``: a leading underscore makes pydantic take a field for a private
    attribute.
    """
    plain = name.lstrip("_")
    leading = len(name) - len(plain)
    return f"{plain}_" if leading and not plain.endswith("_") else plain


def members(names: Sequence[str], taken: AbstractSet[str]) -> tuple[str, ...]:
    """Name fields, arguments or parameters, none of which may be one of those that are taken."""
    return scope(taken).claim_all(names)
