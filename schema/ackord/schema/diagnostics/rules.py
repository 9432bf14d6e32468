"""The rules of the language: every problem that can be reported about a schema file.

Each diagnostic names a rule by its code. A code never changes its meaning and is never used for
another rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]
"""Errors keep a contract from being used, warnings don't."""
Category: TypeAlias = Literal["correctness", "limits", "portability", "unused"]
"""Why there is a rule: ``correctness``: the contract can't be understood or used; ``limits``: a
peer may send more than the other side should have to take; ``portability``: other languages read or
write it otherwise; ``unused``: a part of the file does nothing.
"""


class Rule(NamedTuple):
    """One rule."""

    code: str
    """``S`` and three digits."""
    title: str
    """The problem in a few words."""
    explanation: str
    """The rule as one sentence."""
    hint: str | None = None
    """What to do, unless a report has a more exact hint."""
    severity: Severity = "error"
    category: Category = "correctness"


_ALL: Final = (
    # Files and YAML
    Rule(
        "S001",
        "Unreadable file",
        "The schema file can be opened and read.",
        "check the path and the permissions of the file",
    ),
    Rule(
        "S002",
        "Large file",
        "A schema file has at most one million bytes.",
        "schema files are written by hand",
    ),
    Rule(
        "S003",
        "Not UTF-8",
        "A schema file is text in UTF-8.",
        "save the file as UTF-8",
    ),
    Rule("S004", "Invalid YAML or JSON", "A schema file is valid YAML 1.2, or valid JSON."),
    Rule(
        "S005",
        "Duplicate key",
        "A mapping has each key once.",
        "remove one of the two, or give it another name",
    ),
    Rule(
        "S006",
        "YAML feature outside the language",
        "Anchors, aliases, tags, merge keys, directives and several documents in one file aren't "
        "part of the language.",
        "use names, text, numbers, lists and mappings only",
    ),
    Rule(
        "S007",
        "Deep nesting",
        "A schema file is nested at most 50 levels deep.",
        "declare the inner parts as types",
    ),
    # The shape of the document
    Rule(
        "S010",
        "Wrong kind of value",
        "Each place takes the kind of YAML value that the language says: text, number, true or "
        "false, list or mapping.",
    ),
    Rule("S011", "Unknown key", "Only known keys are used."),
    Rule("S012", "Missing key", "Required keys are present."),
    Rule(
        "S013",
        "Unknown language version",
        "The version of the language, `ackord:`, is one that this release reads.",
    ),
    Rule("S014", "Invalid contract version", "The contract's `version` is three numbers."),
    Rule("S016", "Invalid setting", "A setting has one of the values that it may have."),
    Rule("S017", "Invalid name", "Names have the form that their kind of name must have."),
    Rule(
        "S018",
        "Name clash",
        "Names that end up in the same place of the generated code differ there too.",
        "give one of the two another name",
    ),
    Rule(
        "S019",
        "Duplicate name in a list",
        "A list of names holds each name once.",
        "remove one of the two",
    ),
    # Types
    Rule("S020", "Invalid type expression", "A type expression follows the grammar."),
    Rule(
        "S021",
        "Unknown type",
        "A type that is used is built in or declared under `types:`.",
        "declare it under `types:`",
    ),
    Rule(
        "S022",
        "Bare mapping in place of a type",
        "Where a type stands, it is an expression, `type:` or `fields:`, never a bare mapping of "
        "names.",
    ),
    Rule(
        "S023",
        "Ambiguous type declaration",
        "A type declaration has exactly one of `newtype`, `enum`, `fields`, `union`, `type` and "
        "`python`.",
        "keep the one that says what the type is",
    ),
    Rule(
        "S024",
        "Misplaced `?` or default",
        "`?` and defaults stand only on fields and arguments.",
        "remove it",
    ),
    Rule(
        "S025",
        "Misplaced constraint",
        "A constraint stands on a type that it can limit.",
    ),
    Rule(
        "S026",
        "Contradictory constraints",
        "Constraints leave room for a value.",
        "change or remove one of the limits",
    ),
    Rule(
        "S027",
        "Invalid pattern",
        "A pattern is a regular expression without look-around and back-references, as Rust's "
        "regex crate takes it.",
        "patterns are those of Rust's regex crate",
    ),
    Rule(
        "S028",
        "Invalid base of a newtype",
        "The base of a newtype is a built-in scalar other than `json`, `json_object` and `ip`.",
    ),
    Rule(
        "S029",
        "Invalid enum members",
        "An enum has members, each of them non-empty and listed once.",
        "list each member once",
    ),
    Rule(
        "S030",
        "Duplicate literal",
        "A literal type lists each value once.",
        "remove one of the two",
    ),
    Rule("S031", "Invalid default", "A default value is a value of its type."),
    Rule(
        "S032",
        "Tagged union of other types",
        "The members of a tagged union are records.",
    ),
    Rule(
        "S033",
        "Field named like the tag",
        "A member of a tagged union has no field named like the tag.",
        "give the field, or the union's `tag`, another name",
    ),
    Rule(
        "S034",
        "Duplicate tag value",
        "The members of a tagged union have different tag values.",
        "give one of the two a `tag_value`",
    ),
    Rule(
        "S035",
        "Indistinguishable union members",
        "The members of an untagged union differ in their JSON kind and in their Python type.",
        "declare a union of records with a `tag`",
    ),
    Rule(
        "S036",
        "Alias without end",
        "A type alias refers neither to itself nor through more than ten other aliases to its "
        "type.",
        "name the type itself, or make one of the aliases a record",
    ),
    Rule(
        "S037",
        "Value without end",
        "A record doesn't require itself without end, and a default doesn't contain itself.",
    ),
    Rule(
        "S038",
        "Unusable Python type",
        "A `python:` type can be imported and has a JSON Schema.",
        "name what Python can import where the command runs, as in `my_app.models.User`",
    ),
    Rule(
        "S039",
        "Misplaced tag value",
        "`tag_value` stands only on members of a tagged union, all of whose unions have the same "
        "tag.",
        "give all unions of a record the same `tag`",
    ),
    # Errors and rooms
    Rule(
        "S040",
        "Invalid error code",
        "An error code is 1 to 128 printable characters and isn't one of the reserved codes.",
    ),
    Rule(
        "S041",
        "Duplicate error code",
        "Errors have different codes.",
        "give one of the two a `code` of its own",
    ),
    Rule("S042", "Unknown error", "An error that is used is declared under `errors:`."),
    Rule(
        "S043",
        "Invalid room name",
        "A room's name uses each of its parameters once, with text between them.",
        "use each parameter once, as in `document:{doc}`",
    ),
    Rule(
        "S044",
        "Invalid parameter type",
        "A parameter of a room or a namespace is text, an integer, a date or a UUID, and no two "
        "of its values are the same text.",
    ),
    Rule(
        "S045",
        "Rooms with one name",
        "Rooms can't get the same name.",
        "begin each name with a text of its own, as in `document:{doc}`",
    ),
    Rule("S046", "Unknown room", "A room that is used is declared under `rooms:`."),
    Rule(
        "S047",
        "Misplaced rooms",
        "Only events from server to client go to rooms.",
        "remove `rooms`, or move the event to `server_to_client`",
    ),
    # Namespaces and events
    Rule(
        "S079",
        "Misplaced rate",
        "Only events from client to server have a rate.",
        "remove `rate`, or move the event to `client_to_server`",
    ),
    Rule(
        "S050",
        "Invalid namespace path",
        "A namespace's path starts with a slash and consists of plain segments and `{param}`s.",
    ),
    Rule(
        "S051",
        "Unmatched path parameter",
        "The parameters in a namespace's path are declared under its `params`, and the other way "
        "round.",
        "use each parameter once, as in `/tenant/{tenant}`",
    ),
    Rule("S052", "Payload that is no record", "`auth` and `session` are records or Python types."),
    Rule(
        "S053",
        "Reserved event name",
        "An event isn't named like an event of Socket.IO itself, neither on the wire nor in "
        "generated code.",
        "choose another name",
    ),
    Rule(
        "S054",
        "Invalid event name",
        "An event's name is 1 to 128 printable characters and not a number.",
        "choose another name",
    ),
    Rule(
        "S055",
        "Required after optional argument",
        "Arguments that may be absent stand after those that may not.",
    ),
    Rule(
        "S056",
        "Setting without an acknowledgement",
        "`timeout` and `acks` stand only on events that have an acknowledgement.",
    ),
    Rule(
        "S058",
        "Ambiguous absent argument",
        "Of an event's arguments, only the last may be absent if null is one of its values.",
    ),
    Rule(
        "S060",
        "Success that looks like a failure",
        "An acknowledgement that could be an object with the key `error` travels as "
        "`acks: result`.",
    ),
    # Names that change, imports, parts of types
    Rule(
        "S064",
        "Reserved name",
        "A name that was removed, which `reserved` says, isn't used again.",
        "choose another name: older clients and servers know this one with its old meaning",
    ),
    Rule(
        "S065",
        "Invalid `since`",
        "`since` is a version of the contract, three numbers, that isn't later than `version`.",
        "write the version in which it came, or raise `version`",
    ),
    Rule(
        "S066",
        "Unreadable import",
        "An imported file can be opened and read.",
        "paths are relative to the importing file",
    ),
    Rule(
        "S067",
        "Import cycle",
        "A file doesn't import itself, neither directly nor through others.",
        "move what both need into a file of its own",
    ),
    Rule(
        "S068",
        "Misplaced parts of a type",
        "`items` stands beside `type: list` or `type: tuple`, `keys` and `values` beside "
        "`type: map`.",
    ),
    Rule(
        "S069",
        "Misplaced part of a contract",
        "An imported file declares types, errors and rooms, and no namespaces.",
    ),
    Rule(
        "S070",
        "Too many imports",
        "A contract has at most 100 files, and those that are imported have at most five million "
        "bytes.",
        "import fewer files",
    ),
    Rule(
        "S071",
        "Duplicate name on the wire",
        "Fields of a record, and events of a direction, differ in their names on the wire.",
        "give one of the two another name",
    ),
    Rule(
        "S072",
        "Invalid type of keys",
        "The keys of a map are of a type whose values have one text each: `str`, `int64`, `uuid`, "
        "`date`, `email`, `ip`, a newtype of one of them, an enum or a literal of texts.",
        "use str, a newtype or an enum; numbers are text here, as int64 is",
    ),
    Rule(
        "S073",
        "Form of several ack arguments",
        "An acknowledgement with several arguments travels as `acks: bare`, and not between "
        "servers.",
    ),
    # What targets report, not the loader
    Rule(
        "S078",
        "Part that a target can't express",
        "Code can be generated from each part of a contract: names that differ in the contract "
        "differ in the language of the target, too.",
        category="portability",
    ),
    # Warnings
    Rule(
        "S061",
        "Attachments without a limit",
        "A list or a map that holds attachments says with `max_items` how many items it has at "
        "most.",
        severity="warning",
        category="limits",
    ),
    Rule(
        "S062",
        "Recursive untagged union",
        "A union whose values hold values of the same union is tagged: others are read once for "
        "each level above them.",
        "use a tagged union, or a record with one field for each member",
        severity="warning",
        category="limits",
    ),
    Rule(
        "S063",
        "Sizes without a limit",
        "What clients send has limits: `max_length` on text and bytes, `max_items` on lists and "
        "maps.",
        severity="warning",
        category="limits",
    ),
    Rule(
        "S074",
        "Pattern that JavaScript reads otherwise",
        "A pattern means the same in Python and in JavaScript.",
        severity="warning",
        category="portability",
    ),
    Rule(
        "S075",
        "Unused import",
        "Each import brings a name that its file uses.",
        "remove the import",
        severity="warning",
        category="unused",
    ),
    Rule(
        "S076",
        "Unused ignore",
        "What `ignore` names is found where it stands.",
        severity="warning",
        category="unused",
    ),
    Rule(
        "S077",
        "Argument name that a language reserves",
        "Arguments have names that generated code can keep: no keywords of its language, and no "
        "names that it uses itself.",
        "give the argument another name: the names of arguments don't travel",
        severity="warning",
        category="portability",
    ),
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.code: rule for rule in _ALL})
"""All rules, by code."""

CODES: Final[Mapping[str, str]] = MappingProxyType({rule.code: rule.explanation for rule in _ALL})
"""Each code and its rule, as one sentence."""

WARNINGS: Final = tuple(rule.code for rule in _ALL if rule.severity == "warning")
"""The codes of warnings, which a schema file may list under ``ignore:``."""
