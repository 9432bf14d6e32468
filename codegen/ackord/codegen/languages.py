"""The names that each target's language reserves, as data: apart from the targets themselves, so
that a schema file can be checked without loading what generates code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final, NamedTuple

from ackord.codegen.python import reserved as python
from ackord.codegen.target import NameKind
from ackord.codegen.typescript import reserved as typescript


class Language(NamedTuple):
    """The language of a target."""

    title: str
    reserved_names: Mapping[NameKind, AbstractSet[str]]


DEFAULT: Final = "python"
"""The target of contracts for which none is named."""
LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {
        "python": Language("Python", python.NAMES),
        "typescript": Language("TypeScript", typescript.NAMES),
    }
)
"""The language of each target, by the target's name."""


def reserved_names(targets: Iterable[str]) -> Mapping[str, Mapping[str, AbstractSet[str]]]:
    """Return the names that are reserved in the languages of targets, by language and kind."""
    chosen = [LANGUAGES[name] for name in LANGUAGES if name in set(targets)]
    return {
        language.title: {str(kind): names for kind, names in language.reserved_names.items()}
        for language in chosen
    }
