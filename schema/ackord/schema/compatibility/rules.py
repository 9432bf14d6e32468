"""The rules of compatibility: every change that `compare` can report.

A rule is named by its id, which never changes its meaning. docs/breaking-rules.md has a page for
each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

Category: TypeAlias = Literal["wire", "behavior", "source"]
"""``wire``: one side refuses what the other sends; ``behavior``: values arrive, and mean or do
something else; ``source``: only names in generated code change.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    id: str
    category: Category
    change: str
    """The change, in a few words."""
    text: str
    """What happens to whom."""
    level: Literal["error", "warning"] = "error"
    """``error`` only counts where the change breaks something."""


_REFUSED: Final = "The reader refuses the whole event, acknowledgement or connection."

_ALL: Final = (
    # Fields of records and errors, and arguments
    Rule(
        "FIELD_ADD_REQUIRED",
        "wire",
        "a required field is new",
        "Old writers don't send the field, and new readers demand it.",
    ),
    Rule(
        "FIELD_REMOVE_REQUIRED",
        "wire",
        "a required field is removed",
        "New writers don't send the field, and old readers demand it.",
    ),
    Rule(
        "FIELD_REMOVE_OPTIONAL",
        "behavior",
        "an optional field is removed without being reserved",
        "New readers ignore what old writers send in the field, and a later field of that name "
        "could be taken for it.",
        "warning",
    ),
    Rule(
        "FIELD_OPTIONAL_TO_REQUIRED",
        "wire",
        "an optional field or argument becomes required",
        "Old writers may leave it out, and new readers demand it.",
    ),
    Rule(
        "FIELD_REQUIRED_TO_OPTIONAL",
        "wire",
        "a required field or argument becomes optional, or gets a default",
        "New writers may leave it out, and old readers demand it.",
    ),
    Rule(
        "FIELD_NULLABLE_ADDED",
        "wire",
        "a value may be null now",
        "New writers may send null, and old readers refuse it.",
    ),
    Rule(
        "FIELD_NULLABLE_REMOVED",
        "wire",
        "a value can't be null any more",
        "Old writers may send null, and new readers refuse it.",
    ),
    Rule(
        "FIELD_RENAME",
        "wire",
        "a field has another name on the wire",
        "Readers don't find the field under the name that they know. If it is optional, it is lost "
        "without an error.",
    ),
    Rule(
        "DEFAULT_CHANGE",
        "behavior",
        "a default value changes",
        "A field or argument that is left out means something else to old and new readers.",
        "warning",
    ),
    # Types
    Rule(
        "TYPE_WIDEN",
        "wire",
        "a type takes more values",
        f"New writers may send what old readers don't know, as from `int` to `float`. {_REFUSED}",
    ),
    Rule(
        "TYPE_NARROW",
        "wire",
        "a type takes fewer values",
        f"Old writers may send what new readers don't take, as from `float` to `int`. {_REFUSED}",
    ),
    Rule(
        "TYPE_CHANGE",
        "wire",
        "a type is replaced by another one",
        f"Neither side reads what the other writes. {_REFUSED}",
    ),
    Rule(
        "ENCODING_CHANGE",
        "wire",
        "a value travels in another form",
        f"Neither side reads what the other writes. {_REFUSED}",
    ),
    Rule(
        "PYTHON_TYPE_CHANGE",
        "wire",
        "the JSON Schema of a `python:` type changes",
        "Whether old and new values fit can't be told from JSON Schemas, so the change counts as a "
        "break in both directions.",
    ),
    Rule(
        "PYTHON_TYPE_UNKNOWN",
        "behavior",
        "whether a `python:` type has changed isn't known",
        "An old schema file names the class only, which may have had other fields then. The "
        "`contract.json` of generated code has its JSON Schema.",
        "warning",
    ),
    Rule(
        "CONSTRAINT_TIGHTEN",
        "wire",
        "a limit is new or stricter",
        "Old writers may send values beyond the limit, and new readers refuse them.",
    ),
    Rule(
        "CONSTRAINT_LOOSEN",
        "wire",
        "a limit is gone or less strict",
        "New writers may send values beyond the old limit, and old readers refuse them.",
    ),
    Rule(
        "CONSTRAINT_CHANGE",
        "wire",
        "a limit is replaced by another one",
        "Each side may send what the other refuses.",
    ),
    Rule(
        "PATTERN_CHANGE",
        "wire",
        "a pattern is replaced by another one",
        "Whether one pattern takes all that the other takes can't be told, so the change counts as "
        "a break in both directions.",
    ),
    Rule(
        "ENUM_ADD",
        "wire",
        "a closed enum or a literal has a new member",
        "New writers may send the member, and old readers refuse it. Readers of an enum with "
        "`open: true` take it as unknown.",
    ),
    Rule(
        "ENUM_REMOVE",
        "wire",
        "a closed enum or a literal has lost a member",
        "Old writers may send the member, and new readers refuse it.",
    ),
    Rule(
        "ENUM_VALUE_CHANGE",
        "wire",
        "a member of an enum has another value on the wire",
        "Readers of a closed enum refuse the value that they don't know; those of an open one take "
        "it as unknown.",
    ),
    Rule(
        "ENUM_OPEN",
        "wire",
        "an enum becomes open",
        "New programs pass on members that they don't know, and old readers refuse these.",
    ),
    Rule(
        "ENUM_CLOSE",
        "wire",
        "an open enum becomes closed",
        "Old programs pass on members that they don't know, and new readers refuse these.",
    ),
    Rule(
        "UNION_MEMBER_ADD",
        "wire",
        "a union has a new member",
        "New writers may send the member, and old readers refuse it. Readers of a union with "
        "`open: true` take it as unknown.",
    ),
    Rule(
        "UNION_MEMBER_REMOVE",
        "wire",
        "a union has lost a member",
        "Old writers may send the member, and new readers refuse it.",
    ),
    Rule(
        "UNION_OPEN",
        "wire",
        "a union becomes open",
        "New programs pass on members that they don't know, and old readers refuse these.",
    ),
    Rule(
        "UNION_CLOSE",
        "wire",
        "an open union becomes closed",
        "Old programs pass on members that they don't know, and new readers refuse these.",
    ),
    Rule(
        "UNION_TAG_CHANGE",
        "wire",
        "the tag of a union has another name on the wire",
        "Readers don't find the tag, and can't tell the members apart.",
    ),
    Rule(
        "TAG_VALUE_CHANGE",
        "wire",
        "a member of a union has another tag value",
        "Readers don't know the tag value, and refuse the member.",
    ),
    # Events
    Rule(
        "C2S_EVENT_ADD",
        "wire",
        "an event from client to server is new",
        "An old server answers `unknown_event` to new clients, or drops the event if it has no "
        "acknowledgement.",
    ),
    Rule(
        "C2S_EVENT_REMOVE",
        "wire",
        "an event from client to server is removed",
        "A new server answers `unknown_event` to old clients, or drops the event if it has no "
        "acknowledgement.",
    ),
    Rule(
        "S2C_EVENT_ADD",
        "wire",
        "an event from server to client with an acknowledgement is new",
        "An old client answers `unknown_event` where a new server waits for an answer. Without an "
        "acknowledgement a new event is safe: old clients ignore it.",
    ),
    Rule(
        "S2C_EVENT_REMOVE",
        "behavior",
        "an event from server to client is removed",
        "Old clients wait for the event in vain. If it had an acknowledgement, new clients answer "
        "`unknown_event` to an old server.",
    ),
    Rule(
        "S2S_EVENT_ADD",
        "behavior",
        "an event between servers is new",
        "Old servers of the cluster ignore what new ones send; a new one that asks for an "
        "acknowledgement waits until its timeout.",
    ),
    Rule(
        "S2S_EVENT_REMOVE",
        "behavior",
        "an event between servers is removed",
        "New servers of the cluster ignore what old ones send; an old one that asks for an "
        "acknowledgement waits until its timeout.",
    ),
    Rule(
        "EVENT_RENAME",
        "wire",
        "an event has another name on the wire",
        "Each side gets events that it doesn't know: they are answered by `unknown_event`, or "
        "dropped.",
    ),
    Rule(
        "EVENT_DIRECTION_CHANGE",
        "wire",
        "an event goes in the other direction",
        "Each side gets events that it doesn't know, and waits for others in vain.",
    ),
    Rule(
        "ARG_ADD_REQUIRED",
        "wire",
        "a required argument is new at the end",
        "Old writers don't send the argument, and new readers demand it.",
    ),
    Rule(
        "ARG_ADD_OPTIONAL_LAST",
        "behavior",
        "an optional argument is new at the end of an event from server to client",
        "With connection state recovery, servers send an offset behind the arguments: new clients "
        "read the offset of an old server as the new argument. Otherwise the change is safe.",
        "warning",
    ),
    Rule(
        "ARG_REMOVE_LAST",
        "wire",
        "the last argument is removed, which was required",
        "New writers don't send the argument, and old readers demand it.",
    ),
    Rule(
        "ARG_REMOVE_OPTIONAL_LAST",
        "behavior",
        "the last argument is removed, which was optional",
        "Readers ignore what they don't know. But with connection state recovery, servers send an "
        "offset behind the arguments: old clients read the offset of a new server as the argument.",
        "warning",
    ),
    Rule(
        "ARG_INSERT",
        "wire",
        "an argument is new before others",
        "Arguments have no names on the wire: readers take each value for the argument beside it.",
    ),
    Rule(
        "ARG_REMOVE_MIDDLE",
        "wire",
        "an argument before others is removed",
        "Arguments have no names on the wire: readers take each value for the argument beside it.",
    ),
    Rule(
        "ARG_REORDER",
        "wire",
        "arguments change their order",
        "Arguments have no names on the wire: readers take one for the other, without an error if "
        "their types are equal.",
    ),
    Rule(
        "BINARY_ADDED",
        "behavior",
        "an event or an acknowledgement may hold `bytes` now",
        "It travels as a packet with attachments, which clients without support for binary data "
        "can't read.",
        "warning",
    ),
    # Acknowledgements
    Rule(
        "ACK_ADD",
        "wire",
        "an event from client to server gets an acknowledgement with a value",
        "An old server answers new clients without a value.",
    ),
    Rule(
        "ACK_REMOVE",
        "wire",
        "an event from client to server loses its acknowledgement",
        "A new server answers old clients without the value that they wait for.",
    ),
    Rule(
        "S2C_ACK_ADD",
        "wire",
        "an event from server to client gets an acknowledgement",
        "Old clients answer a new server without a value, or not at all.",
    ),
    Rule(
        "S2C_ACK_REMOVE",
        "wire",
        "an event from server to client loses its acknowledgement",
        "New clients answer an old server without the value that it waits for, or not at all.",
    ),
    Rule(
        "S2S_ACK_ADD",
        "behavior",
        "an event between servers gets an acknowledgement",
        "Old servers of the cluster answer a new one without a value, or not at all.",
    ),
    Rule(
        "S2S_ACK_REMOVE",
        "behavior",
        "an event between servers loses its acknowledgement",
        "New servers of the cluster answer an old one without the value that it waits for, or "
        "not at all.",
    ),
    Rule(
        "ACK_ARITY_CHANGE",
        "wire",
        "an acknowledgement has another number of values",
        "The asking side refuses the answer, because a value is missing or isn't expected.",
    ),
    Rule(
        "ACK_ENVELOPE_CHANGE",
        "wire",
        "`acks` changes between `bare` and `result`",
        'The asking side expects the value itself where it gets `{"ok": value}`, or the other way '
        "round.",
    ),
    Rule(
        "ACK_ERROR_ADD",
        "wire",
        "an event gets its first chance to fail where every value counts as success",
        "Under `error_replies: false` an old client takes the failure for a value. Everywhere else "
        "a new error is safe: old programs get it as an `UnknownError`.",
    ),
    Rule(
        "ACK_ERROR_REMOVE",
        "wire",
        "an event forgets an error where every value counts as success",
        "Under `error_replies: false` a new client takes the failure of an old server for a value. "
        "Everywhere else it gets an `UnknownError`.",
    ),
    Rule(
        "ERROR_CODE_CHANGE",
        "wire",
        "an error has another code on the wire",
        "Programs that know the other code get the error as an `UnknownError`, without its fields.",
    ),
    Rule(
        "ERROR_REPLIES_CHANGE",
        "behavior",
        "`error_replies` changes",
        "Under `false` requests that fail aren't answered, and those who wait for the answer wait "
        "until their timeout. Who doesn't expect such answers may take one for a value.",
    ),
    Rule(
        "TIMEOUT_CHANGE",
        "behavior",
        "the timeout of an event changes",
        "New programs wait for another time than old ones.",
        "warning",
    ),
    Rule(
        "CONCURRENT_CHANGE",
        "behavior",
        "`concurrent` changes",
        "New programs handle the event in another order than old ones: earlier events may still be "
        "running, or hold it up.",
        "warning",
    ),
    Rule(
        "AUTH_EXPIRES_CHANGE",
        "behavior",
        "`expires` of `auth` changes",
        "With `true`, a new server ends connections of old clients, which can't renew their "
        "authentication. A server whose contract says `false` answers `unknown_event` to clients "
        "that renew it.",
    ),
    Rule(
        "RATE_LOWER",
        "behavior",
        "an event may be sent less often",
        "A new server answers `rate_limited` to old clients that send as often as they could, and "
        "drops events without an acknowledgement.",
    ),
    Rule(
        "RATE_RAISE",
        "behavior",
        "an event may be sent more often",
        "An old server answers `rate_limited` to new clients that send as often as they may, and "
        "drops events without an acknowledgement.",
    ),
    # Namespaces, rooms, the contract
    Rule(
        "NAMESPACE_ADD",
        "wire",
        "a namespace is new",
        "An old server refuses new clients that connect to it.",
    ),
    Rule(
        "NAMESPACE_REMOVE",
        "wire",
        "a namespace is removed",
        "A new server refuses old clients that connect to it.",
    ),
    Rule(
        "NAMESPACE_RENAME",
        "wire",
        "a namespace has another path",
        "Servers refuse clients that connect to the path that they don't know.",
    ),
    Rule(
        "ROOM_PATTERN_CHANGE",
        "behavior",
        "a room has another name on the server",
        "Servers of one cluster put their clients into rooms of different names: what is sent to "
        "the one doesn't reach the other.",
    ),
    Rule(
        "ROOM_REMOVE",
        "behavior",
        "a room is removed",
        "New servers of a cluster put no clients into the room, so what old ones send to it "
        "doesn't reach them.",
        "warning",
    ),
    Rule(
        "CONTRACT_RENAME",
        "wire",
        "the contract has another name",
        "A server refuses clients that announce another contract (`contract_mismatch`).",
    ),
    Rule(
        "VERSION_NOT_RAISED",
        "behavior",
        "the version doesn't say what has changed",
        "Both sides tell their versions to each other and warn of another major version: without "
        "it nobody sees why a value is refused.",
        "warning",
    ),
    Rule(
        "RESERVED_REMOVE",
        "behavior",
        "a name isn't reserved any more",
        "A new part of that name would be taken for the removed one by older programs.",
        "warning",
    ),
    # Names in generated code
    Rule(
        "SOURCE_TYPE_RENAME",
        "source",
        "a type has another name",
        "Code that uses the type must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_TYPE_REMOVE",
        "source",
        "a type is removed",
        "Code that uses the type must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_TYPE_CHANGE",
        "source",
        "a type is of another kind, and its values fit",
        "Code that uses the values must be changed. What the new kind has no place for, as the "
        "keys of a map that becomes a record, is ignored.",
        "warning",
    ),
    Rule(
        "SOURCE_FIELD_RENAME",
        "source",
        "a field has another name in generated code",
        "Code that uses the field must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_MEMBER_RENAME",
        "source",
        "a member of an enum has another name in generated code",
        "Code that uses the member must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_TAG_RENAME",
        "source",
        "the tag of a union has another name in generated code",
        "Code that uses the tag must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_ARM_ADD",
        "source",
        "an enum, a union or an answer has one more case",
        "A `match` over all cases needs another arm, which the type checkers demand.",
        "warning",
    ),
    Rule(
        "SOURCE_ARM_REMOVE",
        "source",
        "an open enum or union, or an answer, has one case less",
        "Code that uses the case must be changed. What old programs send is taken as unknown.",
        "warning",
    ),
    Rule(
        "SOURCE_ERROR_RENAME",
        "source",
        "an error has another name",
        "Code that uses the error must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_ERROR_REMOVE",
        "source",
        "an error is removed",
        "Code that uses the error must be changed. Old programs just don't meet it any more.",
        "warning",
    ),
    Rule(
        "SOURCE_EVENT_RENAME",
        "source",
        "an event has another name in generated code",
        "Handlers and callers of the event must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_ACK_FORM",
        "source",
        "an acknowledgement has another form in generated code, and its values fit",
        "Code that sends the event or handles it must be changed: whether there is an answer, and "
        "whether the answer is a value, several or none.",
        "warning",
    ),
    Rule(
        "SOURCE_ARG_RENAME",
        "source",
        "an argument has another name",
        "Code that passes the argument by its name must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_NAMESPACE_RENAME",
        "source",
        "a namespace or its parameter has another name in generated code",
        "Code that uses its classes must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_ROOM_RENAME",
        "source",
        "a room has another name in generated code",
        "Code that uses the room must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_ROOM_PARAMS",
        "source",
        "the parameters of a room change",
        "Code that makes the room must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_EVENT_ROOMS",
        "source",
        "an event can't be sent to a room any more",
        "Code that sends the event to the room must be changed.",
        "warning",
    ),
    Rule(
        "SOURCE_PYTHON_PATH",
        "source",
        "a `python:` type is another class with the same JSON Schema",
        "Code gets instances of the other class.",
        "warning",
    ),
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for rule in _ALL})
"""All rules by id, in the order of the documentation."""
