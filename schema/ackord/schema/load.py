"""Loading a schema file: text -> document -> IR."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ackord.schema.diagnostics.reporter import Diagnostic, Reporter
from ackord.schema.document.reader import read_document
from ackord.schema.model import Contract
from ackord.schema.resolve.contract import resolve
from ackord.schema.source import Source
from ackord.schema.yaml.reader import read_yaml

MAX_BYTES: Final = 1_000_000
"""Size of a schema file."""

_STOPPING: Final = frozenset({"S004", "S006", "S007"})
"""After these nobody knows what the rest of the file means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What became of a schema file."""

    contract: Contract | None
    """`None` where there are errors."""
    diagnostics: tuple[Diagnostic, ...]
    """All problems of the file, in order of position."""
    source_sha256: str
    """Hash of the file's text with ``\\n`` as its line ends, in hex; empty where it couldn't be
    read.
    """
    sources: Mapping[str, str]
    """The texts of the files that were read, by the names that diagnostics use."""


def load_contract(path: Path) -> LoadResult:
    """Load a schema file.

    Nothing that is in the file, and no missing file, raises: all problems are in the result.
    Importing the modules that ``python:`` types name is the only way in which a schema file runs
    code.
    """
    file = path.as_posix()
    report = Reporter()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        report.error("S001", Source(file, "").place(0, 0), f"the file can't be read: {reason}")
        return LoadResult(
            contract=None, diagnostics=report.diagnostics(), source_sha256="", sources={}
        )
    return load_bytes(data, file)


def load_bytes(data: bytes, file: str) -> LoadResult:
    """Load the content of a schema file; `file` is the name that diagnostics show."""
    report = Reporter()
    source = _decode(data, file, report)
    contract = None if report.diagnostics() else _read(source, report)
    diagnostics = report.diagnostics()
    return LoadResult(
        contract=None if any(found.severity == "error" for found in diagnostics) else contract,
        diagnostics=diagnostics,
        source_sha256=hashlib.sha256(source.text.encode()).hexdigest(),
        sources={file: source.text},
    )


def _decode(data: bytes, file: str, report: Reporter) -> Source:
    if len(data) > MAX_BYTES:
        source = Source(file, "")
        report.error(
            "S002",
            source.place(0, 0),
            f"the file has more than {MAX_BYTES} bytes",
            hint="schema files are written by hand",
        )
        return source
    try:
        # Version control may change line ends, and editors put a mark before the text: the contract
        # is the same.
        return Source(
            file,
            data.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n").replace("\r", "\n"),
        )
    except UnicodeDecodeError as exc:
        source = Source(file, data.decode(errors="replace"))
        offset = len(data[: exc.start].decode(errors="replace"))
        report.error(
            "S003",
            source.place(offset, offset + 1),
            f"the byte 0x{data[exc.start]:02x} isn't valid UTF-8",
            hint="save the file as UTF-8",
        )
        return source


def _read(source: Source, report: Reporter) -> Contract | None:
    node = read_yaml(source, report)
    if any(found.code in _STOPPING for found in report.diagnostics()) or (
        node is None and report.diagnostics()
    ):
        return None
    attempt = Reporter()
    document = read_document(node, source.place(0, 0), attempt)
    unknown_language = [found for found in attempt.diagnostics() if found.code == "S013"]
    if unknown_language:
        report.extend(unknown_language)
        return None
    report.extend(attempt.diagnostics())
    report.ignore(document.ignored)
    return resolve(document, report)
