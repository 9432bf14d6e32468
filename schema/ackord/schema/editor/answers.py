"""Answers to an editor: what may be written here, what is this, where does it come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ackord.schema.diagnostics.diagnostic import Diagnostic
from ackord.schema.document.namespaces import DIRECTIONS
from ackord.schema.editor.context import Context, find_context
from ackord.schema.editor.declarations import Declared, declarations
from ackord.schema.editor.signatures import describe_declaration, describe_event
from ackord.schema.editor.words import (
    FORMS,
    SCALARS,
    describe_key,
    keys_at,
    kind_of_names,
    values_at,
)
from ackord.schema.load import LoadResult
from ackord.schema.source import Place, Range, Source

ProposalKind: TypeAlias = Literal["key", "value", "types", "errors", "rooms"]
_NEAREST: Final = re.compile(r"did you mean '([^']{1,200})'\?")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that may be written at the cursor."""

    label: str
    kind: ProposalKind
    text: str
    """What is written."""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that ends a problem."""

    title: str
    range: Range
    text: str
    """What is written in place of the range."""


def complete(result: LoadResult, file: str, text: str, line: int, column: int) -> list[Proposal]:
    """Return what may be written at the cursor."""
    context = find_context(text, line, column)
    keys = keys_at(context.path, context.siblings) if context.is_key else {}
    if keys:  # an item of a list may be no mapping
        return [Proposal(key, "key", f"{key}: ", doc) for key, doc in keys.items()]
    proposals = [Proposal(value, "value", value) for value in values_at(context.path)]
    kind = kind_of_names(context.path)
    if kind == "types":
        proposals += [
            Proposal(name, "types", name, f"{meaning}: {example}")
            for name, (meaning, example) in SCALARS.items()
        ]
        proposals += [Proposal(form, "types", form) for form in FORMS]
    proposals += [
        Proposal(found.name, _kind(found), found.name, found.doc or found.what)
        for found in declarations(result, file)
        if found.kind == kind
    ]
    return proposals


def hover(result: LoadResult, file: str, text: str, line: int, column: int) -> str | None:
    """Describe what stands at the cursor, in Markdown; `None` where there is nothing to say."""
    context = find_context(text, line, column)
    if context.is_key:
        described = describe_key(context.path, context.word)
        if described is not None:
            return f"`{context.word}`: {described}"
        named = _named_here(result, file, context, line, column)
        if named is not None:
            return named
    found = _find(result, file, context)
    if found is not None:
        return describe_declaration(result, found)
    if context.word in SCALARS and kind_of_names(context.path) == "types":
        meaning, example = SCALARS[context.word]
        return f"`{context.word}`: {meaning}\n\nOn the wire: `{example}`"
    return None


def definition(result: LoadResult, file: str, text: str, line: int, column: int) -> Place | None:
    """Return where the name at the cursor is declared, or the file that is imported there."""
    context = find_context(text, line, column)
    if context.path[:1] == ("import",):
        return _imported_file(result, file, line)
    found = _find(result, file, context)
    return None if found is None else found.place


def fixes(diagnostic: Diagnostic) -> list[Fix]:
    """Return changes that end a problem: the near name that was meant."""
    nearest = _NEAREST.search(diagnostic.hint or "")
    if nearest is None:
        return []
    return [Fix(f"Change to {nearest[1]!r}", diagnostic.range, nearest[1])]


def _kind(found: Declared) -> ProposalKind:
    return "types" if found.kind == "types" else "errors" if found.kind == "errors" else "rooms"


def _find(result: LoadResult, file: str, context: Context) -> Declared | None:
    kind = kind_of_names(context.path)
    return next(
        (
            found
            for found in declarations(result, file)
            if found.kind == kind and found.name == context.word
        ),
        None,
    )


def _named_here(
    result: LoadResult, file: str, context: Context, line: int, column: int
) -> str | None:
    """Describe the declaration or the event whose name is the key at the cursor."""
    if file not in result.files:
        return None
    if context.path[-1:] and context.path[-1] in DIRECTIONS:
        return describe_event(result, file, line, column)
    declared: Iterator[Declared] = (
        found
        for found in declarations(result, file)
        if found.place.file == file and _holds(found.place.range, line, column)
    )
    found = next(declared, None)
    return None if found is None else describe_declaration(result, found)


def _imported_file(result: LoadResult, file: str, line: int) -> Place | None:
    found = result.files.get(file)
    if found is None:
        return None
    for node in found.document.imports:
        target = found.imports.get(node.alias.text)
        if node.path.place.range.line == line and target is not None:
            return Source(target, "").place(0, 0)
    return None


def _holds(at: Range, line: int, column: int) -> bool:
    return (at.line, at.column) <= (line, column) <= (at.end_line, at.end_column)
