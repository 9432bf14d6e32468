"""Features of the language that this version can't generate; they are reported, never left out
silently.
"""

from __future__ import annotations

from ackord.schema.model import Contract


def unsupported(contract: Contract) -> tuple[str, ...]:
    """List the parts of a contract that this version can't generate."""
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
