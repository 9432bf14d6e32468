"""What checks of warnings are told besides the contract."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from ackord.schema.diagnostics.rules import WARNINGS

LanguageNames: TypeAlias = Mapping[str, Mapping[str, AbstractSet[str]]]
"""Names that generated code can't keep, by the name of the language, then by the kind of the name:
``argument`` of an event, or ``ack_argument`` of its acknowledgement.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """What to warn of."""

    ignore: AbstractSet[str] = frozenset()
    """Codes of warnings that aren't reported."""
    reserved_names: LanguageNames = field(default_factory=lambda: MappingProxyType({}))
    """The names that are reserved in the languages for which code is generated."""


EVERYTHING: Final = LintSettings()
"""Warns of all that doesn't depend on a language."""
NOTHING: Final = LintSettings(ignore=frozenset(WARNINGS))
"""Runs no checks, for those who only want the contract."""
