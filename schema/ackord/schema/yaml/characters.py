"""Characters that a schema file can't have, and those that YAML 1.1 and 1.2 see differently."""

from __future__ import annotations

import re
from typing import Final

from ackord.schema.diagnostics.gaps import Gap
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Source

_FORBIDDEN: Final = (
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What YAML 1.2 doesn't have (section 5.1), and the byte order mark within the text."""
_FORBIDDEN_ASCII: Final = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_LINE_ENDS_OF_YAML_1_1: Final = "\x85\u2028\u2029"
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_MAX_REPORTED: Final = 20
_DIRECTIVE: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*(%[^\n]*)")
"""The first line of a file that begins with a percent sign, after comments only."""


def clean(source: Source, report: Reporter) -> str:
    """Return the text without the characters and directives that a schema file can't have, which
    are reported; it has the same length, and line feeds as its only line ends.
    """
    text = source.text
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    forbidden = re.compile(_FORBIDDEN_ASCII if text.isascii() else _FORBIDDEN)
    for count, match in enumerate(forbidden.finditer(text)):
        if count < _MAX_REPORTED:
            _report_character(match[0], match.start(), source, report)
    text = forbidden.sub(_REPLACEMENT, text)
    while (directive := _DIRECTIVE.match(text)) is not None:
        start, end = directive.span(1)
        report.add(
            "S006",
            source.place(start, end),
            "directives aren't part of the language",
            hint="remove the lines that start with %",
        )
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _report_character(character: str, offset: int, source: Source, report: Reporter) -> None:
    what = f"the character U+{ord(character):04X} isn't allowed in YAML"
    if character == "\ufeff":
        what = "a byte order mark (U+FEFF) stands only at the very beginning of a file"
    report.add("S004", source.place(offset, offset + 1), what, hint="remove it")
    line_start = source.text.rfind("\n", 0, offset) + 1
    line_end = source.text.find("\n", offset) % (len(source.text) + 1)
    report.broken(Gap(place=source.place(line_start, line_end)))


def hide_line_ends(text: str) -> tuple[str, dict[int, str]]:
    """Replace characters that are line ends in YAML 1.1 only; also return how to restore them."""
    if text.isascii():
        return text, {}
    separators = [character for character in _LINE_ENDS_OF_YAML_1_1 if character in text]
    unused = (code for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    hidden = {ord(separator): next(unused) for separator in separators}
    return text.translate(hidden), {code: chr(separator) for separator, code in hidden.items()}
