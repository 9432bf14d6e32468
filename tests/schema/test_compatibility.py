"""The rules of compatibility: what each change of a contract breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ackord.schema import load_bytes
from ackord.schema.compatibility.compare import compare
from ackord.schema.compatibility.report import write_path
from ackord.schema.compatibility.rollouts import ROLLOUTS
from ackord.schema.compatibility.rules import RULES
from ackord.schema.model import (
    Contract,
    Enum,
    EnumMember,
    Event,
    Field,
    MapType,
    Namespace,
    PythonType,
    Record,
    RefType,
    ReservedEvents,
    ReservedNames,
    ScalarType,
    TaggedUnion,
)
from ackord.schema.resolve.places import Places

HEAD = "ackord: 1\nname: chat\nversion: 1.0.0\n"
CLIENTS, SERVERS, NODES = ROLLOUTS
UP = "namespaces: {/: {client_to_server: {say: {args: {m: M}}}}}"
DOWN = "namespaces: {/: {server_to_client: {say: {args: {m: M}}}}}"
BETWEEN = "namespaces: {/: {server_to_server: {say: {args: {m: M}}}}}"
LOBBY = "rooms: {lobby: {name: x}}\n"
SAY = "namespaces./.client_to_server.say"


def contract(text: str) -> Contract:
    loaded = load_bytes((HEAD + text).encode(), "chat.yaml")
    assert loaded.contract is not None, loaded.diagnostics
    return loaded.contract


def types(text: str, use: str = UP) -> str:
    return f"types: {{{text}}}\n{use}"


def c2s(text: str) -> str:
    return f"errors: {{Full: {{fields: {{limit: int}}}}, Bad: {{}}}}\nnamespaces: {{/: {{client_to_server: {{{text}}}}}}}"


def s2c(text: str) -> str:
    return (
        c2s("").replace("client_to_server", "server_to_client").replace("{}}}", f"{{{text}}}}}}}")
    )


def s2s(text: str) -> str:
    return c2s(text).replace("client_to_server", "server_to_server")


def silent(text: str) -> str:
    return c2s(text).replace("{/: {", "{/: {error_replies: false, ")


EVER = "namespaces: {/: {auth: {fields: {a: str}}}}"
FIVE = "{rate: {per_second: 5, burst: 9}}"


def paced(text: str) -> str:
    return c2s(text).replace("{/: {", "{/: {rate: {per_second: 5, burst: 9}, ")


def found(old: Contract, new: Contract) -> list[tuple[str, str, tuple[str, ...], str]]:
    return [
        (one.rule, one.level, one.breaks, write_path(one.path))
        for one in compare(old, new)
        if one.rule != "VERSION_NOT_RAISED"
    ]


M = "types.M"
F = "types.M.fields"
NS = "namespaces./"
RECORD = "M: {fields: {a: int}}"
ONE_DIRECTION: list[tuple[str, str, str, str, str]] = [
    # rule of the change, rule of the way back, path, old type, new type
    ("FIELD_ADD_REQUIRED", "FIELD_REMOVE_REQUIRED", f"{F}.b", RECORD, "M: {fields: {a: int, b: str}}"),
    ("FIELD_OPTIONAL_TO_REQUIRED", "FIELD_REQUIRED_TO_OPTIONAL", f"{F}.a", "M: {fields: {a: 'int?'}}", RECORD),
    ("FIELD_OPTIONAL_TO_REQUIRED", "FIELD_REQUIRED_TO_OPTIONAL", f"{F}.a", "M: {fields: {a: int = 1}}", RECORD),
    ("FIELD_NULLABLE_REMOVED", "FIELD_NULLABLE_ADDED", f"{F}.a", "M: {fields: {a: int | null}}", RECORD),
    ("TYPE_NARROW", "TYPE_WIDEN", f"{F}.a", "M: {fields: {a: float}}", RECORD),
    ("TYPE_NARROW", "TYPE_WIDEN", f"{F}.a", "M: {fields: {a: int | str}}", RECORD),
    ("TYPE_NARROW", "TYPE_WIDEN", f"{F}.a", "M: {fields: {a: json}}", RECORD),
    ("TYPE_NARROW", "TYPE_WIDEN", M, "M: str", "M: datetime"),
    ("TYPE_NARROW", "TYPE_WIDEN", M, "M: decimal", "M: int64"),
    ("TYPE_NARROW", "TYPE_WIDEN", M, "M: str", "M: {enum: [a]}"),
    ("TYPE_NARROW", "TYPE_WIDEN", M, "M: {enum: [a], open: true}", 'M: "literal[\\"b\\"]"'),
    ("TYPE_NARROW", "TYPE_WIDEN", M, "M: 'list[int]'", "M: 'tuple[int, int]'"),
    ("TYPE_NARROW", "TYPE_WIDEN", M, "M: 'map[str, float]'", "M: {fields: {a: int, b: float}}"),
    ("TYPE_NARROW", "TYPE_WIDEN", M, "M: bool", "M: 'literal[true]'"),
    ("TYPE_NARROW", "TYPE_WIDEN", M, "M: int", "M: 'literal[1, 2]'"),
    ("UNION_MEMBER_REMOVE", "UNION_MEMBER_ADD", M, "M: 'int | str | bool'", "M: 'int | str'"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: str}", "M: {newtype: str, max_length: 9}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: str, max_length: 9}", "M: {newtype: str, max_length: 8}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: str}", "M: {newtype: str, min_length: 1}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: str}", "M: {newtype: str, pattern: a}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: email}", "M: {newtype: email, max_length: 60}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: float, ge: 0}", "M: {newtype: float, gt: 0}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: int}", "M: {newtype: int, multiple_of: 2}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: int, multiple_of: 2}", "M: {newtype: int, multiple_of: 4}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: int64, le: 9}", "M: {newtype: int64, lt: 9}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: decimal}", "M: {newtype: decimal, decimal_places: 2}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {newtype: decimal}", "M: {newtype: decimal, max_digits: 5}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {type: 'list[int]'}", "M: {type: 'list[int]', max_items: 5}"),
    ("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", M, "M: {type: 'map[str, int]'}", "M: {type: 'map[str, int]', min_items: 1}"),
    ("ENUM_REMOVE", "ENUM_ADD", f"{M}.members.b", "M: {enum: [a, b]}", "M: {enum: [a]}"),
    ("ENUM_REMOVE", "ENUM_ADD", M, 'M: "literal[1, 2]"', 'M: "literal[1]"'),
    ("ENUM_CLOSE", "ENUM_OPEN", M, "M: {enum: [a], open: true}", "M: {enum: [a]}"),
    ("UNION_MEMBER_REMOVE", "UNION_MEMBER_ADD", f"{M}.members.B", "M: {union: [A, B], tag: t}, A: {fields: {}}, B: {fields: {}}", "M: {union: [A], tag: t}, A: {fields: {}}, B: {fields: {}}"),
    ("UNION_CLOSE", "UNION_OPEN", M, "M: {union: [A], tag: t, open: true}, A: {fields: {}}", "M: {union: [A], tag: t}, A: {fields: {}}"),
]  # fmt: skip
BOTH_DIRECTIONS = [
    ("TYPE_CHANGE", M, "M: int", "M: str"),
    ("TYPE_CHANGE", M, "M: int", "M: 'list[int]'"),
    ("TYPE_CHANGE", M, "M: uuid", "M: date"),
    ("TYPE_CHANGE", M, "M: 'tuple[int, int]'", "M: 'tuple[int, int, int]'"),
    ("TYPE_CHANGE", M, "M: bool", "M: int"),
    ("ENCODING_CHANGE", M, "M: int", "M: int64"),
    ("ENCODING_CHANGE", M, "M: bytes", "M: str"),
    ("CONSTRAINT_CHANGE", M, "M: {newtype: int, multiple_of: 2}", "M: {newtype: int, multiple_of: 3}"),
    ("PATTERN_CHANGE", M, "M: {newtype: str, pattern: a}", "M: {newtype: str, pattern: b}"),
    ("UNION_TAG_CHANGE", M, "M: {union: [A], tag: t}, A: {fields: {}}", "M: {union: [A], tag: u}, A: {fields: {}}"),
    ("TAG_VALUE_CHANGE", "types.A", "M: {union: [A], tag: t}, A: {fields: {}}", "M: {union: [A], tag: t}, A: {tag_value: x, fields: {}}"),
]  # fmt: skip
SAFE = [
    (RECORD, "M: {fields: {a: int, b: 'str?'}}"),
    (RECORD, "M: {fields: {a: int, b: int = 1}}"),
    ("M: {newtype: int}", "M: int"),
    ("M: str", "M: {type: str, doc: Words.}"),
    ("M: {enum: [a, b]}", "M: {enum: [b, a]}"),
    ('M: "literal[\\"a\\", \\"b\\"]"', "M: {enum: [b, a]}"),
    ("M: {newtype: int, gt: 0}", "M: {newtype: int, ge: 1}"),
    ("M: {newtype: int64}", "M: {newtype: int64, ge: -9223372036854775808}"),
    ("M: bool", "M: 'literal[true, false]'"),
    ("M: 'int | str'", "M: 'str | int'"),
    ("M: {type: 'list[int]', min_items: 2, max_items: 2}", "M: 'tuple[int, int]'"),
    ("M: {fields: {a: 'int?', m: 'M?'}}", "M: {fields: {a: 'int?', m: 'N?'}}, N: {fields: {a: 'int?', m: 'M?'}}"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "back", "path", "old", "new"), ONE_DIRECTION)
def test_a_change_of_a_type_breaks_readers_in_one_direction_of_each_rollout(
    rule: str, back: str, path: str, old: str, new: str
) -> None:
    for use, forward, backward in (
        (UP, (CLIENTS,), (SERVERS,)),
        (DOWN, (SERVERS,), (CLIENTS,)),
        (BETWEEN, (NODES,), (NODES,)),
    ):
        before, after = contract(types(old, use)), contract(types(new, use))
        assert (rule, "error", forward, path) in found(before, after)
        assert (back, "error", backward, path) in found(after, before)
        for one, other in ((before, after), (after, before)):
            assert len({each[0] for each in found(one, other) if each[2]}) == 1


@pytest.mark.parametrize(("rule", "path", "old", "new"), BOTH_DIRECTIONS)
def test_a_change_of_a_type_breaks_all(rule: str, path: str, old: str, new: str) -> None:
    for use, breaks in ((UP, (CLIENTS, SERVERS)), (DOWN, (CLIENTS, SERVERS)), (BETWEEN, (NODES,))):
        before, after = contract(types(old, use)), contract(types(new, use))
        for one, other in ((before, after), (after, before)):
            errors = [each for each in found(one, other) if each[2]]
            assert errors == [(rule, "error", breaks, path)]


@pytest.mark.parametrize(("old", "new"), SAFE)
def test_a_change_of_a_type_breaks_nobody(old: str, new: str) -> None:
    for use in (UP, DOWN, BETWEEN):
        before, after = contract(types(old, use)), contract(types(new, use))
        assert not [one for one in found(before, after) if one[2]]


ANY = "{fields: {a: 'int?'}}"
"""A record that ignores the key ``error`` of a failure, and demands nothing."""
Case = tuple[str, str, str, tuple[str, ...], str, str]
"""Rule, level, path, breaks, old and new contract."""
EVENTS: list[Case] = [
    ("C2S_EVENT_ADD", "error", SAY, (SERVERS,), c2s(""), c2s("say: {}")),
    ("C2S_EVENT_REMOVE", "error", SAY, (CLIENTS,), c2s("say: {}"), c2s("")),
    ("S2C_EVENT_ADD", "error", f"{NS}.server_to_client.say", (CLIENTS,), s2c(""), s2c("say: {ack: int}")),
    ("S2C_EVENT_REMOVE", "error", f"{NS}.server_to_client.say", (CLIENTS,), s2c("say: {}"), s2c("")),
    ("S2C_EVENT_REMOVE", "error", f"{NS}.server_to_client.say", (CLIENTS, SERVERS), s2c("say: {ack: int}"), s2c("")),
    ("S2S_EVENT_ADD", "error", f"{NS}.server_to_server.say", (NODES,), "namespaces: {/: {}}", "namespaces: {/: {server_to_server: {say: {}}}}"),
    ("S2S_EVENT_REMOVE", "error", f"{NS}.server_to_server.say", (NODES,), "namespaces: {/: {server_to_server: {say: {}}}}", "namespaces: {/: {}}"),
    ("S2S_ACK_ADD", "error", f"{NS}.server_to_server.say.ack", (NODES,), s2s("say: {}"), s2s("say: {ack: int}")),
    ("S2S_ACK_REMOVE", "error", f"{NS}.server_to_server.say.ack", (NODES,), s2s("say: {ack: int}"), s2s("say: {}")),
    ("TYPE_CHANGE", "error", f"{NS}.server_to_server.say.ack", (NODES,), s2s("say: {ack: int}"), s2s("say: {ack: str}")),
    ("EVENT_RENAME", "error", f"{NS}.client_to_server.tell", (CLIENTS, SERVERS), c2s("say: {}"), c2s("tell: {name: say}")),
    ("EVENT_DIRECTION_CHANGE", "error", f"{NS}.server_to_client.say", (CLIENTS,), c2s("say: {}"), s2c("say: {}")),
    ("EVENT_DIRECTION_CHANGE", "error", SAY, (CLIENTS, SERVERS), s2c("say: {}"), c2s("say: {}")),
    ("SOURCE_EVENT_RENAME", "warning", SAY, (), c2s("say: {}"), c2s("say: {name: speak}")),
    ("ARG_ADD_REQUIRED", "error", f"{SAY}.args.b", (CLIENTS,), c2s("say: {args: {a: int}}"), c2s("say: {args: {a: int, b: int}}")),
    ("ARG_REMOVE_LAST", "error", f"{SAY}.args.b", (SERVERS,), c2s("say: {args: {a: int, b: int}}"), c2s("say: {args: {a: int}}")),
    ("ARG_REMOVE_OPTIONAL_LAST", "warning", f"{SAY}.args.b", (), c2s("say: {args: {b: 'int?'}}"), c2s("say: {}")),
    ("ARG_REMOVE_OPTIONAL_LAST", "warning", f"{NS}.server_to_client.say.args.b", (CLIENTS,), s2c("say: {args: {b: 'int?'}}"), s2c("say: {}")),
    ("ARG_ADD_OPTIONAL_LAST", "warning", f"{NS}.server_to_client.say.args.b", (SERVERS,), s2c("say: {}"), s2c("say: {args: {b: 'int?'}}")),
    ("ARG_INSERT", "error", f"{SAY}.args", (CLIENTS, SERVERS), c2s("say: {args: {b: int}}"), c2s("say: {args: {a: int, b: int}}")),
    ("ARG_REMOVE_MIDDLE", "error", f"{SAY}.args", (CLIENTS, SERVERS), c2s("say: {args: {a: int, b: int}}"), c2s("say: {args: {b: int}}")),
    ("ARG_REORDER", "error", f"{SAY}.args", (CLIENTS, SERVERS), c2s("say: {args: {a: int, b: int}}"), c2s("say: {args: {b: int, a: int}}")),
    ("SOURCE_ARG_RENAME", "warning", f"{SAY}.args.b", (), c2s("say: {args: {a: int}}"), c2s("say: {args: {b: int}}")),
    ("FIELD_OPTIONAL_TO_REQUIRED", "error", f"{SAY}.args.a", (CLIENTS,), c2s("say: {args: {a: 'int?'}}"), c2s("say: {args: {a: int}}")),
    ("FIELD_NULLABLE_ADDED", "error", f"{SAY}.args.a", (SERVERS,), c2s("say: {args: {a: int}}"), c2s("say: {args: {a: int | null}}")),
    ("DEFAULT_CHANGE", "warning", f"{SAY}.args.a", (), c2s("say: {args: {a: int = 1}}"), c2s("say: {args: {a: int = 2}}")),
    ("BINARY_ADDED", "warning", SAY, (), c2s("say: {}"), c2s("say: {args: {a: 'bytes?'}}")),
    ("ACK_ADD", "error", f"{SAY}.ack", (SERVERS,), c2s("say: {}"), c2s("say: {ack: int}")),
    ("ACK_REMOVE", "error", f"{SAY}.ack", (CLIENTS,), c2s("say: {ack: int}"), c2s("say: {}")),
    ("ACK_REMOVE", "error", f"{SAY}.ack", (CLIENTS,), c2s("say: {errors: [Bad], acks: result}"), c2s("say: {}")),
    ("S2C_ACK_ADD", "error", f"{NS}.server_to_client.say.ack", (CLIENTS,), s2c("say: {}"), s2c("say: {ack: int}")),
    ("S2C_ACK_ADD", "error", f"{NS}.server_to_client.say.ack", (CLIENTS,), s2c("say: {}"), s2c("say: {ack: null}")),
    ("S2C_ACK_REMOVE", "error", f"{NS}.server_to_client.say.ack", (SERVERS,), s2c("say: {ack: int | null}"), s2c("say: {}")),
    ("SOURCE_ACK_FORM", "warning", SAY, (), c2s("say: {}"), c2s("say: {ack: int | null}")),
    ("SOURCE_ACK_FORM", "warning", SAY, (), c2s("say: {ack: null}"), c2s("say: {}")),
    ("SOURCE_ACK_FORM", "warning", SAY, (), c2s("say: {ack: int}"), c2s("say: {ack: {args: {a: int}}}")),
    ("SOURCE_ARM_REMOVE", "warning", f"{SAY}.errors.Full", (), c2s("say: {ack: int, errors: [Full]}"), c2s("say: {ack: int}")),
    ("S2C_ACK_REMOVE", "error", f"{NS}.server_to_client.say.ack", (SERVERS,), s2c("say: {ack: int}"), s2c("say: {}")),
    ("ACK_ARITY_CHANGE", "error", f"{SAY}.ack", (CLIENTS, SERVERS), c2s("say: {errors: [Bad]}"), c2s("say: {ack: int, errors: [Bad]}")),
    ("ACK_ARITY_CHANGE", "error", f"{SAY}.ack", (CLIENTS,), c2s("say: {errors: [Bad]}"), c2s("say: {ack: int | null, errors: [Bad]}")),
    ("ACK_ENVELOPE_CHANGE", "error", f"{SAY}.ack", (CLIENTS, SERVERS), c2s("say: {ack: int}"), c2s("say: {ack: int, acks: result}")),
    ("TYPE_WIDEN", "error", f"{SAY}.ack", (CLIENTS,), c2s("say: {ack: int}"), c2s("say: {ack: float}")),
    ("TYPE_WIDEN", "error", f"{NS}.server_to_client.say.ack", (SERVERS,), s2c("say: {ack: int}"), s2c("say: {ack: float}")),
    ("SOURCE_ARM_ADD", "warning", f"{SAY}.errors.Full", (), c2s("say: {ack: int}"), c2s("say: {ack: int, errors: [Full]}")),
    ("SOURCE_EVENT_ROOMS", "warning", f"{NS}.server_to_client.say", (), LOBBY + s2c("say: {rooms: [lobby]}"), LOBBY + s2c("say: {}")),
    ("TIMEOUT_CHANGE", "warning", SAY, (), c2s("say: {ack: int}"), c2s("say: {ack: int, timeout: 5s}")),
    ("CONCURRENT_CHANGE", "warning", SAY, (), c2s("say: {}"), c2s("say: {concurrent: true}")),
    ("AUTH_EXPIRES_CHANGE", "error", f"{NS}.auth", (CLIENTS, SERVERS), EVER, "namespaces: {/: {auth: {fields: {a: str}, expires: true}}}"),
    ("AUTH_EXPIRES_CHANGE", "error", f"{NS}.auth", (CLIENTS,), "namespaces: {/: {auth: {fields: {a: str}, expires: true}}}", EVER),
    ("RATE_LOWER", "error", SAY, (CLIENTS,), c2s("say: {}"), c2s(f"say: {FIVE}")),
    ("RATE_LOWER", "error", SAY, (CLIENTS,), c2s(f"say: {FIVE}"), c2s("say: {rate: {per_second: 4, burst: 9}}")),
    ("RATE_LOWER", "error", SAY, (CLIENTS,), c2s(f"say: {FIVE}"), c2s("say: {rate: {per_second: 5, burst: 8}}")),
    ("RATE_RAISE", "error", SAY, (SERVERS,), c2s(f"say: {FIVE}"), c2s("say: {}")),
    ("RATE_RAISE", "error", SAY, (SERVERS,), c2s(f"say: {FIVE}"), c2s("say: {rate: {per_second: 6, burst: 9}}")),
    ("RATE_RAISE", "error", SAY, (SERVERS,), c2s(f"say: {FIVE}"), c2s("say: {rate: {per_second: 5, burst: 10}}")),
    ("RATE_LOWER", "error", NS, (CLIENTS,), c2s("say: {}"), paced("say: {}")),
    ("RATE_RAISE", "error", NS, (SERVERS,), paced("say: {}"), c2s("say: {}")),
    ("RATE_LOWER", "error", SAY, (CLIENTS,), paced("say: {}"), paced("say: {rate: {per_second: 5, burst: 8}}")),
    ("ERROR_REPLIES_CHANGE", "error", NS, (CLIENTS,), c2s("say: {ack: int}"), silent("say: {ack: int}")),
    ("ERROR_REPLIES_CHANGE", "error", NS, (CLIENTS, SERVERS), c2s(f"say: {{ack: {ANY}}}"), silent(f"say: {{ack: {ANY}}}")),
    ("ERROR_REPLIES_CHANGE", "error", NS, (CLIENTS,), silent(f"say: {{ack: {ANY}}}"), c2s(f"say: {{ack: {ANY}}}")),
    ("ACK_ERROR_REMOVE", "error", f"{SAY}.errors.Full", (SERVERS,), silent(f"say: {{ack: {ANY}, errors: [Full]}}"), silent(f"say: {{ack: {ANY}}}")),
    ("ARG_REORDER", "error", f"{SAY}.ack.args", (CLIENTS, SERVERS), c2s("say: {ack: {args: {a: int, b: int}}}"), c2s("say: {ack: {args: {b: int, a: int}}}")),
    ("ARG_INSERT", "error", f"{SAY}.ack.args", (CLIENTS, SERVERS), c2s("say: {ack: {args: {a: int}}}"), c2s("say: {ack: {args: {b: int, a: int}}}")),
    ("SOURCE_ARG_RENAME", "warning", f"{SAY}.ack.args.c", (), c2s("say: {ack: {args: {a: int, b: int}}}"), c2s("say: {ack: {args: {a: int, c: int}}}")),
    ("ACK_ERROR_ADD", "error", f"{SAY}.errors.Full", (CLIENTS,), silent(f"say: {{ack: {ANY}}}"), silent(f"say: {{ack: {ANY}, errors: [Full]}}")),
    ("ACK_ERROR_ADD", "error", f"{SAY}.errors.Full", (CLIENTS,), silent("say: {ack: json}"), silent("say: {ack: json, errors: [Full]}")),
]  # fmt: skip
JUST_SAFE = [
    (silent("say: {ack: int}"), c2s("say: {ack: int}")),
    (
        silent("say: {ack: {fields: {a: int}}}"),
        silent("say: {ack: {fields: {a: int}}, errors: [Full]}"),
    ),
    (s2c(""), s2c("say: {}")),
    (c2s("say: {args: {a: int}}"), c2s("say: {args: {a: int, b: 'int?'}}")),
    (c2s("say: {}"), c2s("say: {errors: [Bad]}")),
    (c2s("say: {errors: [Bad]}"), c2s("say: {}")),
    (c2s("say: {ack: int, errors: [Full]}"), c2s("say: {ack: int}")),
    (c2s("say: {ack: {args: {a: int}}}"), c2s("say: {ack: {args: {a: int, b: 'int?'}}}")),
    (c2s("say: {ack: int}"), c2s("say: {ack: {args: {a: int}}}")),
    (c2s("say: {ack: null}"), c2s("say: {}")),
    ("namespaces: {/: {}}", "namespaces: {/: {auth: {fields: {a: 'int?'}}}}"),
]


@pytest.mark.parametrize("case", EVENTS)
def test_a_change_of_an_event_breaks(case: Case) -> None:
    rule, level, path, breaks, old, new = case
    assert (rule, level, breaks, path) in found(contract(old), contract(new))
    only = {one[0] for one in found(contract(old), contract(new)) if one[1] == "error"}
    assert only <= {rule}


@pytest.mark.parametrize(("old", "new"), JUST_SAFE)
def test_a_change_of_an_event_breaks_nobody(old: str, new: str) -> None:
    assert not [one for one in found(contract(old), contract(new)) if one[2]]


FULL = c2s("say: {ack: int, errors: [Full]}")
ROOM = "rooms: {doc: {name: 'doc:{a}', params: {a: str}}}\n"
TENANT = "namespaces: {'/t/{a}': {params: {a: str}}}"
OPEN = "namespaces: {'/t/{a}': {params: {a: str}, client_to_server: {say: {args: {b: int}}}}}"
STATIC = OPEN.replace("'/t/{a}': {params: {a: str}", "/t/x: {error_replies: true")
TALK = "namespaces: {/talk: {name: x, client_to_server: {tell: {name: say, args: {b: str}}}}}"
OTHERS: list[Case] = [
    ("ERROR_CODE_CHANGE", "error", "errors.Full", (CLIENTS, SERVERS), FULL, FULL.replace("Full: {", "Full: {code: no, ")),
    ("FIELD_ADD_REQUIRED", "error", "errors.Full.fields.b", (SERVERS,), FULL, FULL.replace("limit: int", "limit: int, b: int")),
    ("FIELD_REMOVE_REQUIRED", "error", "errors.Full.fields.limit", (CLIENTS,), FULL, FULL.replace("limit: int", "")),
    ("SOURCE_ERROR_RENAME", "warning", "errors.Over", (), FULL, FULL.replace("Full: {", "Over: {code: full, ").replace("[Full", "[Over")),
    ("SOURCE_ERROR_REMOVE", "warning", "errors.Bad", (), FULL, FULL.replace(", Bad: {}", "")),
    ("NAMESPACE_ADD", "error", "namespaces./b", (SERVERS,), "namespaces: {/a: {}}", "namespaces: {/a: {}, /b: {}}"),
    ("NAMESPACE_REMOVE", "error", "namespaces./b", (CLIENTS,), "namespaces: {/a: {}, /b: {}}", "namespaces: {/a: {}}"),
    ("NAMESPACE_RENAME", "error", "namespaces./b", (CLIENTS, SERVERS), "namespaces: {/a: {}}", "namespaces: {/b: {name: a}}"),
    ("SOURCE_NAMESPACE_RENAME", "warning", "namespaces./t/{b}.params.b", (), TENANT, TENANT.replace("{a", "{b")),
    ("SOURCE_NAMESPACE_RENAME", "warning", "namespaces./a", (), "namespaces: {/a: {}}", "namespaces: {/a: {name: b}}"),
    ("TYPE_NARROW", "error", "namespaces./t/{a}.params.a", (CLIENTS,), TENANT, TENANT.replace("a: str", "a: int")),
    ("FIELD_ADD_REQUIRED", "error", "types.ChatAuth.fields.a", (CLIENTS,), "namespaces: {/: {}}", "namespaces: {/: {auth: {fields: {a: int}}}}"),
    ("FIELD_REMOVE_REQUIRED", "error", "types.ChatAuth.fields.a", (SERVERS,), "namespaces: {/: {auth: {fields: {a: int}}}}", "namespaces: {/: {}}"),
    ("FIELD_ADD_REQUIRED", "error", "types.ChatSession.fields.a", (NODES,), "namespaces: {/: {}}", "namespaces: {/: {session: {fields: {a: int}}}}"),
    ("NAMESPACE_ADD", "error", "namespaces./t/{a}", (SERVERS,), STATIC, OPEN),
    ("NAMESPACE_REMOVE", "error", "namespaces./t/{a}", (CLIENTS,), OPEN, STATIC),
    ("NAMESPACE_REMOVE", "error", "namespaces./t/x", (CLIENTS,), STATIC, OPEN.replace("a: str", "a: int")),
    ("TYPE_CHANGE", "error", "namespaces./t/{a}.client_to_server.say.args.b", (CLIENTS, SERVERS), STATIC, OPEN.replace("b: int", "b: bool")),
    ("TYPE_CHANGE", "error", "namespaces./t/x.client_to_server.say.args.b", (CLIENTS, SERVERS), OPEN, STATIC.replace("b: int", "b: bool")),
    ("TYPE_CHANGE", "error", "namespaces./talk.client_to_server.tell.args.b", (CLIENTS, SERVERS), STATIC.replace("/t/x: {", "/x: {"), TALK),
    ("TYPE_CHANGE", "error", f"{NS}.client_to_server.tell.args.a", (CLIENTS, SERVERS), c2s("say: {args: {a: int}}"), c2s("tell: {name: say, args: {a: str}}")),
    ("TYPE_CHANGE", "error", f"{NS}.server_to_client.tell.args.a", (CLIENTS,), s2c("say: {args: {a: int}}"), s2c("tell: {name: say, args: {a: str}}")),
    ("ROOM_PATTERN_CHANGE", "error", "rooms.doc", (NODES,), ROOM, ROOM.replace("doc:{", "d:{")),
    ("ROOM_REMOVE", "warning", "rooms.doc", (), ROOM, ""),
    ("SOURCE_ROOM_RENAME", "warning", "rooms.file", (), ROOM, ROOM.replace("{doc:", "{file:")),
    ("SOURCE_ROOM_PARAMS", "warning", "rooms.doc", (), ROOM, ROOM.replace("a}", "b}").replace("{a:", "{b:")),
    ("SOURCE_ROOM_PARAMS", "warning", "rooms.doc", (), ROOM, ROOM.replace("a: str", "a: int")),
    ("TYPE_CHANGE", "error", f"{F}.a", (CLIENTS, SERVERS), types("M: {fields: {a: {fields: {b: bytes}}}}"), types("M: {fields: {a: json}}")),
    ("ACK_ERROR_REMOVE", "error", f"{SAY}.errors.Full", (SERVERS,), c2s(f"say: {{ack: {ANY}, errors: [Full]}}"), silent(f"say: {{ack: {ANY}}}")),
    ("TYPE_CHANGE", "error", "namespaces./t/{a}.params.a", (CLIENTS, SERVERS), TENANT.replace("a: str", "a: int"), TENANT.replace("a: str", "a: uuid")),
    ("SOURCE_TYPE_CHANGE", "warning", "types.R", (), types("M: {fields: {a: 'literal[\"a\"]'}}"), types("M: {fields: {a: R}}, R: {enum: [a]}")),
    ("SOURCE_TYPE_CHANGE", "warning", "types.N", (), types(f"{RECORD}, N: {{fields: {{a: int}}}}"), types(f"{RECORD}, N: {{fields: {{a: int}}}}").replace("m: M", "m: N")),
    ("SOURCE_TYPE_CHANGE", "warning", M, (), types("M: 'map[str, int]'"), types("M: {fields: {a: 'int?'}}")),
    ("SOURCE_TYPE_CHANGE", "warning", M, (), types("M: {type: 'list[int]', min_items: 2, max_items: 2}"), types("M: 'tuple[int, int]'")),
    ("SOURCE_ARM_REMOVE", "warning", f"{M}.members.b", (), types("M: {enum: [a, b], open: true}"), types("M: {enum: [a], open: true}")),
    ("SOURCE_ARM_REMOVE", "warning", M, (), types("M: {union: [A, B], tag: t, open: true}, A: {fields: {}}, B: {fields: {}}"), types("M: {union: [A], tag: t, open: true}, A: {fields: {}}, B: {fields: {}}")),
    ("ENUM_VALUE_CHANGE", "error", f"{M}.members.c", (CLIENTS, SERVERS), types("M: {enum: [{value: a, name: x}], open: true}"), types("M: {enum: [{value: c, name: x}], open: true}")),
    ("SOURCE_TYPE_RENAME", "warning", "types.N", (), types(RECORD), types(RECORD).replace("M", "N")),
    ("SOURCE_TYPE_REMOVE", "warning", "types.N", (), types(f"{RECORD}, N: int"), types(RECORD)),
    ("FIELD_REMOVE_OPTIONAL", "warning", f"{F}.b", (), types("M: {fields: {a: int, b: 'int?'}}"), types(RECORD)),
    ("DEFAULT_CHANGE", "warning", f"{F}.a", (), types("M: {fields: {a: int = 1}}"), types("M: {fields: {a: int = 2}}")),
    ("SOURCE_ARM_ADD", "warning", f"{M}.members.b", (), types("M: {enum: [a], open: true}"), types("M: {enum: [a, b], open: true}")),
    ("SOURCE_ARM_ADD", "warning", M, (), types("M: {union: [A], tag: t, open: true}, A: {fields: {}}, B: {fields: {}}"), types("M: {union: [A, B], tag: t, open: true}, A: {fields: {}}, B: {fields: {}}")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("param", "taken"),
    [
        ("str", True),
        ("{type: str, max_length: 1}", True),
        ('\'literal["x", "y"]\'', True),
        ("'literal[\"y\"]'", False),
        ("{type: str, min_length: 2}", False),
        ("uuid", False),
        ("int", False),
    ],
)
def test_a_static_namespace_may_become_a_dynamic_one_that_takes_its_path(
    param: str, taken: bool
) -> None:
    old, new = contract(STATIC), contract(OPEN.replace("a: str", f"a: {param}"))
    for before, after, rollout in ((old, new, CLIENTS), (new, old, SERVERS)):
        errors = [one for one in found(before, after) if one[1] == "error" and rollout in one[2]]
        assert (not errors) == taken


SWAPPED = (
    "errors: {{Full: {{code: {}, fields: {{a: int}}}}, Bad: {{code: {}}}}}\n"
    "namespaces: {{/: {{client_to_server: {{say: {{errors: [Full, Bad]}}}}}}}}"
)
"""Two errors, whose codes change places: what one program calls Full is Bad for the other."""


def test_what_is_found_of_two_parts_that_change_places_is_kept_apart() -> None:
    old, new = contract(SWAPPED.format("x", "y")), contract(SWAPPED.format("y", "x"))
    errors = [one for one in found(old, new) if one[1] == "error"]
    assert errors == [
        ("FIELD_REMOVE_REQUIRED", "error", (CLIENTS,), "errors.Full.fields.a"),
        ("FIELD_ADD_REQUIRED", "error", (SERVERS,), "errors.Full.fields.a"),
    ]


def test_readers_of_open_types_are_said_to_take_other_values_for_unknown() -> None:
    enums = [f"M: {{enum: [{{value: {value}, name: x}}], open: true}}" for value in "ab"]
    unions = [
        f"M: {{union: [A, B], tag: t, open: true}}, A: {{tag_value: {value}, fields: {{}}}}, "
        "B: {fields: {}}"
        for value in ("v", "w")
    ]
    for rule, pair in (("ENUM_VALUE_CHANGE", enums), ("TAG_VALUE_CHANGE", unions)):
        old, new = (contract(types(each)) for each in pair)
        (finding,) = (one for one in compare(old, new) if one.rule == rule)
        assert [text for _, text in finding.effects] == [
            "a new server takes for unknown what an old client may send",
            "an old server takes for unknown what a new client may send",
        ]
        assert not [one for one in compare(old, new) if one.rule.startswith("SOURCE_ARM")]


@pytest.mark.parametrize("case", OTHERS)
def test_another_change_breaks(case: Case) -> None:
    rule, level, path, breaks, old, new = case
    assert (rule, level, breaks, path) in found(contract(old), contract(new))


def uses(*declared: Any, **changes: Any) -> Contract:
    event = Event(name="say", identifier="say", args=(Field(name="m", type=RefType("M")),))
    namespace = Namespace(path="/", identifier="chat", client_to_server=(event,))
    return Contract(
        name="chat", version="1.0.0", types=declared, namespaces=(namespace,), **changes
    )


def record(*fields: Field, **changes: Any) -> Contract:
    return uses(Record(name="M", fields=fields, **changes))


def of_keys(key: Any) -> Contract:
    return record(Field(name="m", type=MapType(ScalarType("int"), key=key)))


def acked(*args: Field) -> Contract:
    event = Event(name="say", identifier="say", acked=True, ack_args=args)
    namespace = Namespace(path="/", identifier="chat", client_to_server=(event,))
    return Contract(name="chat", version="1.0.0", namespaces=(namespace,))


def python(schema: Any, path: str = "a.B") -> Contract:
    return uses(PythonType(name="M", path=path, json_schema=schema))


A = Field(name="a", type=ScalarType("int"))
B = Field(name="b", type=ScalarType("int"))
MAYBE = replace(A, required=False)
ROLE = Enum(name="M", members=(EnumMember(value="a", identifier="x"),))
UNION = (Record(name="R", fields=(), tag_value="r"), TaggedUnion(name="M", tag="t", members=("R",)))
CaseOfIr = tuple[str, str, str, tuple[str, ...], Contract, Contract]
OF_IR: list[CaseOfIr] = [
    ("FIELD_RENAME", "error", f"{F}.b", (CLIENTS, SERVERS), record(A), record(replace(A, name="b"))),
    ("FIELD_RENAME", "warning", f"{F}.b", (), record(MAYBE), record(replace(MAYBE, name="b"))),
    ("SOURCE_FIELD_RENAME", "warning", f"{F}.a", (), record(A), record(replace(A, identifier="c"))),
    ("ENUM_VALUE_CHANGE", "error", f"{M}.members.b", (CLIENTS, SERVERS), uses(ROLE), uses(replace(ROLE, members=(EnumMember(value="b", identifier="x"),)))),
    ("SOURCE_MEMBER_RENAME", "warning", f"{M}.members.a", (), uses(ROLE), uses(replace(ROLE, members=(EnumMember(value="a"),)))),
    ("SOURCE_TAG_RENAME", "warning", M, (), uses(*UNION), uses(UNION[0], replace(UNION[1], tag_identifier="kind"))),
    ("PYTHON_TYPE_CHANGE", "error", M, (CLIENTS, SERVERS), python({"type": "string"}), python({"type": "object"})),
    ("PYTHON_TYPE_UNKNOWN", "warning", M, (), python(None), python({"type": "object"})),
    ("PYTHON_TYPE_CHANGE", "error", M, (CLIENTS, SERVERS), python(None), record(A)),
    ("SOURCE_PYTHON_PATH", "warning", M, (), python({"title": "A", "type": "string"}), python({"type": "string"}, "c.D")),
    ("TYPE_WIDEN", "error", f"{F}.m.key", (SERVERS,), of_keys(ScalarType("uuid")), of_keys(ScalarType("str"))),
    ("TYPE_WIDEN", "error", f"{F}.a", (SERVERS,), record(replace(A, type=ScalarType("email"))), record(replace(A, type=ScalarType("str")))),
    ("TYPE_WIDEN", "error", f"{F}.a", (SERVERS,), record(replace(A, type=ScalarType("ip"))), record(replace(A, type=ScalarType("str")))),
    ("TYPE_WIDEN", "error", f"{F}.a", (SERVERS,), record(replace(A, type=ScalarType("json_object"))), record(replace(A, type=ScalarType("json")))),
    ("TYPE_WIDEN", "error", f"{F}.a", (SERVERS,), record(replace(A, type=MapType(ScalarType("int")))), record(replace(A, type=ScalarType("json_object")))),
    ("ARG_ADD_REQUIRED", "error", f"{SAY}.ack.args.b", (SERVERS,), acked(A), acked(A, B)),
    ("ARG_REMOVE_LAST", "error", f"{SAY}.ack.args.b", (CLIENTS,), acked(A, B), acked(A)),
    ("ACK_ARITY_CHANGE", "error", f"{SAY}.ack", (CLIENTS, SERVERS), acked(), acked(A)),
    ("ARG_ADD_REQUIRED", "error", f"{SAY}.ack.args.b", (SERVERS,), contract(c2s("say: {ack: int}")), acked(A, B)),
    ("CONTRACT_RENAME", "error", "name", (CLIENTS, SERVERS), record(A), replace(record(A), name="other")),
    # Removed and reserved
    ("FIELD_REMOVE_REQUIRED", "warning", f"{F}.b", (SERVERS,), record(A, B), record(A, reserved=("b",))),
    ("ENUM_REMOVE", "warning", f"{M}.members.b", (CLIENTS,), uses(replace(ROLE, members=(*ROLE.members, EnumMember(value="b")))), uses(replace(ROLE, reserved=("b",)))),
    ("NAMESPACE_REMOVE", "warning", "namespaces./", (CLIENTS,), record(A), replace(record(A), namespaces=(), reserved=ReservedNames(namespaces=("/",)))),
    ("C2S_EVENT_REMOVE", "warning", SAY, (CLIENTS,), record(A), replace(record(A), namespaces=(Namespace(path="/", identifier="chat", reserved=ReservedEvents(client_to_server=("say",))),))),
    ("RESERVED_REMOVE", "warning", M, (), record(A, reserved=("b",)), record(A)),
    ("RESERVED_REMOVE", "warning", "errors", (), replace(record(A), reserved=ReservedNames(errors=("bad",))), record(A)),
]  # fmt: skip


@pytest.mark.parametrize("case", OF_IR)
def test_a_change_of_the_contract_breaks(case: CaseOfIr) -> None:
    rule, level, path, breaks, old, new = case
    assert (rule, level, breaks, path) in found(old, new)


def test_every_rule_has_a_case() -> None:
    cases = {each[0] for each in (*EVENTS, *OTHERS, *OF_IR, *BOTH_DIRECTIONS)}
    cases |= {rule for each in ONE_DIRECTION for rule in each[:2]}
    assert cases == set(RULES) - {"VERSION_NOT_RAISED"}


@pytest.mark.parametrize(
    ("before", "after", "breaks", "said"),
    [
        ("1.2.3", "2.0.0", True, None),
        ("1.2.3", "1.3.0", True, "1.3.0; for a break raise it to 2.0.0"),
        ("0.2.3", "0.3.0", True, None),
        ("0.2.3", "0.2.4", True, "0.2.4; for a break raise it to 0.3.0"),
        ("1.2.3", "1.2.3", False, "1.2.3, as it was before the change"),
        ("1.2.3", "1.2.4", False, None),
        ("1.2.3", "1.2.2", False, "1.2.2, it was 1.2.3"),
    ],
)
def test_the_version_says_what_has_changed(
    before: str, after: str, breaks: bool, said: str | None
) -> None:
    changes = record(A, B) if breaks else record(A, replace(B, required=False))
    old, new = replace(record(A), version=before), replace(changes, version=after)
    summaries = [one.summary for one in compare(old, new) if one.rule == "VERSION_NOT_RAISED"]
    assert summaries == ([] if said is None else [said])
    assert not compare(new, replace(new, doc="Words."))


def test_a_rollout_shows_its_own_breaks_and_the_warnings() -> None:
    old, new = record(A, B), record(A)
    for rollout in ROLLOUTS:
        breaks = [one.breaks for one in compare(old, new, [rollout]) if one.breaks]
        assert breaks == ([(rollout,)] if rollout == SERVERS else [])


def test_places_are_those_of_the_schema_file_inline_records_included() -> None:
    text = HEAD + (
        "types:\n  M: {fields: {a: int}}\n  E: {enum: [x]}\n"
        "errors:\n  Bad: {fields: {b: int}}\nrooms:\n  r: {name: r}\n"
        "namespaces:\n  /:\n    auth:\n      fields:\n        token: str\n"
        "    client_to_server:\n      say:\n        args:\n          m: M\n        ack:\n"
        "          fields:\n            deep: {fields: {c: int}}\n        errors: [Bad]\n"
    )
    loaded = load_bytes(text.encode(), "chat.yaml")
    assert loaded.contract is not None
    places = Places(loaded.files.values(), loaded.contract)
    wanted = {
        "types.M.fields.a": "a: int",
        "types.E.members.x": "x]",
        "errors.Bad.fields.b": "b: int",
        "rooms.r": "r: {",
        "types.ChatAuth.fields.token": "token: str",
        f"{SAY}.args.m": "m: M",
        "types.SayAck.fields.deep": "deep:",
        "types.SayAckDeep.fields.c": "c: int",
        f"{SAY}.errors.Bad": "Bad]",
        f"{SAY}.args.gone": "say:",
        "nothing": "chat",
    }
    for path, begin in wanted.items():
        at = places.find(tuple(path.split("."))).range
        assert text.splitlines()[at.line - 1][at.column - 1 :].startswith(begin), path
