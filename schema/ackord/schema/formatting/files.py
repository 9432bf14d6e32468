"""Formats the content of a schema file, and checks that its meaning stays."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.expressions.syntax import Expression
from ackord.schema.formatting.comments import IncompleteTreeError
from ackord.schema.formatting.printer import Printer
from ackord.schema.formatting.scalars import BLOCK_STYLES, Expressions, write_expression
from ackord.schema.load import LoadResult, load_bytes
from ackord.schema.source import Place, Source
from ackord.schema.yaml.nodes import Mapping, Node, Scalar, Sequence
from ackord.schema.yaml.reader import read_yaml

_BROKEN: Final = frozenset({"S001", "S002", "S003", "S004", "S005", "S006", "S007"})
"""Errors after which the tree doesn't have all that is in the file."""
_CHANGED: Final = (
    "formatting would change what this file says, so it was left as it is; please report this as a "
    "mistake of ackord"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatResult:
    """The result of formatting a schema file."""

    data: bytes | None
    """The formatted content; `None` if the file can't be formatted."""
    loaded: LoadResult
    """The file as it was; its problems say why the file can't be formatted."""
    note: str | None = None
    """Why the file was left as it is, where that isn't for one of its problems."""


def format_bytes(data: bytes, file: str) -> FormatResult:
    """Write the content of a schema file in the canonical style.

    Comments, the order of all parts, and single empty lines are kept. The contract and the problems
    of the file stay equal, which is checked. Line ends stay as the first line has them. A file that
    is written as JSON is left as it is.

    Args:
        data: The content of the file.
        file: The name of the file, from which relative paths in it count.
    """
    loaded = load_bytes(data, file)
    if any(one.code in _BROKEN and one.file == file for one in loaded.diagnostics):
        return FormatResult(data=None, loaded=loaded)
    text = loaded.sources[file]
    if text.lstrip()[:1] == "{":
        note = "this file is written as JSON, and was left as it is"
        return FormatResult(data=data, loaded=loaded, note=note)
    source = Source(file, text)
    root = read_yaml(source, Reporter())
    if not isinstance(root, Mapping) or not root.entries:
        return FormatResult(data=data, loaded=loaded)
    expressions = Expressions(_places(loaded.document, file))
    try:
        formatted = Printer(source, root, expressions).print()
    except IncompleteTreeError:
        return FormatResult(data=None, loaded=loaded, note=_CHANGED)
    end = "\r\n" if data.partition(b"\n")[0].endswith(b"\r") else "\n"
    result = formatted.replace("\n", end).encode()
    if result != data and not _is_equal(loaded, root, expressions, result, file):
        return FormatResult(data=None, loaded=loaded, note=_CHANGED)
    return FormatResult(data=result, loaded=loaded)


def _is_equal(
    before: LoadResult, root: Node, expressions: Expressions, data: bytes, file: str
) -> bool:
    """Return whether the formatted content means the same as the file, also if there are errors."""
    after = load_bytes(data, file)
    new_expressions = Expressions(_places(after.document, file))
    new_root = read_yaml(Source(file, after.sources[file]), Reporter())
    return (
        before.contract == after.contract
        and _problems(before) == _problems(after)
        and new_root is not None
        and _outline(root, expressions) == _outline(new_root, new_expressions)
    )


def _problems(result: LoadResult) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in result.diagnostics]


def _outline(node: Node, expressions: Expressions) -> object:
    """Return all that a tree says, without places, quotes, and spaces in type expressions."""
    match node:
        case Mapping():
            return [(entry.key.text, _outline(entry.value, expressions)) for entry in node]
        case Sequence():
            return [_outline(item, expressions) for item in node.items]
        case Scalar():
            text = write_expression(node.text) if node in expressions else node.text
            # A file may end without a line end.
            return node.kind, text.rstrip("\n") if node.style in BLOCK_STYLES else text


def _places(part: object, file: str) -> Iterator[Place]:
    """Return the places of all type expressions in a part of a document."""
    if isinstance(part, Expression):
        if part.place.file == file:
            yield part.place
    elif isinstance(part, tuple):
        for item in cast("tuple[object, ...]", part):
            yield from _places(item, file)
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from _places(getattr(part, field.name), file)
