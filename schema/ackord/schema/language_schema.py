"""The JSON Schema of the language, for editors: completion, hover and a first check of the shape.

Everything that the loader accepts, the JSON Schema accepts. It knows the keys of each place and the
kinds of their values, and neither names nor type expressions: those only the loader checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias, get_args

from ackord.schema.diagnostics.rules import RULES, WARNINGS
from ackord.schema.document.namespaces import DIRECTIONS
from ackord.schema.document.reader import LANGUAGE_VERSION, RESERVED
from ackord.schema.document.types import FORMS
from ackord.schema.model import AckStyle

Schema: TypeAlias = dict[str, Any]
Keys: TypeAlias = dict[str, tuple[str, Schema]]
"""The description and the JSON Schema of each key."""

_TEXT: Final[Schema] = {"type": "string"}
_FLAG: Final[Schema] = {"type": "boolean"}
_NUMBER: Final[Schema] = {"type": ["number", "string"]}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_TYPE: Final[Schema] = _TEXT | {"$comment": "types"}
"""A type expression; comments say to `ackord.schema.editor` which names may stand here."""
_NAMES: Final[Schema] = {
    "type": ["array", "null"],
    "items": {"type": "string"},
    "uniqueItems": True,
}
_VERSION: Final[Schema] = {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"}


def _names_of(kind: str) -> Schema:
    return _NAMES | {"items": {"type": "string", "$comment": kind}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _map_of(name: str) -> Schema:
    """A mapping from names; an empty value is an empty mapping."""
    return {"type": ["object", "null"], "additionalProperties": _ref(name)}


def _lists_of(keys: Iterable[str]) -> Schema:
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": dict.fromkeys(keys, _NAMES),
    }


_IGNORE: Final = (
    "Warnings that aren't reported here, by code, each with the reason.",
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            code: {"description": RULES[code].title, "type": "string", "pattern": r"\S"}
            for code in WARNINGS
        },
    },
)
KEYS: Final[Mapping[str, Keys]] = MappingProxyType(
    {
        "document": {
            "ackord": ("The version of the language.", {"const": LANGUAGE_VERSION}),
            "name": ("The contract's name, in snake_case. Imported files need none.", _TEXT),
            "version": ("The contract's version. Imported files need none.", _VERSION),
            "doc": ("What the contract is about.", _TEXT),
            "acks": (
                (
                    'How success travels in all events: the value itself (bare), or {"ok": value} '
                    "(result). bare unless given."
                ),
                {"enum": list(get_args(AckStyle))},
            ),
            "names": (
                (
                    "How names of fields and events travel: as they are written, or user_id as "
                    "userId. as_written unless given."
                ),
                {"enum": ["as_written", "camelCase"]},
            ),
            "ignore": _IGNORE,
            "import": (
                "Other files: the types of common.yaml become common.User.",
                {"type": ["array", "null"], "items": _ref("import")},
            ),
            "reserved": ("Names that were removed and don't come back.", _lists_of(RESERVED)),
            "types": ("Named types.", _map_of("declaration")),
            "errors": (
                "Errors that an acknowledgement or a refused connection may have.",
                _map_of("error"),
            ),
            "rooms": ("Families of rooms.", _map_of("room")),
            "namespaces": ("The namespaces and their events, by path.", _map_of("namespace")),
        },
        "docs": {
            "doc": ("A text that becomes a docstring.", _TEXT),
            "deprecated": ("Why not to use it any more, and what to use instead.", _TEXT),
            "since": ("The version of the contract that brought it.", _VERSION),
            "ignore": _IGNORE,
        },
        "constraints": {
            "pattern": (
                "A regular expression that is searched for, so use ^ and $ for all of the text.",
                _TEXT,
            ),
            "ge": ("The least value.", _NUMBER),
            "gt": ("All values are greater than this.", _NUMBER),
            "le": ("The greatest value.", _NUMBER),
            "lt": ("All values are less than this.", _NUMBER),
            "multiple_of": ("All values are multiples of this.", _NUMBER),
            "max_digits": ("Digits in all; zeros at the end of a fraction don't count.", _COUNT),
            "decimal_places": ("Digits after the point; zeros at the end don't count.", _COUNT),
            "min_length": ("The fewest characters or bytes.", _COUNT),
            "max_length": ("The most characters or bytes.", _COUNT),
            "min_items": ("The fewest items.", _COUNT),
            "max_items": ("The most items.", _COUNT),
        },
        "parts": {
            "items": (
                "The type of a list's items; of a tuple, a list of types.",
                {"anyOf": [_ref("type"), {"type": "array", "items": _ref("type"), "minItems": 1}]},
            ),
            "keys": ("The type of a map's keys.", _ref("type")),
            "values": ("The type of a map's values.", _ref("type")),
        },
        "type": {
            "type": ("A type expression, such as list[str]?.", _TYPE),
            "fields": ("The fields of a record.", _map_of("field")),
            "reserved": ("Names of fields that were removed.", _NAMES),
        },
        "field": {"name": ("The name in generated code; the key is the one on the wire.", _TEXT)},
        "declaration": {
            "newtype": ("A distinct name for a scalar.", _TYPE),
            "enum": (
                "The members of a set of texts.",
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {"anyOf": [{"type": "string"}, _ref("member")]},
                },
            ),
            "union": ("The members of a union.", {"type": "array", "minItems": 1, "items": _TYPE}),
            "python": (
                "A class, or anything else, that pydantic validates: app.models.User.",
                _TEXT,
            ),
            "open": (
                "Whether readers accept members that they don't know; false unless given.",
                _FLAG,
            ),
            "tag": ("The field that tells the members apart.", _TEXT),
            "tag_name": ("The tag's name in generated code.", _TEXT),
            "tag_value": ("The value of the tag; the name in snake_case unless given.", _TEXT),
        },
        "member": {
            "value": ("The text on the wire.", _TEXT),
            "name": ("The name in generated code.", _TEXT),
        },
        "import": {"as": ("The name in place of the file's.", _TEXT)},
        "error": {
            "name": ("The name in generated code; the key is the code then.", _TEXT),
            "code": (
                "What tells the error apart on the wire; the name in snake_case unless given.",
                _TEXT,
            ),
            "fields": ("What the error says.", _map_of("field")),
            "reserved": ("Names of fields that were removed.", _NAMES),
        },
        "room": {
            "name": ("The room's name on the server, with each parameter as {name}.", _TEXT),
            "params": ("The parameters in the name.", _map_of("field")),
        },
        "namespace": {
            "name": (
                (
                    "The name in generated code; from the path unless given, and the contract's "
                    "name for /."
                ),
                _TEXT,
            ),
            "params": (
                (
                    "The parameters in the path of a dynamic namespace, of the types that "
                    "parameters of rooms have."
                ),
                _map_of("field"),
            ),
            "auth": (
                (
                    "A record: what a client sends when it connects. With `expires: true` beside "
                    "the type or its fields, clients renew it."
                ),
                _ref("auth"),
            ),
            "session": (
                "A record: the server's data for each connection (ctx.data).",
                _ref("type"),
            ),
            "connect_errors": (
                "Errors with which a connection may be refused.",
                _names_of("errors"),
            ),
            "error_replies": (
                (
                    "false: wrong requests aren't answered, as with plain Socket.IO. true unless "
                    "given."
                ),
                _FLAG,
            ),
            "rate": (
                (
                    "How often one client may send: all events together that have no rate of their "
                    "own."
                ),
                _ref("rate"),
            ),
            "acks": (
                "How success travels in all events of the namespace.",
                {"enum": list(get_args(AckStyle))},
            ),
            "client_to_server": ("Events that clients send.", _map_of("event")),
            "server_to_client": ("Events that the server sends.", _map_of("event")),
            "server_to_server": (
                "Events that a server sends to the others of its cluster, which may answer.",
                _map_of("event"),
            ),
            "reserved": ("Names of events that were removed.", _lists_of(DIRECTIONS)),
        },
        "auth": {
            "expires": (
                (
                    "Whether the server may say when the authentication ends, and clients renew "
                    "it; false unless given."
                ),
                _FLAG,
            ),
        },
        "event": {
            "name": (
                (
                    "The snake_case name in generated code; needed where none can be made from the"
                    " key, which is the name on the wire."
                ),
                _TEXT,
            ),
            "args": (
                (
                    "The arguments, in the order in which they travel; those that may be absent "
                    "come last."
                ),
                _map_of("field"),
            ),
            "ack": (
                (
                    "What is answered: a type, several arguments (args), or null for an answer "
                    "without a value. Without ack and errors there is no acknowledgement."
                ),
                _ref("ack"),
            ),
            "errors": (
                "Errors that may be answered; without ack, success has no value.",
                _names_of("errors"),
            ),
            "timeout": ("How long to wait for the answer: 500ms, 5s, 2m.", _TEXT),
            "acks": ("How success travels.", {"enum": list(get_args(AckStyle))}),
            "rooms": (
                "The rooms that a server may send the event to; under server_to_client only.",
                _names_of("rooms"),
            ),
            "concurrent": (
                (
                    "Whether it may be handled while an earlier event of the client still is; "
                    "false unless given."
                ),
                _FLAG,
            ),
            "rate": (
                "How often one client may send it; under client_to_server only.",
                _ref("rate"),
            ),
        },
        "rate": {
            "per_second": (
                "How many events a client may send each second, in the long run.",
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000},
            ),
            "burst": (
                (
                    "How many it may send at once after a while without any; per_second, rounded "
                    "up, unless given."
                ),
                {"type": "integer", "minimum": 1, "maximum": 1_000_000},
            ),
        },
    }
)
"""What each key says and may be, by the place where it stands."""


def json_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a schema file."""
    docs = KEYS["docs"]
    limited = {"type": KEYS["type"]["type"], **KEYS["constraints"], **KEYS["parts"], **docs}
    record = {key: KEYS["type"][key] for key in ("fields", "reserved")} | docs
    field = KEYS["field"]
    named_import = _object(KEYS["import"], required=["as"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A contract of Ackord",
        **_object(KEYS["document"], required=["ackord"]),
        "$defs": {
            "type": _one_of(
                _TYPE, _object(limited) | {"minProperties": 1}, _object(record, required=["fields"])
            ),
            "field": _one_of(
                _TYPE,
                _object(limited | field) | {"minProperties": 1},
                _object(record | field, required=["fields"]),
            ),
            "auth": _one_of(
                _TYPE,
                _object(limited | KEYS["auth"]) | {"minProperties": 1},
                _object(record | KEYS["auth"], required=["fields"]),
            ),
            "ack": _one_of(
                {"type": "null"},
                _object({"args": KEYS["event"]["args"]}, required=["args"]),
                _ref("type"),
            ),
            "declaration": _one_of(_TYPE, *(_declaration(form, docs) for form in FORMS)),
            "member": _object(KEYS["member"] | docs, required=["value"]),
            "import": _one_of(
                _TEXT,
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": named_import,
                },
            ),
            "error": _object(KEYS["error"] | docs, may_be_empty=True),
            "room": _object(KEYS["room"] | docs, required=["name"]),
            "namespace": _object(KEYS["namespace"] | docs, may_be_empty=True),
            "event": _object(KEYS["event"] | docs, may_be_empty=True),
            "rate": _object(KEYS["rate"], required=["per_second"]),
        },
    }


def _declaration(form: str, docs: Keys) -> Schema:
    known = KEYS["declaration"] | KEYS["type"] | KEYS["constraints"] | KEYS["parts"]
    keys = {key: known[key] for key in (form, *FORMS[form].keys)}
    return _object(keys | docs, required=[form])


def _object(keys: Keys, *, required: Iterable[str] = (), may_be_empty: bool = False) -> Schema:
    return {
        "type": ["object", "null"] if may_be_empty else "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {
            key: {"description": description, **schema}
            for key, (description, schema) in keys.items()
        },
    }


def _one_of(*choices: Schema) -> Schema:
    return {"anyOf": list(choices)}
