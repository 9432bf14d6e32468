"""Casing of names, with the same rules for every target."""

from __future__ import annotations

import re
import unicodedata


def camel(identifier: str) -> str:
    """Make the name of a class from a snake_case name."""
    return "".join(part[:1].upper() + part[1:] for part in identifier.split("_") if part)


def constant(text: str) -> str:
    """Make the name of a constant or an enum member from any text.

    Letters and digits of every script stay; all other characters separate words. If there are only
    others, the name is made of their Unicode names: ``PLUS_SIGN``.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", _normal(text))
    plain = _separated(_normal(words.upper())) or _separated(" ".join(map(_spelled, text)))
    if not plain:
        return "EMPTY"
    return plain if plain[0].isidentifier() else _normal(f"N{plain}")


def room_class(identifier: str) -> str:
    """Make the name of a room's class, which ends with one ``Room``."""
    plain = camel(identifier)
    return plain if plain.endswith("Room") else f"{plain}Room"


def prefixed(prefix: str, name: str) -> str:
    """Put the name of a namespace before another name, unless that begins with the same word."""
    rest = name.removeprefix(prefix)
    return name if rest != name and rest[:1].isupper() else f"{prefix}{name}"


def _normal(text: str) -> str:
    """Normalize letters as Python does in identifiers."""
    return unicodedata.normalize("NFKC", text)


def _separated(text: str) -> str:
    kept = "".join(character if f"a{character}".isidentifier() else "_" for character in text)
    return re.sub(r"_+", "_", kept).strip("_")


def _spelled(character: str) -> str:
    # With one version of Unicode, so that every Python makes the same name.
    return unicodedata.ucd_3_2_0.name(character, f"U{ord(character):04X}")
