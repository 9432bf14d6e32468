"""Spellings of other languages in type expressions, and what to write instead."""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "double": "float",
    "boolean": "bool",
    "binary": "bytes",
    "any": "json",
    "object": "json_object",
    "long": "int64",
    "uri": "url",
    "timestamp": "datetime",
    "timedelta": "duration",
    "none": "null",
    "text": "str",
    "char": "str",
    "varchar": "str",
    "int32": "int",
    "bigint": "int64",
    "float32": "float",
    "float64": "float",
    "blob": "bytes",
    "buffer": "bytes",
    "guid": "uuid",
    "date-time": "datetime",
    "interval": "duration",
    "unknown": "json",
    "ipv4": "ip",
    "ipv6": "ip",
    "ipaddress": "ip",
    "emailstr": "email",
}
"""Names of types in other languages, in lower case, and the built-in type to write instead."""
FORMS: Final = {
    "array": "list[T]",
    "set": "list[T]",
    "dict": "map[str, T]",
    "object": "map[str, T]",
    "record": "map[str, T]",
    "enum": '`enum: [a, b]` under `types:`, or literal["a", "b"]',
    "optional": "T?",
    "nullable": "T | null",
    "union": "A | B",
}
"""Names of generic types in other languages, in lower case, and the form to write instead."""
FORMATS: Final = {
    "phone": r"'^[+][0-9]{5,15}$'",
    "slug": r"'^[a-z0-9-]{1,64}$'",
    "hostname": r"'^[A-Za-z0-9.-]{1,253}$'",
}
"""Kinds of text that are types in other languages, and a pattern to begin with."""
