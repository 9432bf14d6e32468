"""Names that the base classes of generated code use themselves.

The generator knows the runtime as text only; a test compares these tables with the real classes.
"""

from __future__ import annotations

from typing import Final

MODEL: Final = frozenset(
    {
        "construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema", "schema_json",
        "update_forward_refs", "validate", "model_config", "model_computed_fields", "model_construct", "model_copy", "model_dump",
        "model_dump_json", "model_extra", "model_fields", "model_fields_set", "model_json_schema", "model_parametrized_name",
        "model_post_init", "model_rebuild", "model_validate", "model_validate_json", "model_validate_strings", "unwrap",
    }
)  # fmt: skip
"""Attributes of pydantic's models, deprecated ones included, and of ours."""

ERROR: Final = MODEL | {"code"}
"""Attributes of declared errors."""

ROOM: Final = frozenset({"name"})
"""Attributes of rooms."""

ENUM: Final = frozenset({"name", "value", "mro"})
"""Names that an enumeration's member can't have."""

PARAMS: Final = frozenset({"parse", "path", "template"})
"""Attributes of the parameters of dynamic namespaces."""

EMITTER: Final = frozenset({"except_", "gather", "local", "volatile"})
"""Attributes of emitters."""

CLIENT: Final = frozenset({"connect", "connected", "disconnect", "recovered", "sid", "socket"})
"""Attributes of clients."""

NAMESPACE: Final = frozenset({"on_connect", "on_disconnect", "on_invalid", "on_start", "on_stop"})
"""Methods of namespaces that begin like handlers."""
