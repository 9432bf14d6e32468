"""Names: what is escaped, who gets which, and that the tables of reserved names are those of the
runtime.
"""

from __future__ import annotations

import keyword
import unicodedata
import warnings
from typing import Any

import pytest
from ackord.codegen import NotSupportedError, generate
from ackord.codegen.casing import camel, constant, prefixed
from ackord.codegen.planning import plan_contract
from ackord.codegen.python import reserved
from ackord.codegen.python.names import attribute, scope
from ackord.codegen.python.naming import EventNames, Names, NamespaceNames, name_everything
from ackord.runtime.stubs import v1
from ackord.schema.model import (
    Contract,
    Enum,
    EnumMember,
    Error,
    Event,
    Field,
    Namespace,
    Record,
    Room,
    ScalarType,
    TaggedUnion,
)
from hypothesis import given
from hypothesis import strategies as st


def public(class_: type[Any]) -> set[str]:
    return {name for name in dir(class_) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("class_", "table"),
    [
        (v1.ClientEmitter, reserved.EMITTER),
        (v1.BroadcastEmitter, reserved.EMITTER),
        (v1.Client, reserved.CLIENT | reserved.HOOKS),
        (v1.Room, reserved.NAMES["room_parameter"]),
        (v1.Error, reserved.NAMES["error_field"]),
        (tuple, reserved.NAMES["ack_argument"]),
    ],
)
def test_every_public_name_of_a_base_class_is_reserved(
    class_: type[Any], table: frozenset[str]
) -> None:
    assert public(class_) - table == set()


def test_every_public_name_of_models_is_reserved_and_no_other() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert public(v1.Model) == reserved.MODEL


def test_hooks_of_namespaces_are_reserved() -> None:
    assert {name for name in public(v1.Namespace) if name.startswith("on_")} <= reserved.NAMESPACE


def test_a_scope_gives_each_name_once() -> None:
    names = scope({"taken"})
    assert [
        names.claim("a"),
        names.claim("a"),
        names.claim("a"),
        names.claim("taken"),
        names.claim("class"),
    ] == [
        "a",
        "a_",
        "a__",
        "taken_",
        "class_",
    ]
    assert names.claim("a", "b") == "b"
    assert "b" in names.names()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", "plain"),
        ("_id", "id_"),
        ("__id", "id_"),
        ("_id_", "id_"),
        ("camelCase", "camelCase"),
    ],
)
def test_attributes_never_begin_with_an_underscore(name: str, expected: str) -> None:
    assert attribute(name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red", "RED"),
        ("light-blue", "LIGHT_BLUE"),
        ("camelCase", "CAMEL_CASE"),
        ("1st", "N1ST"),
        ("", "EMPTY"),
        ("…", "HORIZONTAL_ELLIPSIS"),
        ("+-", "PLUS_SIGN_HYPHEN_MINUS"),
        ("\U0001fa77", "U1FA77"),
        ("__x__", "X"),
        ("Straße", "STRASSE"),
        ("Жизнь", "ЖИЗНЬ"),
        ("日本 語", "日本_語"),
        ("ﬁn", "FIN"),
    ],
)
def test_constants_are_made_from_any_text(text: str, expected: str) -> None:
    assert constant(text) == expected


@given(st.text(max_size=12))
def test_a_constant_is_an_identifier_as_python_reads_it(text: str) -> None:
    name = constant(text)
    assert name.isidentifier()
    assert unicodedata.normalize("NFKC", name) == name
    assert not keyword.iskeyword(name)


@pytest.mark.parametrize(
    ("prefix", "name", "expected"),
    [
        ("Chat", "ChatRoom", "ChatRoom"),
        ("Chat", "Chatroom", "ChatChatroom"),
        ("A", "Room", "ARoom"),
    ],
)
def test_a_namespace_is_not_said_twice(prefix: str, name: str, expected: str) -> None:
    assert prefixed(prefix, name) == expected


def test_classes_are_made_from_snake_case() -> None:
    assert [camel("chat_room"), camel("a"), camel("v2_api")] == ["ChatRoom", "A", "V2Api"]


def names_of(contract: Contract) -> Names:
    return name_everything(plan_contract(contract))


def up(names: NamespaceNames, namespace: Namespace) -> list[EventNames]:
    """Give the names of what clients send."""
    return list(names.events.values())[: len(namespace.client_to_server)]


def event(identifier: str, **more: Any) -> Event:
    return Event(name=identifier, identifier=identifier, **more)


def field(name: str) -> Field:
    return Field(name=name, type=ScalarType("int"))


def test_names_of_the_schema_go_before_those_that_are_made_from_them() -> None:
    contract = Contract(
        name="c",
        version="1.0.0",
        types=(Record(name="ChatClient", fields=()), Record(name="ARoom", fields=())),
        errors=(Error(name="SaveResult", code="x"),),
        rooms=(Room(name="a", template="a"),),
        namespaces=(
            Namespace(
                path="/chat",
                identifier="chat",
                client_to_server=(event("save", acked=True, errors=("SaveResult",)),),
            ),
            Namespace(
                path="/x",
                identifier="x",
                client_to_server=(event("save", acked=True, errors=("SaveResult",)),),
            ),
        ),
    )
    names = names_of(contract)
    assert names.types == {"ChatClient": "ChatClient", "ARoom": "ARoom"}
    assert names.rooms == {"a": "ARoom_"}
    assert [namespace.client for namespace in names.namespaces] == ["ChatClient_", "XClient"]
    assert [next(iter(each.events.values())).result for each in names.namespaces] == [
        "ChatSaveResult",
        "XSaveResult",
    ]


def test_events_of_both_directions_and_of_like_namespaces_get_different_constants() -> None:
    contract = Contract(
        name="c",
        version="1.0.0",
        namespaces=(
            Namespace(
                path="/a",
                identifier="a",
                client_to_server=(event("b"), event("b_c")),
                server_to_client=(event("b"),),
            ),
            Namespace(path="/a/b", identifier="a_b", client_to_server=(event("c"),)),
        ),
    )
    first, second = names_of(contract).namespaces
    constants = [
        first.constant,
        second.constant,
        *(found.constant for found in (*first.events.values(), *second.events.values())),
    ]
    assert constants == [
        "A",
        "A_B",
        "A_B_FROM_CLIENT",
        "A_B_C",
        "A_B_FROM_SERVER",
        "A_B_C_FROM_CLIENT",
    ]


def test_what_a_client_sends_and_what_it_hears_have_different_names() -> None:
    namespace = Namespace(
        path="/a",
        identifier="a",
        client_to_server=(event("on_x"), event("connected")),
        server_to_client=(event("x"), event("volatile")),
    )
    names = names_of(Contract(name="c", version="1.0.0", namespaces=(namespace,))).namespaces[0]
    assert [(found.method, found.handler) for found in names.events.values()] == [
        ("on_x", "on_on_x"),
        ("connected_", "on_connected"),
        ("x", "on_x_"),
        ("volatile_", "on_volatile"),
    ]


def test_fields_that_need_no_change_keep_their_names_whatever_stands_before_them() -> None:
    fields = tuple(field(name) for name in ("_id", "id_", "class", "class_", "copy", "Self"))
    contract = Contract(name="c", version="1.0.0", types=(Record(name="Self", fields=fields),))
    assert names_of(contract).fields["Self"] == (
        "id__",
        "id_",
        "class__",
        "class_",
        "copy_",
        "Self_",
    )


def test_the_tag_of_a_union_is_a_field_like_others() -> None:
    contract = Contract(
        name="c",
        version="1.0.0",
        types=(
            Record(name="A", fields=(field("class_"),), tag_value="a"),
            TaggedUnion(name="U", tag="class", members=("A",)),
        ),
    )
    names = names_of(contract)
    assert (names.tags, names.fields["A"]) == ({"A": "class__"}, ("class_",))


@given(st.permutations(["_id", "id_", "class", "class_", "copy", "x", "timeout"]))
def test_no_name_depends_on_the_order_of_a_contract(order: list[str]) -> None:
    def names(listed: list[str]) -> dict[str, tuple[str, ...]]:
        fields = tuple(field(name) for name in listed)
        rooms = tuple(Room(name=name, template=name) for name in listed if "_" not in name)
        events = tuple(event(name, args=fields) for name in listed if name[0] != "_")
        enum = Enum(name="E", members=tuple(EnumMember(value=name) for name in ("a", *listed[:1])))
        contract = Contract(
            name="c",
            version="1.0.0",
            types=(Record(name="R", fields=fields), enum),
            rooms=(Room(name="x_room", template="r"), *rooms),
            namespaces=(
                Namespace(
                    path="/a", identifier="a", client_to_server=events, server_to_client=events
                ),
            ),
        )
        found = names_of(contract)
        assert found.problems == ()
        pairs = zip(
            plan_contract(contract).namespaces[0].events,
            found.namespaces[0].events.values(),
            strict=True,
        )
        return {
            **dict(zip(listed, ((each,) for each in found.fields["R"]), strict=True)),
            **{f"room {name}": (class_,) for name, class_ in found.rooms.items()},
            **{
                f"{plan.declared.name} {given.method == given.handler}": (
                    given.method,
                    given.handler,
                    *sorted(given.parameters),
                )
                for plan, given in pairs
            },
        }

    assert names(order) == names(sorted(order))


CLASHES: dict[str, tuple[Contract, str]] = {
    "members": (
        Contract(
            name="c",
            version="1.0.0",
            types=(
                Enum(name="Tz", members=(EnumMember(value="GMT+1"), EnumMember(value="GMT-1"))),
            ),
        ),
        (
            "enum Tz: the members 'GMT+1' and 'GMT-1' would all be called GMT_1 in Python; give one "
            'of them a name there, as in {value: "GMT-1", name: other}'
        ),
    ),
    "fields": (
        Contract(
            name="c",
            version="1.0.0",
            types=(Record(name="R", fields=(field("_id"), field("__id"))),),
        ),
        (
            "the fields of R: '_id' and '__id' would all become the attribute id_ in Python; give "
            "all but one of them another `name:`"
        ),
    ),
    "rooms": (
        Contract(
            name="c",
            version="1.0.0",
            rooms=(Room(name="a_b", template="x"), Room(name="a__b", template="y")),
        ),
        (
            "the rooms 'a_b' and 'a__b' would all become the class AB in Python; rename all but one "
            "of them"
        ),
    ),
    "arguments": (
        Contract(
            name="c",
            version="1.0.0",
            namespaces=(
                Namespace(
                    path="/n",
                    identifier="n",
                    client_to_server=(event("e", args=(field("_a"), field("__a"))),),
                ),
            ),
        ),
        (
            "the arguments of 'e' in /n: '_a' and '__a' would all become the parameter a_ in Python; "
            "give all but one of them another `name:`"
        ),
    ),
}


@pytest.mark.parametrize("kind", CLASHES)
def test_two_parts_that_would_get_one_name_are_refused_with_the_way_out(kind: str) -> None:
    contract, message = CLASHES[kind]
    with pytest.raises(NotSupportedError) as caught:
        generate(contract, source="c.yaml")
    assert caught.value.problems == (message,)
