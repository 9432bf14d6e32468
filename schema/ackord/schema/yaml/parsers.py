"""The two parsers of YAML: libyaml's, and PyYAML's own where PyYAML was built without libyaml.

Both are YAML 1.1, which matters nowhere here: `Scalar.kind` says what a plain scalar is, as
YAML 1.2 has it, and `characters` hides the line ends that YAML 1.2 has given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from yaml.error import YAMLError


def _libyaml() -> Any:
    try:
        return import_module("yaml.cyaml").CParser
    except ImportError:
        return None


FAST: Any = _libyaml()
"""libyaml's parser; `None` if PyYAML was built without libyaml."""


def events(text: str) -> Iterator[Any]:
    """Parse a text; raise `YAMLError` where it isn't YAML."""
    return slow_events(text) if FAST is None else iter(FAST(text).get_event, None)


def slow_events(text: str) -> Iterator[Any]:
    """Parse a text with PyYAML's own parser, which is right where the two differ."""
    from ackord.schema.yaml.pure_parser import PureParser  # noqa: PLC0415 - few files need it

    return PureParser(text).all_events()


__all__ = ["FAST", "YAMLError", "events", "slow_events"]
