"""Warns of arguments that generated code of a language calls otherwise (S077)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import EventNode, FieldNode, NamespaceNode
from ackord.schema.lint.settings import LanguageNames
from ackord.schema.resolve.resolved import Resolved


def check_argument_names(resolved: Resolved, names: LanguageNames, report: Reporter) -> None:
    """Warn once of each such argument, and name the languages."""
    for namespace in resolved.document.namespaces:
        for event in _events(namespace):
            _check(event.args, "argument", names, report)
            _check(event.ack_args or (), "ack_argument", names, report)


def _check(
    arguments: Iterable[FieldNode], kind: str, names: LanguageNames, report: Reporter
) -> None:
    for argument in arguments:
        name = argument.identifier or argument.name
        languages = [
            language for language, kinds in names.items() if name.text in kinds.get(kind, ())
        ]
        if languages:
            report.add(
                "S077",
                name.place,
                f"the argument {name.text!r} has another name in generated "
                f"{' and '.join(languages)}, where this one is taken",
            )


def _events(namespace: NamespaceNode) -> Iterator[EventNode]:
    yield from namespace.client_to_server
    yield from namespace.server_to_client
    yield from namespace.server_to_server
