"""Where the cursor is in a schema file, found line by line, because the file may be broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

ITEM: Final = "[]"
"""The step of a path into a list."""

_KEY: Final = re.compile(
    r"""(?P<indent>[ ]*)(?P<dashes>(?:-[ ]+)*)
    (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>[^\s"'\#{}\[\],&*!|>%@`-][^:\#]*|-[^\s:\#][^:\#]*))
    [ ]*:(?=\s|$)""",
    re.VERBOSE,
)
_WORD: Final = re.compile(r"[A-Za-z_][\w.]*$")
_TOKEN: Final = re.compile(r"""["'][^"']*["']|[{}\[\]]|(?P<key>[\w.-]+)(?=:\s)""")
_REST: Final = re.compile(r"[\w.]*")


@dataclass(frozen=True, slots=True)
class Context:
    """What stands at a place of a schema file."""

    path: tuple[str, ...]
    """The keys above, from the top; `ITEM` for a list. For a value, its key is the last."""
    is_key: bool
    """Whether a key stands here, or may be written here."""
    word: str
    """The name at the cursor, whole."""
    prefix: str
    """The part of it before the cursor."""
    siblings: frozenset[str]
    """The other keys of the mapping, as far as they can be seen."""


@dataclass(frozen=True, slots=True)
class _Line:
    indent: int
    """Where the key begins, after dashes."""
    dashes: int
    key: str
    rest: int
    """Where the value begins."""


def find_context(text: str, line: int, column: int) -> Context:
    """Describe the place of the cursor."""
    lines = text.split("\n")
    current = lines[line - 1] if line <= len(lines) else ""
    before = current[: column - 1]
    prefix = found[0] if (found := _WORD.search(before)) else ""
    after = _REST.match(current, len(before))
    word = prefix + (after[0] if after else "")
    own = _read(current)
    if own is not None and len(before) >= own.rest:
        above = (*_above(lines, line - 1, own.indent), *[ITEM] * own.dashes, own.key)
        path, is_key, siblings = _flow(before[own.rest :], above)
        return Context(path, is_key, word, prefix, siblings | _keys_after(current[len(before) :]))
    dashes = re.match(r" *((?:- +)*)", before)
    depth = dashes[1].count("-") if dashes else 0
    indent = len(dashes[0]) if dashes else 0
    above = (*_above(lines, line - 1, indent), *[ITEM] * depth)
    if own is None and before.strip("- ")[:1] in {"{", "["}:
        path, is_key, siblings = _flow(before[indent:], above)
        return Context(path, is_key, word, prefix, siblings | _keys_after(current[len(before) :]))
    return Context(above, True, word, prefix, _siblings(lines, line - 1, indent))


def _read(line: str) -> _Line | None:
    found = _KEY.match(line)
    if found is None:
        return None
    key = next(each for each in found.group("double", "single", "plain") if each is not None)
    before = len(found["indent"]) + len(found["dashes"])
    return _Line(before, found["dashes"].count("-"), key.strip(), found.end())


def _above(lines: Sequence[str], number: int, indent: int) -> tuple[str, ...]:
    """Return the keys of the mappings around a line whose content begins at `indent`."""
    path: list[str] = []
    for other in range(number - 1, -1, -1):
        found = _read(lines[other])
        if found is None or found.indent >= indent:
            continue
        outer = found.indent - 2 * found.dashes
        path[:0] = [*[ITEM] * found.dashes, found.key]
        indent = max(outer, 0) if found.dashes else found.indent
        if found.indent == 0 or indent == 0:
            break
    return tuple(path)


def _siblings(lines: Sequence[str], number: int, indent: int) -> frozenset[str]:
    keys: set[str] = set()
    for numbers in (range(number - 1, -1, -1), range(number + 1, len(lines))):
        for other in numbers:
            found = _read(lines[other])
            if found is None:
                continue
            if found.indent < indent:
                break
            if found.indent == indent:
                keys.add(found.key)
                if found.dashes and numbers.step < 0:
                    break
    return frozenset(keys)


def _flow(before: str, path: tuple[str, ...]) -> tuple[tuple[str, ...], bool, frozenset[str]]:
    """Follow braces and brackets up to the cursor, from a value that begins here."""
    # Of each mapping or list that is open: the path to it, and the keys before.
    stack: list[tuple[tuple[str, ...], set[str] | None]] = []
    start = 0
    here, is_key = path, False
    quote = ""
    for index, character in enumerate(before):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "{[" and not (character == "[" and before[start:index].strip()):
            inside: set[str] | None = set() if character == "{" else None
            stack.append((here, inside))
            here, is_key = (here, True) if character == "{" else ((*here, ITEM), False)
            start = index + 1
        elif character == ":" and stack and stack[-1][1] is not None and is_key:
            outer, keys = stack[-1]
            key = before[start:index].strip(" \"'")
            if keys is not None:
                keys.add(key)
            here, is_key = (*outer, key), False
            start = index + 1
        elif character == "," and stack:
            outer, keys = stack[-1]
            here, is_key = (outer, True) if keys is not None else ((*outer, ITEM), False)
            start = index + 1
        elif character in "}]" and stack and (character == "}") == (stack[-1][1] is not None):
            here, _ = stack.pop()
            is_key = False
            start = index + 1
    keys = stack[-1][1] if stack else None
    return here, is_key, frozenset(keys or ())


def _keys_after(after: str) -> frozenset[str]:
    """Return the keys of the mapping in braces whose rest this is."""
    keys: set[str] = set()
    depth = 0
    for found in _TOKEN.finditer(after):
        depth += found[0] in {"{", "["}
        depth -= found[0] in {"}", "]"}
        if depth < 0:
            break
        if depth == 0 and found["key"]:
            keys.add(found["key"])
    return frozenset(keys)
