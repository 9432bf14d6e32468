"""Loading a schema file and its imports: text -> nodes -> documents -> contract, then warnings."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ackord.schema.analysis.recursion import cycles
from ackord.schema.collector import paused_collector
from ackord.schema.diagnostics.diagnostic import Diagnostic, related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import Document, ImportNode
from ackord.schema.document.reader import read_document
from ackord.schema.files import DiskFiles, Files
from ackord.schema.lint.checks import lint
from ackord.schema.lint.settings import EVERYTHING, NOTHING, LintSettings
from ackord.schema.model import Contract
from ackord.schema.resolve.contract import resolve
from ackord.schema.resolve.scopes import File, Scopes
from ackord.schema.resolve.types import PythonTypes
from ackord.schema.source import Place, Source
from ackord.schema.yaml.reader import read_yaml

if TYPE_CHECKING:  # only editors have a memory
    from ackord.schema.memory import Memory

MAX_BYTES: Final = 1_000_000
"""Size of a schema file."""

MAX_FILES: Final = 100
"""Files of one contract."""
MAX_TOTAL_BYTES: Final = 5_000_000
"""Size of all imported files together."""

_DISK: Final = DiskFiles()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """The result of loading a schema file."""

    document: Document | None
    """The content of the file itself with places, also if there are errors; `None` if the file
    isn't YAML or isn't written in this version of the language.
    """
    contract: Contract | None
    """The contract; `None` if there are errors."""
    diagnostics: tuple[Diagnostic, ...]
    """All problems of all files, in order of file and position."""
    sources: Mapping[str, str]
    """The texts of the files that were read, by the names that diagnostics use."""
    files: Mapping[str, File] = field(default_factory=dict[str, File])
    """The content of all files that could be read, by the same names; the file itself first."""


def load_contract(path: Path, *, lint: LintSettings = EVERYTHING) -> LoadResult:
    """Load a schema file, and the files that it imports.

    `lint` says what to warn of. Neither the content of a file nor a missing file raises: all
    problems are in the result. A schema file runs code only by the modules of its ``python:``
    types, which are imported.
    """
    file = path.as_posix()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:
        report = Reporter()
        place = Source(file, "").place(0, 0)
        report.add("S001", place, f"the file can't be read: {_reason(exc)}")
        return LoadResult(
            document=None,
            contract=None,
            diagnostics=report.diagnostics(),
            sources={},
        )
    return load_bytes(data, file, lint=lint)


def load_bytes(
    data: bytes,
    file: str,
    files: Files = _DISK,
    *,
    lint: LintSettings = EVERYTHING,
    memory: Memory | None = None,
) -> LoadResult:
    """Load the content of a schema file, and the files that it imports.

    `file` is the name that diagnostics show, to which imported files are relative; `files` reads
    these; `lint` says what to warn of. With the `memory` of an earlier load, only what has changed
    since then is read; the result is the same.
    """
    with paused_collector():
        return _Loader(files, lint, memory=memory).load(data, file)


def load_old_bytes(data: bytes, file: str, files: Files, python_types: PythonTypes) -> LoadResult:
    """Load the content of a schema file of an earlier version, which was checked at its time.

    The classes of its ``python:`` types may be gone or have changed since then, so they aren't
    imported: `python_types` gives their JSON Schemas.
    """
    with paused_collector():
        return _Loader(files, NOTHING, python_types).load(data, file)


@dataclass(slots=True)
class _File:
    """A file that was read."""

    document: Document
    alias: str
    imports: dict[str, str | None] = field(default_factory=dict[str, str | None])


class _Loader:
    """Loads one contract: its own file first, then imported files, near ones before far ones."""

    def __init__(
        self,
        files: Files,
        settings: LintSettings,
        old_types: PythonTypes | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._files = files
        self._settings = settings
        self._old_types = old_types
        self._memory = memory
        self._report = Reporter()
        self._sources: dict[str, str] = {}
        self._read: dict[str, _File] = {}
        """The files whose content could be read, by name."""
        self._names: dict[str, str | None] = {}
        """The name of each file by its identity; `None` for a file that can't be read."""
        self._bytes = 0
        self._is_full = False
        """Whether a limit was exceeded, so that no further files are read."""

    def load(self, data: bytes, file: str) -> LoadResult:
        """Load the contract's own file, and all others."""
        self._names[self._files.identity(file)] = file
        document = self._document(data, file, imported=False)
        contract = None
        if document is not None:
            self._read[file] = _File(document, "")
            self._read_imports()
            self._check_cycles()
        files = {
            name: File(found.document, found.alias, found.imports)
            for name, found in self._read.items()
        }
        if document is not None:
            contract = self._resolve(files)
        if self._memory is not None:
            self._memory.keep(self._sources)
        return LoadResult(
            document=document,
            contract=contract,
            diagnostics=self._report.diagnostics(),
            sources=self._sources,
            files=files,
        )

    def _document(self, data: bytes, file: str, *, imported: bool) -> Document | None:
        report = self._report
        source, is_text = _decode(data, file, report)
        self._sources[file] = source.text
        if not is_text:
            return None
        blocks = None if self._memory is None else self._memory.blocks(file)
        node = read_yaml(source, report, blocks)
        if node is None and any(one.file == file for one in report.diagnostics()):
            return None
        return read_document(node, source.place(0, 0), report, imported=imported)

    def _read_imports(self) -> None:
        pending = deque(self._read)
        while pending:
            importer = pending.popleft()
            found = self._read[importer]
            earlier: dict[str, ImportNode] = {}
            for node in found.document.imports:
                target, is_new = self._import(node, importer)
                found.imports[node.alias.text] = target
                if target is None:
                    continue
                first = earlier.setdefault(target, node)
                if first is not node:
                    self._report.add(
                        "S019",
                        node.path.place,
                        f"{node.path.text!r} is imported twice",
                        related=[related("first imported here", first.path.place)],
                    )
                if is_new:
                    pending.append(target)

    def _import(self, node: ImportNode, importer: str) -> tuple[str | None, bool]:
        """Return the name of an imported file, `None` if it can't be read, and whether it wasn't
        imported before.
        """
        place = node.path.place
        file = posixpath.join(posixpath.dirname(importer), node.path.text)
        try:
            identity = self._files.identity(file)
            # `..` after a link to a directory leads elsewhere than it seems.
            short = posixpath.normpath(file)
            file = short if self._files.identity(short) == identity else file
            if identity in self._names:
                return self._names[identity], False
            self._names[identity] = None
            if self._is_full or len(self._names) > MAX_FILES:
                self._refuse_more(place, f"a contract has at most {MAX_FILES} files")
                return None, False
            data = self._files.read(file, MAX_BYTES + 1)
        except (OSError, ValueError) as exc:
            self._report.add("S066", place, f"{node.path.text!r} can't be read: {_reason(exc)}")
            return None, False
        self._bytes += len(data)
        if self._bytes > MAX_TOTAL_BYTES:
            self._refuse_more(
                place, f"imported files have at most {MAX_TOTAL_BYTES} bytes together"
            )
            return None, False
        document = self._document(data, file, imported=True)
        if document is None:
            return None, False
        self._names[identity] = file
        self._read[file] = _File(document, node.alias.text)
        return file, True

    def _refuse_more(self, place: Place, message: str) -> None:
        """Report, once, that there are too many files."""
        if not self._is_full:
            self._report.add("S070", place, message)
        self._is_full = True

    def _check_cycles(self) -> None:
        graph = {
            file: [target for target in found.imports.values() if target is not None]
            for file, found in self._read.items()
        }
        for cycle in cycles(graph):
            importer = self._read[cycle[-2]]
            node = next(
                node
                for node in importer.document.imports
                if importer.imports[node.alias.text] == cycle[-1]
            )
            self._report.add(
                "S067", node.path.place, f"the file imports itself: {' -> '.join(cycle)}"
            )

    def _resolve(self, files: Mapping[str, File]) -> Contract | None:
        report = self._report
        resolved = (
            resolve(Scopes(files), report)
            if self._old_types is None
            else resolve(Scopes(files), report, python_types=self._old_types, checks=False)
        )
        if report.has_errors:
            return None
        lint(resolved, self._settings, report)
        return resolved.contract


def _reason(exc: OSError | ValueError) -> str:
    return getattr(exc, "strerror", None) or str(exc)


def _decode(data: bytes, file: str, report: Reporter) -> tuple[Source, bool]:
    """Return the text of a file, and whether it can be used."""
    if len(data) > MAX_BYTES:
        source = Source(file, "")
        report.add(
            "S002",
            source.place(0, 0),
            f"the file has more than {MAX_BYTES} bytes",
        )
        return source, False
    try:
        # Version control may change line ends, and editors may add a byte order mark: the contract
        # stays the same.
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
        return Source(file, text.replace("\r\n", "\n").replace("\r", "\n")), True
    except UnicodeDecodeError as exc:
        source = Source(file, data.decode(errors="replace"))
        offset = len(data[: exc.start].decode(errors="replace"))
        report.add(
            "S003",
            source.place(offset, offset + 1),
            f"the byte 0x{data[exc.start]:02x} isn't valid UTF-8",
        )
        return source, False
