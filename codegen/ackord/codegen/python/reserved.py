"""Names that are reserved in generated code, because its base classes use them.

The generator doesn't import the runtime; a test compares these tables with the real classes.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ackord.codegen.python.names import MODULES
from ackord.codegen.target import NameKind

MODEL: Final = frozenset(
    {
        "construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw",
        "schema", "schema_json", "update_forward_refs", "validate", "model_config",
        "model_computed_fields", "model_construct", "model_copy", "model_dump", "model_dump_json",
        "model_extra", "model_fields", "model_fields_set", "model_json_schema",
        "model_parametrized_name", "model_post_init", "model_rebuild", "model_validate",
        "model_validate_json", "model_validate_strings", "unwrap",
    }
)  # fmt: skip
"""Attributes of pydantic's models, deprecated ones included, and of the runtime's."""

ROOM: Final = frozenset({"name"})
"""Attributes of rooms."""

PARAMS: Final = frozenset({"parse", "path", "template"})
"""Attributes of the parameters of dynamic namespaces."""

TUPLE: Final = frozenset({"count", "index"})
"""Attributes of tuples."""

EMITTER: Final = frozenset({"except_", "gather", "local", "publish", "volatile"})
"""Attributes of emitters."""

CLIENT: Final = frozenset(
    {
        "active",
        "connect",
        "connected",
        "disconnect",
        "recovered",
        "server_contract",
        "sid",
        "socket",
    }
)
"""Attributes of clients."""

HOOKS: Final = frozenset(
    {"on_connect", "on_connect_error", "on_disconnect", "on_reconnect_attempt"}
)
"""Methods of clients that begin with ``on_``."""

NAMESPACE: Final = frozenset({"on_connect", "on_disconnect", "on_invalid", "on_start", "on_stop"})
"""Methods of namespaces that begin with ``on_``."""

_KEYWORDS: Final = frozenset(keyword.kwlist)
NAMES: Final[Mapping[NameKind, frozenset[str]]] = MappingProxyType(
    {
        "field": MODEL,
        "error_field": MODEL | {"code", "exception"},
        "room_parameter": ROOM,
        "namespace_parameter": PARAMS,
        "ack_argument": _KEYWORDS | MODULES | TUPLE,
        "argument": _KEYWORDS | MODULES | {"self", "cls", "ctx", "timeout"},
        "sent": EMITTER | CLIENT,
        "received": NAMESPACE | HOOKS,
    }
)
"""Reserved names by kind; `ackord lint` warns of arguments that have one. Names of the other kinds
may be no keywords either.
"""
