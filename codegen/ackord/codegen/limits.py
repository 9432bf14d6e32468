"""Features of the language that this version can't generate; they are reported, never left out
silently.
"""

from __future__ import annotations

from ackord.codegen.errors import Problem
from ackord.schema.model import Contract


def unsupported(contract: Contract) -> tuple[Problem, ...]:
    """List the parts of a contract that this version can't generate."""
    problems: list[Problem] = []
    for namespace in contract.namespaces:
        where, path = f"namespace {namespace.path}", ("namespaces", namespace.path)
        if namespace.params and namespace.server_to_server:
            message = (
                f"{where}: server_to_server events of dynamic namespaces aren't supported by "
                "this version"
            )
            problems.append(Problem(message, parts=(path,)))
        problems += [
            Problem(
                f"{where}: server_to_server event {event.name!r}: acknowledgements between "
                "servers aren't supported by this version",
                parts=((*path, "server_to_server", event.name),),
            )
            for event in namespace.server_to_server
            if event.acked
        ]
    return tuple(problems)
