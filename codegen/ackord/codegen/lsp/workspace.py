"""The schema files that an editor has open, and what loading them has given."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ackord.codegen.configuration import (
    Configuration,
    ConfigurationError,
    find_configuration,
    lint_settings,
)
from ackord.schema import Diagnostic, DiskFiles, LoadResult, Memory, load_bytes

MAX_BYTES: Final = 1_000_001
"""One more than a schema file may have, so that a larger one is noticed."""
_SCHEMA: Final = re.compile(r"""^[{\s]*["']?ackord["']?\s*:""", re.MULTILINE)
"""What tells a schema file from other YAML files."""


class Buffers:
    """Files as the editor has them; others as they are on the disk."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._disk = DiskFiles()

    def identity(self, file: str) -> str:
        """See `ackord.schema.files.Files`."""
        return self._disk.identity(file)

    def read(self, file: str, limit: int) -> bytes:
        """See `ackord.schema.files.Files`."""
        text = self._texts.get(self.identity(file))
        return self._disk.read(file, limit) if text is None else text.encode()[:limit]


class Workspace:
    """The open files and their contracts.

    A file is loaded as a part of each contract that imports it; a file that no contract imports is
    a contract itself.
    """

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        """The text of each open file, by its path without links."""
        self.results: dict[str, LoadResult] = {}
        """The last result of loading each contract, by the path of its own file."""
        self._last_good: dict[str, LoadResult] = {}
        self._memories: dict[str, Memory] = {}
        """What is kept of each contract, by the path of its own file."""

    def load(self) -> Mapping[str, list[Diagnostic]]:
        """Load all contracts, and return the problems of each file, also of those without any."""
        configuration = _configuration()
        roots = [path for path in _configured(configuration) if Path(path).is_file()]
        results = {root: self._load(root, configuration) for root in roots}
        for path, text in self.texts.items():
            is_loaded = any(path in result.sources for result in results.values())
            if not is_loaded and _SCHEMA.search(text):
                results[path] = self._load(path, configuration)
        imported = {
            file for root, result in results.items() for file in result.sources if file != root
        }
        self._memories = {root: self._memories[root] for root in results}
        # A file that was loaded as a contract, and is imported by one that was loaded later.
        self.results = {
            root: result
            for root, result in results.items()
            if root in roots or root not in imported
        }
        found: dict[str, dict[Diagnostic, None]] = {path: {} for path in self.texts}
        for result in self.results.values():
            for file in result.sources:
                found.setdefault(file, {})
            for diagnostic in result.diagnostics:
                found.setdefault(diagnostic.file, {})[diagnostic] = None
        return {file: list(diagnostics) for file, diagnostics in found.items()}

    def result_with(self, path: str) -> LoadResult | None:
        """Return a contract that a file belongs to, with the names that it has; those of an earlier
        text if the file can't be read as it is now.
        """
        for result in self.results.values():
            if path in result.files:
                self._last_good[path] = result
                return result
        return self._last_good.get(path)

    def _load(self, root: str, configuration: Configuration | None) -> LoadResult:
        buffers = Buffers(self.texts)
        try:
            data = buffers.read(root, MAX_BYTES)
        except (OSError, ValueError):
            data = b""
        lint = lint_settings(configuration, Path(root))
        memory = self._memories.setdefault(root, Memory())
        return load_bytes(data, root, buffers, lint=lint, memory=memory)


def _configuration() -> Configuration | None:
    try:
        return find_configuration()
    except ConfigurationError:
        return None


def _configured(configuration: Configuration | None) -> Iterator[str]:
    """Yield the schema files of the project's configuration."""
    if configuration is not None:
        for contract in configuration.settings.contracts:
            yield os.path.realpath(configuration.path(contract.schema_))
