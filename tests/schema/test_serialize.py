"""The JSON form of the IR."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ackord.schema import (
    Contract,
    ContractJsonError,
    dump_contract,
    load_bytes,
    load_contract,
    load_contract_json,
)
from ackord.schema.model import (
    Alias,
    Constraints,
    Default,
    Field,
    ListType,
    LiteralType,
    MapType,
    Record,
    RefType,
    ReservedNames,
    ScalarType,
    TaggedUnion,
)

CHAT = Path(__file__).parents[2] / "examples/chat/chat.yaml"

SMALL = Contract(
    name="demo",
    version="1.0.0",
    types=(
        Record(
            name="Thing",
            fields=(
                Field(
                    name="a",
                    type=ListType(ScalarType("str", Constraints(max_length=5))),
                    required=False,
                    default=Default([]),
                ),
                Field(name="b", type=ScalarType("json"), required=False, default=Default(None)),
                Field(name="c", type=LiteralType(("é", 1, True, 0, False)), doc="Naïve."),
                Field(name="d", type=ScalarType("float", Constraints(ge=0, lt=1.0))),
            ),
        ),
    ),
)


def test_the_form_is_sorted_and_leaves_defaults_out() -> None:
    assert dump_contract(SMALL).splitlines()[:22] == [
        "{",
        '  "ir": 1,',
        '  "name": "demo",',
        '  "types": [',
        "    {",
        '      "fields": [',
        "        {",
        '          "default": {',
        '            "value": []',
        "          },",
        '          "name": "a",',
        '          "required": false,',
        '          "type": {',
        '            "item": {',
        '              "constraints": {',
        '                "max_length": 5',
        "              },",
        '              "kind": "scalar",',
        '              "name": "str"',
        "            },",
        '            "kind": "list"',
        "          }",
    ]


def test_a_round_trip_changes_nothing() -> None:
    text = dump_contract(SMALL)
    assert text.endswith("}\n")
    assert load_contract_json(text) == SMALL
    assert dump_contract(load_contract_json(text)) == text
    record = load_contract_json(text).types[0]
    assert isinstance(record, Record)
    assert isinstance(record.fields[2].type, LiteralType)
    assert [type(value) for value in record.fields[2].type.values] == [str, int, bool, int, bool]
    assert record.fields[1].default == Default(None)


def test_identifiers_are_left_out_where_they_are_the_name_on_the_wire() -> None:
    plain = Field(name="a", type=ScalarType("str"))
    named = Field(name="content-type", identifier="content_type", type=ScalarType("str"))
    union = TaggedUnion(name="U", tag="@type", tag_identifier="type", members=())
    keyed = Alias(name="M", type=MapType(ScalarType("int"), key=RefType("U")))
    contract = Contract(
        name="demo",
        version="1.0.0",
        types=(Record(name="Thing", fields=(plain, named), reserved=("b",)), union, keyed),
        reserved=ReservedNames(errors=("gone",)),
    )
    assert plain.identifier == "a"
    text = dump_contract(contract)
    assert text.count('"identifier"') == 1
    assert load_contract_json(text) == contract


def test_the_chat_example_round_trips_and_is_stable() -> None:
    contract = load_contract(CHAT).contract
    assert contract is not None
    text = dump_contract(contract)
    assert load_contract_json(text) == contract
    assert load_contract_json(text.encode()) == contract
    assert json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n" == text


def test_a_python_type_keeps_its_schema() -> None:
    contract = load_bytes(
        (
            b"ackord: 1\nname: a\nversion: 1.0.0\n"
            b"types: {A: {python: fractions.Fraction}, B: {python: uuid.UUID}}\n"
        ),
        "a.yaml",
    ).contract
    assert contract is not None
    assert load_contract_json(dump_contract(contract)) == contract


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "EOF"),
        ("[]", "this is no contract.json"),
        ('{"name": "a", "version": "1.0.0", "ir": 2}', "at ir"),
        ('{"name": "a", "version": "1.0.0", "unknown": 2}', "at unknown"),
        ('{"name": "a", "version": "1.0.0", "types": [{"kind": "nonsense"}]}', "at types.0"),
    ],
)
def test_other_texts_are_refused(text: str, says: str) -> None:
    with pytest.raises(ContractJsonError, match=says):
        load_contract_json(text)
