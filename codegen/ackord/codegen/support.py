"""What the language has and this version can't generate: reported, never left out in silence."""

from __future__ import annotations

from ackord.schema.model import Contract


def unsupported(contract: Contract) -> tuple[str, ...]:
    """Name everything in a contract that this version can't generate."""
    problems: list[str] = []
    for namespace in contract.namespaces:
        if namespace.params or "{" in namespace.path:
            problems.append(f"namespace {namespace.path}: dynamic namespaces aren't supported by this version")
        if namespace.server_to_server:
            problems.append(f"namespace {namespace.path}: server_to_server events aren't supported by this version")
    return tuple(problems)
