"""Writes TypeScript: literals, names of properties, comments, and lists in brackets."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

WIDTH: Final = 100
"""Columns of a line."""
_NARROWEST: Final = 40
"""The smallest width of a comment's text, at any indentation."""
_PROPERTY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def literal(value: Any) -> str:
    """Write a JSON value."""
    if isinstance(value, list):
        return f"[{', '.join(map(literal, cast('list[object]', value)))}]"
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value).items()
        return braces([f"{key(name)}: {literal(each)}" for name, each in entries])
    text = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def key(name: str) -> str:
    """Write the name of a property."""
    if name == "__proto__":
        return '["__proto__"]'  # without brackets it would set the prototype
    return name if _PROPERTY.fullmatch(name) else literal(name)


def index(name: str) -> str:
    """Write the access to a property."""
    return f".{name}" if _PROPERTY.fullmatch(name) else f"[{literal(name)}]"


def comment(doc: str | None, tags: Iterable[str] = (), indent: int = 0) -> str:
    """Write a JSDoc comment with the end of its line; nothing if there is nothing to say.

    Args:
        doc: The text, whose paragraphs are wrapped unless they are indented or fenced.
        tags: Lines that begin with ``@``.
        indent: The column of the comment.
    """
    margin = " " * indent
    room = max(WIDTH - indent - 3, _NARROWEST)
    lines = _wrapped(doc, room) if doc and doc.strip() else []
    marked = [line for tag in tags for line in _wrap(_visible(tag), room, "  ")]
    if lines and marked:
        lines.append("")
    lines += marked
    if not lines:
        return ""
    if len(lines) == 1 and len(lines[0]) + indent + len("/**  */") <= WIDTH:
        return f"{margin}/** {lines[0]} */\n"
    body = "".join(f"{margin} * {line}".rstrip() + "\n" for line in lines)
    return f"{margin}/**\n{body}{margin} */\n"


def bracketed(
    head: str,
    items: Sequence[str],
    tail: str,
    *,
    indent: int = 0,
    room: int = WIDTH,
    last: str = ",",
) -> str:
    """Write items between a head and a tail: in one line if it is short enough, else in a line
    each, with `last` after the last of them: type arguments, for one, can't end with a comma.
    """
    margin = " " * indent
    line = f"{margin}{head}{', '.join(items)}{tail}"
    if len(line) <= room or not items:
        return line
    listed = ",\n".join(f"{margin}  {each}" for each in items)
    return f"{margin}{head.rstrip()}\n{listed}{last}\n{margin}{tail.lstrip()}"


def braces(entries: Sequence[str]) -> str:
    """Write an object."""
    return f"{{ {', '.join(entries)} }}" if entries else "{}"


def joined(head: str, operands: Sequence[str], tail: str = ";") -> str:
    """Write a union after a head: in one line if it is short enough, else in a line each."""
    line = f"{head} {' | '.join(operands)}{tail}"
    if len(line) <= WIDTH or len(operands) == 1:
        return line
    return "\n".join((head, *(f"  | {each}" for each in operands))) + tail


def _wrapped(doc: str, room: int) -> list[str]:
    text = _visible(textwrap.dedent(doc.replace("\r\n", "\n").replace("\r", "\n")).strip())
    lines: list[str] = []
    is_fenced = False
    for line in text.split("\n"):
        is_fence = line.lstrip().startswith(("```", "~~~"))
        is_fenced ^= is_fence
        if is_fenced or is_fence or line.startswith("    ") or line.lstrip().startswith("|"):
            lines.append(line.rstrip())
        else:
            lines += _wrap(line.strip(), room, "")
    return lines


def _wrap(line: str, room: int, hanging: str) -> list[str]:
    if len(line) <= room:
        return [line]
    return textwrap.wrap(
        line, room, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def _visible(text: str) -> str:
    """Escape characters that would end the comment or be invisible."""
    shown = "".join(
        each if each == "\n" or each.isprintable() else _escaped(each)
        for each in text.expandtabs(4)
    )
    return shown.replace("*/", "*\\/")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"
