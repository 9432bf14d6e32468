"""The options of the TypeScript target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

OPTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "newtypes": ("branded", "plain"),
        "int64": ("string", "bigint"),
        "datetime": ("string", "Date"),
        "validate": ("none", "standard-schema"),
    }
)
"""The values of each option, the default first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options as they were chosen."""

    newtypes: str
    """``branded``, so that they aren't mixed up, or ``plain`` names for their base."""
    int64: str
    """``string`` as on the wire, or ``bigint``."""
    datetime: str
    """``string`` as on the wire, or ``Date``, which has milliseconds and no offset."""
    validate: str
    """``none``, or ``standard-schema``: values are validated at the boundary."""

    @property
    def validates(self) -> bool:
        """Whether values are validated."""
        return self.validate == "standard-schema"


def read_settings(chosen: Mapping[str, str]) -> Settings:
    """Return the options with their defaults."""
    return Settings(**{name: chosen.get(name, values[0]) for name, values in OPTIONS.items()})
