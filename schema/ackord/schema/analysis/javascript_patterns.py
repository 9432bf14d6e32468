r"""Which patterns mean the same to Rust's regex crate, which pydantic uses, and to JavaScript, with
its flag ``u``.

A pattern that Rust takes is read here by JavaScript's grammar (ECMA-262, section 22.2.1). What that
grammar doesn't know, or reads otherwise, is found. Two differences aren't, because nearly every
pattern has them and few texts show them: ``.`` also matches ``\r``, U+2028 and U+2029 in Rust, and
``\s`` also matches U+0085 and doesn't match U+FEFF.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_CATEGORIES: Final = (
    "C|Cc|Cf|Cn|Co|L|LC|Ll|Lm|Lo|Lt|Lu|M|Mc|Me|Mn|N|Nd|Nl|No|P|Pc|Pd|Pe|Pf|Pi|Po|Ps|S|Sc|Sk|Sm|So"
    "|Z|Zl|Zp|Zs|Other|Control|Format|Unassigned|Private_Use|Letter|Cased_Letter|Lowercase_Letter"
    "|Modifier_Letter|Other_Letter|Titlecase_Letter|Uppercase_Letter|Mark|Spacing_Mark"
    "|Enclosing_Mark|Nonspacing_Mark|Number|Decimal_Number|Letter_Number|Other_Number|Punctuation"
    "|Connector_Punctuation|Dash_Punctuation|Close_Punctuation|Final_Punctuation"
    "|Initial_Punctuation|Other_Punctuation|Open_Punctuation|Symbol|Currency_Symbol|Modifier_Symbol"
    "|Math_Symbol|Other_Symbol|Separator|Line_Separator|Paragraph_Separator|Space_Separator"
)
_PROPERTIES: Final = (
    "ASCII|ASCII_Hex_Digit|AHex|Alphabetic|Alpha|Any|Assigned|Case_Ignorable|CI|Cased|Dash"
    "|Default_Ignorable_Code_Point|DI|Diacritic|Dia|Emoji|Emoji_Component|EComp|Emoji_Modifier|EMod"
    "|Emoji_Modifier_Base|EBase|Emoji_Presentation|EPres|Extended_Pictographic|ExtPict|Extender|Ext"
    "|Hex_Digit|Hex|ID_Continue|IDC|ID_Start|IDS|Ideographic|Ideo|Lowercase|Lower|Math"
    "|Quotation_Mark|QMark|Regional_Indicator|RI|Uppercase|Upper|Variation_Selector|VS|White_Space"
    "|space|XID_Continue|XIDC|XID_Start|XIDS"
)
_CLASS_ESCAPE: Final = (
    r"\\[dDwWsS]|\\[pP]\{(?:(?:(?:gc|General_Category)=)?(?:"
    + _CATEGORIES
    + ")|"
    + _PROPERTIES
    # Scripts: Rust has checked that there is such a script, and JavaScript wants its capitals.
    + r"|(?:sc|scx|Script|Script_Extensions)=[A-Z][a-z]+(?:_[A-Z][a-z]+)*)\}"
)
_CHARACTER_ESCAPE: Final = (
    r"\\[tnvfr^$\\.*+?()\[\]{}|/]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]+\}"
)
_ATOM: Final = (
    rf"(?P<class>\[)|(?P<assertion>[\^$]|\\[bB](?!\{{))|(?P<open>\((?:\?:|\?<[A-Za-z_]\w*>|(?!\?)))"
    rf"|(?P<close>\))|(?P<bar>\|)|{_CLASS_ESCAPE}|{_CHARACTER_ESCAPE}|[^\\\[\](){{}}*+?|]"
)
_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??")
_ITEM: Final = rf"{_CLASS_ESCAPE}|{_CHARACTER_ESCAPE}|\\-|[^\\\[\]]"
_OPERATOR: Final = re.compile(r"&&|--|~~")
_PIECE: Final = re.compile(
    r"\[\[:\^?\w+:\]|\[:\^?\w+:\]|\(\?[^):>]*[):>]?|\\[pPxuUb]\{[^}]*\}|\\[pP].|\\.|\{[^}]*\}|.",
    re.DOTALL,
)
"""A part of a pattern, as messages show it."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile an expression at its first use: most contracts have no patterns to read."""
    return re.compile(pattern, re.ASCII)


def foreign_part(pattern: str) -> str | None:
    """Return the first part of a pattern that JavaScript reads otherwise or doesn't take; `None` if
    both read the pattern alike.
    """
    at = 0
    may_repeat = False
    while at < len(pattern):
        quantifier = _QUANTIFIER.match(pattern, at)
        if quantifier is not None:
            if not may_repeat:
                return quantifier[0]
            at, may_repeat = quantifier.end(), False
            continue
        atom = _compiled(_ATOM).match(pattern, at)
        if atom is None:
            return _piece(pattern, at)
        at = atom.end()
        may_repeat = atom.lastgroup in {None, "class", "close"}
        if atom.lastgroup == "class":
            end = _end_of_class(pattern, at)
            if isinstance(end, str):
                return end
            at = end
    return None


def _end_of_class(pattern: str, at: int) -> int | str:
    """Return the end of a class that begins before `at`, or what in it isn't the same."""
    if pattern.startswith("^", at):
        at += 1
    if pattern.startswith("]", at):
        return pattern[at - 1 : at + 1]  # a bracket in Rust, the end of the class in JavaScript
    while not pattern.startswith("]", at):
        operator = _OPERATOR.match(pattern, at)
        if operator is not None:
            return operator[0]
        item = _compiled(_ITEM).match(pattern, at)
        if item is None:
            return _piece(pattern, at)
        at = item.end()
        if pattern.startswith("-", at) and not pattern.startswith("-]", at):
            last = _compiled(_ITEM).match(pattern, at + 1)
            if pattern.startswith("--", at):
                return "--"
            if last is None:
                return _piece(pattern, at + 1)
            at = last.end()
    return at + 1


def _piece(pattern: str, at: int) -> str:
    found = _PIECE.match(pattern, at)
    return found[0] if found else pattern[at:]
