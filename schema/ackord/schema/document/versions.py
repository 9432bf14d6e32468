"""Reading versions: three numbers."""

from __future__ import annotations

import re
from typing import Final

from ackord.schema.yaml.nodes import Node, Scalar, describe

_VERSION: Final = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.(?:0|[1-9][0-9]{0,9})){2}")


def is_version(node: Node) -> bool:
    """Return whether a node is three numbers, as in ``2.3.0``."""
    return isinstance(node, Scalar) and _VERSION.fullmatch(node.text) is not None


def shown_version(node: Node) -> str:
    """Describe what stands in place of a version."""
    return repr(node.text[:60]) if isinstance(node, Scalar) else describe(node)


def near_version(node: Node) -> str:
    """Make a version of the numbers in a node, for hints."""
    parts = re.findall(r"[0-9]+", node.text[:60])[:3] if isinstance(node, Scalar) else []
    numbers = [part.lstrip("0") or "0" for part in parts] + ["0"] * (3 - len(parts))
    return ".".join(numbers)


def version_key(version: str) -> tuple[int, ...]:
    """Return what versions are compared by."""
    return tuple(map(int, version.split(".")))
