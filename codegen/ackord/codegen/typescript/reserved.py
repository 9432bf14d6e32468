"""Names that are reserved in generated TypeScript."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ackord.codegen.target import NameKind

KEYWORDS: Final = frozenset(
    {
        "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger",
        "default", "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally",
        "for", "function", "if", "implements", "import", "in", "instanceof", "interface", "let",
        "new", "null", "package", "private", "protected", "public", "return", "static", "super",
        "switch", "this", "throw", "true", "try", "typeof", "undefined", "var", "void", "while",
        "with", "yield",
    }
)  # fmt: skip
"""Words that are no names in modules."""

GLOBALS: Final = frozenset(
    {"Array", "AsyncIterableIterator", "Date", "Error", "Object", "Promise", "Uint8Array"}
)
"""Types of JavaScript that generated code uses, so that no type of a contract has their name."""

_OBJECT: Final = frozenset(
    {
        "__proto__", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString",
        "toString", "valueOf",
    }
)  # fmt: skip
"""Members of every object: an object without a method of that name seems to have one."""

CLIENT: Final = _OBJECT | frozenset(
    {
        "connect", "connected", "constructor", "disconnect", "endReason", "ends", "fail",
        "failures", "finish", "handlers", "heardEvents", "invalidListeners", "onConnect",
        "onConnectError", "onDisconnect", "onInvalid", "readRefusal", "reconnects", "refusal",
        "refusals", "retries", "socket", "then",
    }
)  # fmt: skip
"""Members of clients. A class with a method ``then`` can't be the value of a promise."""

MOCK: Final = _OBJECT | frozenset(
    {
        "ask", "client", "connect", "constructor", "disconnect", "emit", "events", "handlers",
        "made", "received", "reconnect", "refusal", "sockets", "take", "then",
    }
)  # fmt: skip
"""Members of mock servers."""

PARAMETERS: Final = frozenset(
    {
        "contract", "converters", "handler", "listener", "make", "options", "schemas", "socket",
        "url", "v", "wire",
    }
)  # fmt: skip
"""Names that methods of clients use themselves."""

NAMES: Final[Mapping[NameKind, frozenset[str]]] = MappingProxyType(
    {"argument": KEYWORDS | PARAMETERS}
)
"""Reserved names by kind, as they are in contracts."""
