"""The IR of good files."""

from __future__ import annotations

from pathlib import Path

import pytest
from ackord.schema import Contract, load_bytes, load_contract
from ackord.schema.model import (
    Alias,
    Constraints,
    Default,
    Enum,
    EnumMember,
    Error,
    Event,
    Field,
    ListType,
    LiteralType,
    MapType,
    Namespace,
    NewType,
    NullableType,
    Rate,
    Record,
    RefType,
    ReservedEvents,
    ReservedNames,
    Room,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    UnionType,
)

HEAD = "ackord: 1\nname: demo\nversion: 1.0.0\nignore: {S063: tested}\n"
EXAMPLES = Path(__file__).parents[2] / "examples"

STR, INT, BOOL = ScalarType("str"), ScalarType("int"), ScalarType("bool")

DESIGN = """\
ackord: 1                       # version of this language
name: collab                    # names the generated package
version: 2.3.0                  # version of the contract, compared by `ackord breaking`
doc: Editing documents together.

types:
  DocId: {newtype: str, pattern: "^[a-z0-9-]{8,36}$", doc: Opaque document id.}
  Role: {enum: [owner, editor, viewer], open: true}    # open: readers accept unknown members
  Message:
    doc: One chat line.
    fields:
      id: int
      role: Role = viewer
      text: {type: str, min_length: 1, max_length: 4000}
      score: {type: float, ge: 0, lt: 1}
      tags: list[str] = []
      meta: map[str, int]?        # may be absent
      reply_to: DocId | null      # must be present, may be null
      legacy_id: {type: "int?", deprecated: "use id; removed in 3.0"}
  Body: {union: [TextBody, ImageBody], tag: kind}
  TextBody: {fields: {text: str}}                      # tag value defaults to the snake_case name
  ImageBody: {tag_value: img, fields: {data: bytes, mime: str}}

errors:                           # what an ack or a refused connection may say instead
  RoomFull: {fields: {limit: int}}                     # code defaults to room_full
  Banned: {code: banned, fields: {until: datetime}}

rooms:
  document: {name: "document:{doc}", params: {doc: DocId}}
  lobby: {name: lobby}

namespaces:
  /collab:
    auth: {fields: {token: str, client_version: "str?"}}   # payload of CONNECT
    session: {fields: {user_id: int}}                      # typed per-connection data (`socket.data`)
    connect_errors: [Banned]
    client_to_server:
      send_message:
        doc: Post one message into a document.
        args:                     # positional on the wire, in this order
          doc: DocId
          body: Body
          urgent: bool = false
        ack: {fields: {message_id: str}}   # an inline record, or any type; absent: no ack
        errors: [RoomFull, Banned]
        timeout: 5s
      upload: {args: {name: str, chunk: bytes}, ack: int}
      "old:event": {deprecated: use send_message, name: old_event}   # `name` is the identifier in generated code
    server_to_client:
      message_posted: {rooms: [document], args: {message: Message}}
      confirm: {args: {question: str}, ack: bool}
    server_to_server:             # serverSideEmit between the nodes of a cluster
      cache_cleared: {args: {key: str}}
  "/tenant/{tenant}":             # a dynamic namespace with typed parameters
    params: {tenant: uuid}
    client_to_server: {ping: {ack: datetime}}
"""

COLLAB = Contract(
    name="collab",
    version="2.3.0",
    doc="Editing documents together.",
    types=(
        NewType(
            name="DocId",
            base=ScalarType("str", Constraints(pattern="^[a-z0-9-]{8,36}$")),
            doc="Opaque document id.",
        ),
        Enum(
            name="Role",
            members=(
                EnumMember(value="owner"),
                EnumMember(value="editor"),
                EnumMember(value="viewer"),
            ),
            open=True,
        ),
        Record(
            name="Message",
            doc="One chat line.",
            fields=(
                Field(name="id", type=INT),
                Field(name="role", type=RefType("Role"), required=False, default=Default("viewer")),
                Field(
                    name="text", type=ScalarType("str", Constraints(min_length=1, max_length=4000))
                ),
                Field(name="score", type=ScalarType("float", Constraints(ge=0, lt=1))),
                Field(name="tags", type=ListType(STR), required=False, default=Default([])),
                Field(name="meta", type=MapType(INT), required=False),
                Field(name="reply_to", type=NullableType(RefType("DocId"))),
                Field(
                    name="legacy_id", type=INT, required=False, deprecated="use id; removed in 3.0"
                ),
            ),
        ),
        TaggedUnion(name="Body", tag="kind", members=("TextBody", "ImageBody")),
        Record(name="TextBody", tag_value="text_body", fields=(Field(name="text", type=STR),)),
        Record(
            name="ImageBody",
            tag_value="img",
            fields=(Field(name="data", type=ScalarType("bytes")), Field(name="mime", type=STR)),
        ),
        Record(
            name="CollabAuth",
            fields=(
                Field(name="token", type=STR),
                Field(name="client_version", type=STR, required=False),
            ),
        ),
        Record(name="CollabSession", fields=(Field(name="user_id", type=INT),)),
        Record(name="SendMessageAck", fields=(Field(name="message_id", type=STR),)),
    ),
    errors=(
        Error(name="RoomFull", code="room_full", fields=(Field(name="limit", type=INT),)),
        Error(
            name="Banned", code="banned", fields=(Field(name="until", type=ScalarType("datetime")),)
        ),
    ),
    rooms=(
        Room(
            name="document",
            template="document:{doc}",
            params=(Field(name="doc", type=RefType("DocId")),),
        ),
        Room(name="lobby", template="lobby"),
    ),
    namespaces=(
        Namespace(
            path="/collab",
            identifier="collab",
            auth=RefType("CollabAuth"),
            session=RefType("CollabSession"),
            connect_errors=("Banned",),
            client_to_server=(
                Event(
                    name="send_message",
                    identifier="send_message",
                    doc="Post one message into a document.",
                    args=(
                        Field(name="doc", type=RefType("DocId")),
                        Field(name="body", type=RefType("Body")),
                        Field(
                            name="urgent", type=BOOL, required=False, default=Default(value=False)
                        ),
                    ),
                    ack=RefType("SendMessageAck"),
                    acked=True,
                    errors=("RoomFull", "Banned"),
                    timeout=5.0,
                ),
                Event(
                    name="upload",
                    identifier="upload",
                    args=(
                        Field(name="name", type=STR),
                        Field(name="chunk", type=ScalarType("bytes")),
                    ),
                    ack=INT,
                    acked=True,
                ),
                Event(name="old:event", identifier="old_event", deprecated="use send_message"),
            ),
            server_to_client=(
                Event(
                    name="message_posted",
                    identifier="message_posted",
                    args=(Field(name="message", type=RefType("Message")),),
                    rooms=("document",),
                ),
                Event(
                    name="confirm",
                    identifier="confirm",
                    args=(Field(name="question", type=STR),),
                    ack=BOOL,
                    acked=True,
                ),
            ),
            server_to_server=(
                Event(
                    name="cache_cleared",
                    identifier="cache_cleared",
                    args=(Field(name="key", type=STR),),
                ),
            ),
        ),
        Namespace(
            path="/tenant/{tenant}",
            identifier="tenant",
            params=(Field(name="tenant", type=ScalarType("uuid")),),
            client_to_server=(
                Event(name="ping", identifier="ping", ack=ScalarType("datetime"), acked=True),
            ),
        ),
    ),
)


def loaded(text: str) -> Contract:
    result = load_bytes((HEAD + text).encode(), "demo.yaml")
    assert result.contract is not None, result.diagnostics
    # The heads of the tests ignore S063 whether they need it or not.
    assert {one.code for one in result.diagnostics} <= {"S076"}
    return result.contract


def field(text: str) -> Field:
    """Load `text` as the field `a` of a record."""
    extra = (
        "  Role: {enum: [owner, viewer]}\n  Point: {fields: {x: int, y: 'int = 0'}}\n"
        "  Shape: {union: [Point], tag: kind}\n"
    )
    record = loaded(f"types:\n{extra}  Thing:\n    fields:\n      a: {text}\n").types[-1]
    assert isinstance(record, Record)
    return record.fields[0]


def event(text: str, *, above: str = "", document: str = "") -> Event:
    contract = loaded(
        f"{document}errors: {{Bad: {{}}}}\nnamespaces:\n  /a:\n    {above}\n    "
        f"client_to_server:\n      e: {text}\n"
    )
    return contract.namespaces[0].client_to_server[0]


def test_the_sample_of_the_design() -> None:
    result = load_bytes(DESIGN.encode(), "collab.yaml")
    assert [found.code for found in result.diagnostics] == ["S063"]
    assert result.contract == COLLAB


def test_the_chat_example() -> None:
    contract = load_contract(EXAMPLES / "chat/chat.yaml").contract
    assert contract is not None
    names = [
        "RoomName",
        "UserName",
        "TextBody",
        "ImageBody",
        "Body",
        "Message",
        "ChatAuth",
        "ChatSession",
        "JoinAck",
        "SendMessageAck",
    ]
    assert [declaration.name for declaration in contract.types] == names
    chat = contract.namespaces[0]
    assert (chat.path, chat.identifier, chat.auth, chat.session) == (
        "/chat",
        "chat",
        RefType("ChatAuth"),
        RefType("ChatSession"),
    )
    assert [event.ack_style for event in chat.client_to_server] == [
        "bare",
        "bare",
        "bare",
        "bare",
        "result",
    ]
    assert [event.acked for event in chat.client_to_server] == [True, True, True, False, True]
    assert chat.client_to_server[0].timeout == 5.0
    assert chat.client_to_server[4].ack == MapType(INT)
    assert contract.rooms[0].doc == "Everybody who has joined one room."


def test_type_expressions() -> None:
    cases: list[tuple[str, Type]] = [
        ("list[map[str, int | null]]", ListType(MapType(NullableType(INT)))),
        ("tuple[int, list[str]]", TupleType((INT, ListType(STR)))),
        ('literal["a", 1, true]', LiteralType(("a", 1, True))),
        ("int | str | null", NullableType(UnionType((INT, STR)))),
        ("null | str", NullableType(STR)),
        (
            "Point | list[Point] | Role",
            UnionType((RefType("Point"), ListType(RefType("Point")), RefType("Role"))),
        ),
        ("'list[ Thing ]'", ListType(RefType("Thing"))),
        (
            "{type: 'list[int] | null', max_items: 3}",
            NullableType(ListType(INT, Constraints(max_items=3))),
        ),
        (
            "{type: decimal, multiple_of: 0.5}",
            ScalarType("decimal", Constraints(multiple_of="0.5")),
        ),
        (
            "{type: decimal, ge: '0.10', lt: 1e3}",
            ScalarType("decimal", Constraints(ge="0.10", lt="1E+3")),
        ),
        (
            "{type: decimal, gt: 0xF, le: '+50'}",
            ScalarType("decimal", Constraints(gt="15", le="50")),
        ),
        (
            "{type: decimal, max_digits: 5, decimal_places: 2}",
            ScalarType("decimal", Constraints(max_digits=5, decimal_places=2)),
        ),
        ("{type: int, ge: 1.0}", ScalarType("int", Constraints(ge=1))),
        ("{type: int, le: 1e30}", ScalarType("int", Constraints(le=10**30))),
        (
            "{type: int64, le: 9007199254740993.0}",
            ScalarType("int64", Constraints(le=9007199254740993)),
        ),
        (
            "{type: float, ge: 9007199254740992, le: 1.5e300}",
            ScalarType("float", Constraints(ge=9007199254740992, le=1.5e300)),
        ),
    ]
    for text, expected in cases:
        assert field(text) == Field(name="a", type=expected), text


def test_defaults() -> None:
    cases: list[tuple[str, object]] = [
        ("int = 5", 5),
        ('str = "a b"', "a b"),
        ("bool = true", True),
        ("float = 1", 1.0),
        ("int | null = null", None),
        ("Role = owner", "owner"),
        ('Role = "owner"', "owner"),
        ("list[Role] = [owner, viewer]", ["owner", "viewer"]),
        ('tuple[int, str] = [1, "x"]', [1, "x"]),
        ("'map[str, Role] = {\"a\": owner}'", {"a": "owner"}),
        ("'Point = {\"x\": 1}'", {"x": 1}),
        ("'Shape = {\"kind\": \"point\", \"x\": 1}'", {"kind": "point", "x": 1}),
        ("'json = {\"a\": [1, null]}'", {"a": [1, None]}),
        ("decimal = 1.50", "1.50"),
        ("decimal = 0.1234567890123456789012", "0.1234567890123456789012"),
        ("'list[decimal] = [1, 1e3, -0.10]'", ["1", "1E+3", "-0.10"]),
        ('decimal | bool = "2.5"', "2.5"),
        ("json = [1.5, 1e3]", [1.5, 1000.0]),
        ("float | str = 2.5", 2.5),
        ('decimal = "1.50"', "1.50"),
        ("int64 = 9007199254740993", 9007199254740993),
        ('datetime = "2026-01-31T12:00:00Z"', "2026-01-31T12:00:00Z"),
        ('datetime = "2026-01-31t12:00:00.5z"', "2026-01-31T12:00:00.500000Z"),
        ('time = "12:30z"', "12:30:00Z"),
        ('uuid = "ABCDEF01-1234-5678-1234-567812345678"', "abcdef01-1234-5678-1234-567812345678"),
        ('url = "HTTP://Example.com"', "http://example.com/"),
        ('duration = "PT5S"', "PT5S"),
        ('int | str = "x"', "x"),
        ('literal["a", "b"] = "b"', "b"),
    ]  # fmt: skip
    for text, expected in cases:
        found = field(text)
        assert found.default is not None
        assert found.default == Default(expected), text
        assert type(found.default.value) is type(expected), text
        assert not found.required


def test_absent_and_null_differ() -> None:
    assert field("int?") == Field(name="a", type=INT, required=False)
    assert field("int | null") == Field(name="a", type=NullableType(INT))
    assert field("int | null?") == Field(name="a", type=NullableType(INT), required=False)


def test_docs_and_deprecations_go_everywhere() -> None:
    contract = loaded("""\
doc: D0
types:
  A: {newtype: str, doc: D1, deprecated: X1}
  B: {enum: [x, {value: y, doc: D2, deprecated: X2}], doc: D3}
  C: {fields: {a: {type: int, doc: D4, deprecated: X4}, b: {fields: {c: int}, doc: D5}}, doc: D6}
  D: {union: [C], tag: t, doc: D7}
  E: {type: 'list[int]', doc: D8, max_items: 3}
  F: {union: [int, str], doc: D9}
errors:
  Bad: {doc: D10, deprecated: X10}
rooms:
  r: {name: "r:{p}", params: {p: {type: str, doc: D11}}, doc: D12}
namespaces:
  /n:
    doc: D13
    deprecated: X13
    client_to_server:
      e: {doc: D14, deprecated: X14, args: {a: {type: int, doc: D15, deprecated: X15}}}
""")
    text = repr(contract)
    assert all(f"'D{number}'" in text for number in range(16))
    assert all(f"'X{number}'" in text for number in (1, 2, 4, 10, 13, 14, 15))
    nested = next(declaration for declaration in contract.types if declaration.name == "CB")
    assert nested.doc == "D5"
    assert [declaration.name for declaration in contract.types] == [
        "A",
        "B",
        "C",
        "CB",
        "D",
        "E",
        "F",
    ]
    assert isinstance(contract.types[5], Alias)
    assert contract.types[5].type == ListType(INT, Constraints(max_items=3))


def test_ack_styles_come_from_the_nearest_setting() -> None:
    assert event("{ack: int}").ack_style == "bare"
    assert event("{ack: int, errors: [Bad]}").ack_style == "bare"
    assert event("{ack: int, acks: result}").ack_style == "result"
    assert event("{ack: int, errors: [Bad]}", above="acks: result").ack_style == "result"
    assert event("{ack: int, acks: bare}", above="acks: result").ack_style == "bare"
    assert event("{ack: int}", document="acks: result\n").ack_style == "result"
    assert event("{ack: int}", document="acks: result\n", above="acks: bare").ack_style == "bare"
    assert event("{}", document="acks: result\n").ack_style == "bare"


def test_errors_alone_make_an_acknowledgement() -> None:
    found = event("{errors: [Bad]}")
    assert (found.acked, found.ack, found.ack_style) == (True, None, "bare")


@pytest.mark.parametrize(
    "ack",
    [
        "'list[json]'",
        "'tuple[json, int]'",
        "{fields: {errors: json, a: {fields: {error: int}}}}",
        "bytes",
        "'literal[\"error\"] | int'",
    ],
)
def test_what_cannot_be_an_object_with_an_error_travels_bare(ack: str) -> None:
    assert event(f"{{ack: {ack}}}").ack_style == "bare"


@pytest.mark.parametrize("above", ["acks: result", "error_replies: false"])
def test_any_value_may_be_answered_where_failures_have_another_form_or_there_are_none(
    above: str,
) -> None:
    for ack in ("json", "'map[str, int]'", "{fields: {error: str}}"):
        assert event(f"{{ack: {ack}, errors: [Bad]}}", above=above).acked


def test_a_rate_has_a_burst_of_one_second_unless_it_says_more() -> None:
    assert event("{rate: {per_second: 2.5}}").rate == Rate(per_second=2.5, burst=3)
    assert event("{rate: {per_second: 5, burst: 10}}").rate == Rate(per_second=5.0, burst=10)
    assert event("{}").rate is None


def test_authentication_that_expires_has_an_event_that_renews_it() -> None:
    for auth, of in (
        ("{fields: {a: str}, expires: true}", "AAuth"),
        ("{type: Token, expires: true}", "Token"),
        ("{type: Token, expires: false}", None),
    ):
        (namespace,) = loaded(
            "types: {Token: {fields: {a: str}}}\nerrors: {Bad: {}}\n"
            f"namespaces: {{/a: {{auth: {auth}, connect_errors: [Bad], acks: result}}}}\n"
        ).namespaces
        assert namespace.auth_expires == (of is not None)
        assert namespace.client_to_server == (
            ()
            if of is None
            else (
                Event(
                    name="ackord:refresh_auth",
                    identifier="refresh_auth",
                    args=(Field(name="auth", type=RefType(of)),),
                    acked=True,
                    ack_style="result",
                    errors=("Bad",),
                    doc="Renew the authentication of this connection, before it expires.",
                ),
            )
        )


def test_timeouts_are_seconds() -> None:
    for text, seconds in (
        ("5s", 5.0),
        ("500ms", 0.5),
        ("2m", 120.0),
        ("1.5s", 1.5),
        ("1ms", 0.001),
    ):
        assert event(f"{{ack: int, timeout: {text}}}").timeout == seconds


def test_an_event_may_be_empty_and_concurrent() -> None:
    assert event("") == Event(name="e", identifier="e")
    assert event("{concurrent: true}").concurrent


def test_identifiers() -> None:
    contract = loaded(
        "namespaces:\n  /: {client_to_server: {sendHTTPMessage: {}, A: {}, x-y: {name: "
        "other}}}\n  /admin/users-list: {}\n  '/t/{a}/{b}': {params: {a: int, b: str}}\n  "
        "'/{only}': {params: {only: str}}\n  /1: {name: first}\n"
    )
    assert [namespace.identifier for namespace in contract.namespaces] == [
        "demo",
        "admin_users_list",
        "t",
        "only",
        "first",
    ]
    assert [found.identifier for found in contract.namespaces[0].client_to_server] == [
        "send_http_message",
        "a",
        "other",
    ]


def test_records_may_be_recursive() -> None:
    contract = loaded(
        "types:\n  Tree: {fields: {children: 'list[Tree]', parent: 'Tree | null', next: "
        "'Tree?', value: Leaf}}\n  Leaf: {fields: {tree: 'Any?'}}\n  Any: Tree\n"
    )
    assert len(contract.types) == 3


def test_declared_names_may_be_like_keys() -> None:
    contract = loaded(
        "types:\n  A:\n    fields:\n      type: str\n      fields: int\n      doc: {type: bool}\n"
    )
    record = contract.types[0]
    assert isinstance(record, Record)
    assert [(one.name, one.type) for one in record.fields] == [
        ("type", STR),
        ("fields", INT),
        ("doc", BOOL),
    ]


def test_inline_records_of_events_with_the_same_name_get_longer_names_after_the_first() -> None:
    event = "{args: {at: {fields: {x: int}}}, ack: {fields: {n: int}}}"
    text = (
        f"{HEAD}namespaces:\n  /a:\n    client_to_server: {{ping: {event}}}\n"
        f"  /b:\n    client_to_server: {{ping: {event}}}\n    server_to_client: {{ping: "
        f"{event}, look: {event}}}\n"
    )
    contract = load_bytes(text.encode(), "demo.yaml").contract
    assert contract is not None
    assert [each.name for each in contract.types] == [
        "PingAt", "PingAck", "BPingAt", "BPingAck", "BPingFromServerAt", "BPingFromServerAck", "LookAt", "LookAck",
    ]  # fmt: skip
    assert contract.namespaces[1].client_to_server[0].ack == RefType("BPingAck")


def test_rooms_whose_parameters_rule_out_the_same_name_may_begin_alike() -> None:
    text = (
        f"{HEAD}types:\n  E: {{enum: [a, b]}}\n  D: {{newtype: str, pattern: "
        f"'^[a-z0-9-]{{8,36}}$'}}\nrooms:\n"
        "  one: {name: 'r:{n}', params: {n: int}}\n"
        "  all: {name: 'r:all'}\n"
        "  enum: {name: 'r:x{e}', params: {e: E}}\n"
        "  doc: {name: 'd:{d}', params: {d: D}}\n"
        "  docs: {name: 'd:{d}:all', params: {d: D}}\n"
        "  day: {name: 'r:{d}/{n}', params: {d: date, n: int}}\n"
        "  which: {name: 'r:w{w}', params: {w: 'literal[1, 2]'}}\n"
        "  third: {name: 'r:w3'}\n"
    )
    result = load_bytes(text.encode(), "demo.yaml")
    # The heads of the tests ignore S063 whether they need it or not.
    assert {one.code for one in result.diagnostics} <= {"S076"}
    assert result.contract is not None
    assert len(result.contract.rooms) == 8


def test_names_versions_and_removed_names_stand_where_they_belong() -> None:
    contract = load_bytes(
        (
            HEAD
            + """\
names: camelCase
reserved: {types: [Old], errors: [E1], rooms: [hall], namespaces: [/v0]}
types:
  User:
    reserved: [old_name]
    since: 0.9.0
    fields: {user_id: int, "@at": {type: int, name: at, since: 1.0.0}, in_line: {fields: {a_b: int}, reserved: [c_d]}}
  Role: {enum: [{value: a-b, name: ab}, c], reserved: [d]}
  Body: {union: [Text], tag: body_kind, reserved: [img]}
  Text: {fields: {}}
errors: {E2: {name: Second, fields: {a_b: int}}, Third: {code: "3!"}}
namespaces:
  /:
    reserved: {client_to_server: [go_away]}
    client_to_server:
      join_room: {args: {room_id: {type: int, name: room}}, ack: null, errors: [E2, Third]}
      LEAVE: {name: leave, ack: {args: {err: int | null, a_b: int}}, errors: [Second]}
"""
        ).encode(),
        "a.yaml",
    ).contract
    assert contract == Contract(
        name="demo",
        version="1.0.0",
        reserved=ReservedNames(
            types=("Old",), errors=("E1",), rooms=("hall",), namespaces=("/v0",)
        ),
        types=(
            Record(
                name="User",
                reserved=("oldName",),
                since="0.9.0",
                fields=(
                    Field(name="userId", identifier="user_id", type=INT),
                    Field(name="@at", identifier="at", type=INT, since="1.0.0"),
                    Field(name="inLine", identifier="in_line", type=RefType("UserInLine")),
                ),
            ),
            Record(
                name="UserInLine",
                reserved=("cD",),
                fields=(Field(name="aB", identifier="a_b", type=INT),),
            ),
            Enum(
                name="Role",
                members=(EnumMember(value="a-b", identifier="ab"), EnumMember(value="c")),
                reserved=("d",),
            ),
            TaggedUnion(
                name="Body",
                tag="bodyKind",
                tag_identifier="body_kind",
                members=("Text",),
                reserved=("img",),
            ),
            Record(name="Text", tag_value="text", fields=()),
        ),
        errors=(
            Error(name="Second", code="E2", fields=(Field(name="aB", identifier="a_b", type=INT),)),
            Error(name="Third", code="3!"),
        ),
        namespaces=(
            Namespace(
                path="/",
                identifier="demo",
                reserved=ReservedEvents(client_to_server=("goAway",)),
                client_to_server=(
                    Event(
                        name="joinRoom",
                        identifier="join_room",
                        args=(Field(name="room_id", identifier="room", type=INT),),
                        acked=True,
                        errors=("Second", "Third"),
                    ),
                    Event(
                        name="LEAVE",
                        identifier="leave",
                        acked=True,
                        ack_args=(
                            Field(name="err", type=NullableType(INT)),
                            Field(name="a_b", type=INT),
                        ),
                        errors=("Second",),
                    ),
                ),
            ),
        ),
    )


def test_parts_of_a_type_written_in_place_are_those_of_an_expression() -> None:
    cases: list[tuple[str, Type]] = [
        ("{type: list, items: str}", ListType(STR)),
        (
            "{type: 'list | null', items: {type: str, max_length: 5}, max_items: 3}",
            NullableType(
                ListType(ScalarType("str", Constraints(max_length=5)), Constraints(max_items=3))
            ),
        ),
        (
            "{type: int | list, items: {type: list, items: Role}}",
            UnionType((INT, ListType(ListType(RefType("Role"))))),
        ),
        ("{type: tuple, items: [int, {fields: {}}]}", TupleType((INT, RefType("ThingAItem2")))),
        ("{type: map, values: {fields: {}}}", MapType(RefType("ThingAValue"))),
        (
            "{type: map, keys: {type: str, max_length: 5}, values: int}",
            MapType(INT, key=ScalarType("str", Constraints(max_length=5))),
        ),
        ("map[Role, int]", MapType(INT, key=RefType("Role"))),
    ]
    for text, wanted in cases:
        schema = f"{HEAD}types:\n  Role: {{enum: [a]}}\n  Thing: {{fields: {{a: {text!r}}}}}\n"
        schema = schema.replace('"{', "{").replace('}"', "}").replace("'{", "{").replace("}'", "}")
        contract = load_bytes(schema.encode(), "a.yaml").contract
        assert contract is not None, text
        thing = next(each for each in contract.types if each.name == "Thing")
        assert isinstance(thing, Record)
        assert thing.fields[0].type == wanted
