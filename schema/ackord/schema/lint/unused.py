"""Warns of imports that nothing uses (S075)."""

from __future__ import annotations

from collections import Counter

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.resolve.resolved import Resolved


def check_imports(resolved: Resolved, report: Reporter) -> None:
    """Warn of each import whose names aren't used in the file that has it.

    An import of a file that others import, too, decides which name the file has in the contract.
    """
    scopes = resolved.scopes
    importers = Counter(
        target for file in scopes.files.values() for target in file.imports.values()
    )
    for name, file in scopes.files.items():
        for node in file.document.imports:
            alias = node.alias.text
            if (name, alias) not in scopes.used and importers[file.imports.get(alias)] == 1:
                report.add(
                    "S075", node.path.place, f"nothing in this file uses a name of {alias!r}"
                )
