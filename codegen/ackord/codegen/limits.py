"""What the language has and this version can't generate: reported, never left out in silence."""

from __future__ import annotations

from ackord.schema.model import Contract


def unsupported(contract: Contract) -> tuple[str, ...]:
    """Name everything in a contract that this version can't generate."""
    problems: list[str] = []
    for namespace in contract.namespaces:
        where = f"namespace {namespace.path}"
        if namespace.params and namespace.server_to_server:
            problems.append(
                f"{where}: server_to_server events of dynamic namespaces aren't supported by "
                "this version"
            )
        problems += [
            (
                f"{where}: server_to_server event {event.name!r}: acknowledgements between "
                "servers aren't supported by this version"
            )
            for event in namespace.server_to_server
            if event.acked
        ]
    return tuple(problems)
