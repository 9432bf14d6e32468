"""The codes of all diagnostics, each with the rule that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Files and YAML
        "S001": "The schema file can be opened and read.",
        "S002": "A schema file has at most one million bytes.",
        "S003": "A schema file is text in UTF-8.",
        "S004": "A schema file is valid YAML 1.2.",
        "S005": "A mapping has each key once.",
        "S006": "Anchors, aliases, tags, merge keys, directives and several documents in one file aren't part of the language.",
        "S007": "A schema file is nested at most 50 levels deep.",
        # The shape of the document
        "S010": "Each place takes the kind of YAML value that the language says: text, number, true or false, list or mapping.",
        "S011": "Only known keys are used.",
        "S012": "Required keys are present.",
        "S013": "The version of the language, `ackord:`, is one that this release reads.",
        "S014": "The contract's `version` is three numbers.",
        "S015": "Imports aren't supported by this release.",
        "S016": "A setting has one of the values that it may have.",
        "S017": "Names have the form that their kind of name must have.",
        "S018": "Names that end up in the same place of the generated code differ there too.",
        "S019": "A list of names holds each name once.",
        # Types
        "S020": "A type expression follows the grammar.",
        "S021": "A type that is used is built in or declared under `types:`.",
        "S022": "Where a type stands, it is an expression, `type:` or `fields:`, never a bare mapping of names.",
        "S023": "A type declaration has exactly one of `newtype`, `enum`, `fields`, `union`, `type` and `python`.",
        "S024": "`?` and defaults stand only on fields and arguments.",
        "S025": "A constraint stands on a type that it can limit.",
        "S026": "Constraints leave room for a value.",
        "S027": "A pattern is a regular expression without look-around and back-references, as Rust's regex crate takes it.",
        "S028": "The base of a newtype is a built-in scalar other than `json`.",
        "S029": "An enum has members, each of them non-empty and listed once.",
        "S030": "A literal type lists each value once.",
        "S031": "A default value is a value of its type.",
        "S032": "The members of a tagged union are records.",
        "S033": "A member of a tagged union has no field named like the tag.",
        "S034": "The members of a tagged union have different tag values.",
        "S035": "The members of an untagged union differ in their JSON kind and in their Python type.",
        "S036": "A type alias refers neither to itself nor through more than ten other aliases to its type.",
        "S037": "A record doesn't require itself without end, and a default doesn't contain itself.",
        "S038": "A `python:` type can be imported and has a JSON Schema.",
        "S039": "`tag_value` stands only on members of a tagged union, all of whose unions have the same tag.",
        # Errors and rooms
        "S040": "An error code is snake_case and isn't one of the reserved codes.",
        "S041": "Errors have different codes.",
        "S042": "An error that is used is declared under `errors:`.",
        "S043": "A room's name uses each of its parameters once, with text between them.",
        "S044": "A parameter of a room or a namespace is text, an integer, a date or a UUID, and no two of its values are the same text.",
        "S045": "Rooms can't get the same name.",
        "S046": "A room that is used is declared under `rooms:`.",
        "S047": "Only events from server to client go to rooms.",
        # Namespaces and events
        "S050": "A namespace's path starts with a slash and consists of plain segments and `{param}`s.",
        "S051": "The parameters in a namespace's path are declared under its `params`, and the other way round.",
        "S052": "`auth` and `session` are records or Python types.",
        "S053": "An event isn't named like an event of Socket.IO itself, neither on the wire nor in generated code.",
        "S054": "An event's name is 1 to 128 printable characters and not a number.",
        "S055": "Arguments that may be absent stand after those that may not.",
        "S056": "`timeout` and `acks` stand only on events that have an acknowledgement.",
        "S058": "Of an event's arguments, only the last may be absent if null is one of its values.",
        "S060": "An acknowledgement that could be an object with the key `error` travels as `acks: result`.",
        # Warnings
        "S061": "A list or a map that holds attachments says with `max_items` how many items it has at most.",
        "S062": "A union whose values hold values of the same union is tagged: others are read once for each level above them.",
        "S063": "What clients send has limits: `max_length` on text and bytes, `max_items` on lists and maps.",
    }
)
"""Each code and its rule, as one sentence."""

WARNINGS: Final = ("S061", "S062", "S063")
"""The codes of warnings, which a schema may list under ``ignore:``."""
