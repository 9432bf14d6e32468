"""All checks that report warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final, TypeAlias

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.lint.argument_names import check_argument_names
from ackord.schema.lint.attachments import check_attachments
from ackord.schema.lint.patterns import check_patterns
from ackord.schema.lint.recursive_unions import check_recursive_unions
from ackord.schema.lint.settings import LintSettings
from ackord.schema.lint.sizes import check_sizes
from ackord.schema.lint.unused import check_imports
from ackord.schema.resolve.resolved import Resolved

Check: TypeAlias = Callable[[Resolved, Reporter], None]

CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "S061": check_attachments,
        "S062": check_recursive_unions,
        "S063": check_sizes,
        "S074": check_patterns,
        "S075": check_imports,
    }
)
"""The check of each warning, by the code of its rule."""
OF_LANGUAGES: Final = "S077"
"""The warning that depends on the languages for which code is generated."""


def lint(resolved: Resolved, settings: LintSettings, report: Reporter) -> None:
    """Run all checks, then warn of what the contract's own file ignores without need (S076).

    What an imported file ignores may be needed in another contract, and what depends on languages
    where code is generated for others.
    """
    for code, check in CHECKS.items():
        if code not in settings.ignore:
            check(resolved, report)
    if OF_LANGUAGES not in settings.ignore:
        check_argument_names(resolved, settings.reserved_names, report)
    if "S076" not in settings.ignore:
        _check_ignores(resolved, {OF_LANGUAGES, *settings.ignore}, report)


def _check_ignores(resolved: Resolved, unknown: AbstractSet[str], report: Reporter) -> None:
    """Warn of entries that ended no warning; those of `unknown` codes may be needed."""
    for ignore in report.ignores:
        if (
            not ignore.is_used
            and ignore.code not in unknown
            and ignore.place.file == resolved.scopes.root_file
        ):
            report.add("S076", ignore.place, f"{ignore.code} isn't found here: remove the entry")
