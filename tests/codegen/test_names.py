"""Names: what is escaped, who gets which, and that the tables of reserved names are those of the
runtime.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from ackord.codegen.python import reserved
from ackord.codegen.python.names import Scope, attribute, camel, constant
from ackord.codegen.python.naming import name_everything
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


def public(class_: type[Any]) -> set[str]:
    return {name for name in dir(class_) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("class_", "table"),
    [
        (v1.ClientEmitter, reserved.EMITTER),
        (v1.BroadcastEmitter, reserved.EMITTER),
        (v1.Client, reserved.CLIENT),
        (v1.Room, reserved.ROOM),
        (v1.Error, reserved.ERROR),
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
    scope = Scope({"taken"})
    assert [
        scope.claim("a"),
        scope.claim("a"),
        scope.claim("a"),
        scope.claim("taken"),
        scope.claim("class"),
    ] == [
        "a",
        "a_",
        "a__",
        "taken_",
        "class_",
    ]
    assert scope.claim("a", "b") == "b"
    assert "b" in scope


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
        ("…", "SYMBOL"),
        ("__x__", "X"),
    ],
)
def test_constants_are_made_from_any_text(text: str, expected: str) -> None:
    assert constant(text) == expected


def test_classes_are_made_from_snake_case() -> None:
    assert [camel("chat_room"), camel("a"), camel("v2_api")] == ["ChatRoom", "A", "V2Api"]


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
    names = name_everything(contract)
    assert names.types == {"ChatClient": "ChatClient", "ARoom": "ARoom"}
    assert names.rooms == {"a": "ARoom_"}
    assert [namespace.client for namespace in names.namespaces] == ["ChatClient_", "XClient"]
    assert [namespace.client_to_server[0].result for namespace in names.namespaces] == [
        "ChatSaveResult",
        "XSaveResult",
    ]


def test_events_of_both_directions_and_namespaces_with_the_same_beginning_get_different_constants() -> (
    None
):
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
    first, second = name_everything(contract).namespaces
    constants = [
        first.constant,
        second.constant,
        *(
            found.constant
            for found in (
                *first.client_to_server,
                *first.server_to_client,
                *second.client_to_server,
            )
        ),
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
    names = name_everything(
        Contract(name="c", version="1.0.0", namespaces=(namespace,))
    ).namespaces[0]
    assert [(found.method, found.handler) for found in names.client_to_server] == [
        ("on_x", "on_on_x"),
        ("connected_", "on_connected"),
    ]
    assert [(found.method, found.handler) for found in names.server_to_client] == [
        ("x", "on_x_"),
        ("volatile_", "on_volatile"),
    ]


def test_fields_that_need_no_change_keep_their_names_whatever_stands_before_them() -> None:
    fields = tuple(field(name) for name in ("_id", "id_", "class", "class_", "copy", "Self"))
    contract = Contract(name="c", version="1.0.0", types=(Record(name="Self", fields=fields),))
    assert name_everything(contract).fields["Self"] == (
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
    names = name_everything(contract)
    assert (names.tags, names.fields["A"]) == ({"A": "class__"}, ("class_",))


def test_members_of_an_enumeration_differ() -> None:
    members = tuple(EnumMember(value=value) for value in ("a b", "a-b", "A_B", "name", "1"))
    names = name_everything(
        Contract(name="c", version="1.0.0", types=(Enum(name="E", members=members),))
    )
    assert names.members["E"] == ("A_B", "A_B_", "A_B__", "NAME", "N1")
