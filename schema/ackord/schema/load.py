"""Loading a schema file: text -> nodes -> document -> contract, then warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ackord.schema.diagnostics.diagnostic import Diagnostic
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import Document
from ackord.schema.document.reader import read_document
from ackord.schema.lint.checks import lint
from ackord.schema.model import Contract
from ackord.schema.resolve.contract import resolve
from ackord.schema.source import Source
from ackord.schema.yaml.reader import read_yaml

MAX_BYTES: Final = 1_000_000
"""Size of a schema file."""

_STOPPING: Final = frozenset({"S004", "S006", "S007"})
"""After these errors the rest of the file can't be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """The result of loading a schema file."""

    document: Document | None
    """The content of the file with places, also if there are errors; `None` if the file isn't YAML
    or isn't written in this version of the language.
    """
    contract: Contract | None
    """The contract; `None` if there are errors."""
    diagnostics: tuple[Diagnostic, ...]
    """All problems of the file, in order of position."""
    sources: Mapping[str, str]
    """The texts of the files that were read, by the names that diagnostics use."""


def load_contract(path: Path) -> LoadResult:
    """Load a schema file.

    Neither the content of the file nor a missing file raises: all problems are in the result. A
    schema file runs code only by the modules of its ``python:`` types, which are imported.
    """
    file = path.as_posix()
    report = Reporter()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        report.add("S001", Source(file, "").place(0, 0), f"the file can't be read: {reason}")
        return LoadResult(
            document=None,
            contract=None,
            diagnostics=report.diagnostics(),
            sources={},
        )
    return load_bytes(data, file)


def load_bytes(data: bytes, file: str) -> LoadResult:
    """Load the content of a schema file; `file` is the name that diagnostics show."""
    report = Reporter()
    source = _decode(data, file, report)
    document, contract = (None, None) if report.has_errors else _read(source, report)
    return LoadResult(
        document=document,
        contract=contract,
        diagnostics=report.diagnostics(),
        sources={file: source.text},
    )


def _decode(data: bytes, file: str, report: Reporter) -> Source:
    if len(data) > MAX_BYTES:
        source = Source(file, "")
        report.add(
            "S002",
            source.place(0, 0),
            f"the file has more than {MAX_BYTES} bytes",
        )
        return source
    try:
        # Version control may change line ends, and editors may add a byte order mark: the contract
        # stays the same.
        return Source(
            file,
            data.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n").replace("\r", "\n"),
        )
    except UnicodeDecodeError as exc:
        source = Source(file, data.decode(errors="replace"))
        offset = len(data[: exc.start].decode(errors="replace"))
        report.add(
            "S003",
            source.place(offset, offset + 1),
            f"the byte 0x{data[exc.start]:02x} isn't valid UTF-8",
        )
        return source


def _read(source: Source, report: Reporter) -> tuple[Document | None, Contract | None]:
    node = read_yaml(source, report)
    found = {one.code for one in report.diagnostics()}
    if found & _STOPPING or (node is None and found):
        return None, None
    document = read_document(node, source.place(0, 0), report)
    if document is None:
        return None, None
    resolved = resolve(document, report)
    if report.has_errors:
        return document, None
    lint(resolved, report)
    return document, resolved.contract
