"""Bounds on the JSON text of a packet, checked before the text is parsed.

A parser makes an object of each list, object, string and number: a megabyte of ``[]`` becomes
thirty megabytes, and takes thirty times as long as a megabyte of text. So lists, objects, levels,
values and digits are counted on the text first, and texts with too many are never parsed.

Only functions of `str` and `bytes` look at all characters, so that a megabyte takes one or two
milliseconds. A short text isn't looked at: its length bounds what it can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_DEPTH: Final = 100
"""Levels of lists and objects in an argument."""
MAX_CONTAINERS: Final = 15_000
"""Lists and objects in one packet, its array of arguments included."""
MAX_VALUES: Final = 220_000
"""Items of lists and members of objects in one packet. The time for validation grows with their
number, not with their size.
"""
MAX_DIGITS: Final = 4300
"""Digits of one number; pydantic's parser has the same bound."""

_OUTSIDE_SKELETON: Final = bytes(code for code in range(256) if code not in b'[]{}"')
_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")

_DEEPEST: Final = 256
"""Levels that are counted: no parser reads as many."""

_PER_LIST: Final = 96
_PER_OBJECT: Final = 400
_PER_QUOTE: Final = 48
_PER_COMMA: Final = 48

SHORT: Final = 200
"""Characters of a text that needn't be looked at."""
PER_CHARACTER: Final = 70
"""Bytes of Python objects that each character of a `SHORT` text may become, estimated high."""


@dataclass(frozen=True, slots=True)
class Complexity:
    """The bounds on the JSON text of one packet."""

    depth: int = MAX_DEPTH
    """Levels of lists and objects within the packet's own array or object."""
    containers: int = MAX_CONTAINERS
    """Lists and objects, the packet's own included."""
    digits: int = MAX_DIGITS
    """Digits of one number in a row."""
    values: int = MAX_VALUES
    """Items of lists and members of objects, those of the packet's own array included."""

    @property
    def short(self) -> int:
        """How many characters a text may have that can't hold more than allowed."""
        return min(2 * self.depth + 3, 2 * self.containers + 1, self.digits, self.values, SHORT)

    def excess(self, text: str) -> str | None:
        """Return the bound that a text exceeds, in words; `None` if it exceeds none.

        For JSON the counts of lists and objects, levels and digits are exact: strings aren't
        searched. Values are counted by the commas between them, so a text may have as many values
        more as it has lists and objects. A text that is no JSON is left to the parser.
        """
        opened = text.count("[") + text.count("{")
        if opened > self.depth + 1 or opened > self.containers:
            skeleton = _skeleton(text)
            if skeleton.count(b"[") > self.containers:
                return f"more than {self.containers} lists and objects"
            if _is_deeper(skeleton, self.depth + 1):
                return f"more than {self.depth} levels of lists and objects"
        # Between two items, or members, stands one comma.
        if text.count(",") >= self.values and _outside_strings(text).count(b",") >= self.values:
            return f"more than {self.values} values"
        if len(text) > self.digits and self._has_long_number(text):
            return f"a number of more than {self.digits} digits"
        return None

    def _has_long_number(self, text: str) -> bool:
        zeros = b"0" * (self.digits + 1)
        if zeros not in text.encode(errors="replace").translate(_ZEROS):
            return False
        return zeros in _outside_strings(text).translate(_ZEROS)


def nesting(text: str) -> int:
    """Return the number of lists and objects times the depth: an upper bound of the sum of their
    depths.
    """
    skeleton = _skeleton(text)
    count = skeleton.count(b"[")
    depth = 0
    while skeleton and depth < _DEEPEST:
        shorter = skeleton.replace(b"[]", b"")
        if len(shorter) == len(skeleton):
            break
        skeleton = shorter
        depth += 1
    return count * depth


def weigh(text: str) -> int:
    """Estimate, rather too high than too low, the bytes of the Python objects that a JSON text
    becomes, typed or not.

    Characters within strings count, too: the text isn't parsed, some characters of it are counted.
    """
    count = text.count
    return (
        (len(text) if text.isascii() else 4 * len(text))
        + _PER_LIST * count("[")
        + _PER_OBJECT * count("{")
        + _PER_QUOTE * count('"')
        + _PER_COMMA * count(",")
    )


def _skeleton(text: str) -> bytes:
    """Return the brackets of a text that stand outside of strings, all of them square."""
    # Lone surrogates can't be encoded; they don't matter here.
    marks = _without_escapes(text.encode(errors="replace")).translate(_SQUARE, _OUTSIDE_SKELETON)
    # A string without brackets is two quotes now. Whichever two are taken away, all others still
    # stand where a string begins or ends.
    marks = marks.replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2]) if b'"' in marks else marks


def _outside_strings(text: str) -> bytes:
    """Return what stands outside of strings, with a quote in the place of each."""
    return b'"'.join(_without_escapes(text.encode(errors="replace")).split(b'"')[::2])


def _without_escapes(data: bytes) -> bytes:
    r"""Leave out the escapes ``\\`` and ``\"``, so that each quote that is left begins or ends a
    string.
    """
    if b"\\" not in data:
        return data
    return data.replace(b"\\\\", b"").replace(b'\\"', b"")


def _is_deeper(skeleton: bytes, depth: int) -> bool:
    """Tell whether brackets are nested more deeply: each round takes the innermost ones away."""
    for _ in range(depth):
        shorter = skeleton.replace(b"[]", b"")
        if len(shorter) == len(skeleton):
            return False  # nothing is left, or brackets that don't match
        skeleton = shorter
    return b"[]" in skeleton
