"""What is left out for the common message changes nothing: each shortcut beside the long way, and
the values that would slip through.
"""

from __future__ import annotations

import json
import re
import sys
import unittest
import warnings
from collections.abc import Callable, Sequence
from enum import Enum
from types import FrameType, SimpleNamespace
from typing import Annotated, Any, Literal, TypeAlias

import pytest
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError
from ackord.runtime.typed.ack import AckAdapter
from ackord.runtime.typed.model import Error, Model, OpenEnum
from ackord.runtime.validation import (
    Arg,
    ArgumentsAdapter,
    Bytes,
    Datetime,
    Int64,
    Json,
    Maybe,
    raised_warnings,
)
from ackord.runtime.validation.arguments import MAX_SHORT
from ackord.runtime.validation.positional import PositionalReader, PositionalWriter
from ackord.runtime.validation.raised_warnings import raises_warnings
from ackord.runtime.validation.scalars import ATTACHMENTS
from ackord.runtime.validation.schemas import Shape, build_adapter
from ackord.runtime.validation.traits import instance_class, look_at
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SerializationInfo,
    Tag,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticSerializationError, SchemaSerializer, core_schema
from typing_extensions import TypedDict, override


class Color(OpenEnum):
    RED = "red"


class Item(Model, frozen=True):
    id: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=200)]
    tags: list[str]


class Special(Item, frozen=True):
    secret: str = "of the subclass"


class Point(Model, frozen=True):
    x: float
    y: float | None = None


class Kinded(Model, frozen=True):
    kind: Literal["kinded"] = "kinded"
    color: Color = Color.RED
    item: Maybe[Item] = None


class Image(Model, frozen=True):
    kind: Literal["image"] = "image"
    data: Bytes


class Renamed(Model, frozen=True):
    class_: Annotated[int, Field(alias="class")]


class ForeignRenamed(BaseModel):
    """As an application's own may be: pydantic writes Python's names by default."""

    class_: int = Field(alias="class")


class Holder(BaseModel):
    anything: Any


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    x: int


class Times(Model, frozen=True):
    at: Datetime
    id: Int64


class Named(TypedDict):
    name: str
    items: list[Item]


class Plain(Enum):
    NAN = float("nan")


TYPES: list[Any] = [
    *(
        Item,
        Point,
        Kinded,
        Image,
        Renamed,
        ForeignRenamed,
        Holder,
        Open,
        Times,
        Named,
        Plain,
        Color,
        Kinded | Image,
    ),
    *(
        str,
        int,
        bool,
        float,
        list[Item],
        dict[str, Point],
        Item | None,
        Json,
        Bytes,
        tuple[int, str],
    ),
]
NAMES = [re.sub(" at 0x[0-9a-f]+", "", str(type_)) for type_ in TYPES]
"""Without addresses: all workers of pytest need the same names."""


def shape(type_: Any) -> Shape:
    return lambda schema_of: schema_of(type_)


class LongWay:
    """What is written of one value, with every check of pydantic's, and every one of ours."""

    def __init__(self, type_: Any) -> None:
        self._adapter = build_adapter(shape(type_))

    def write(self, value: Any) -> tuple[str, list[bytes]] | None:
        """Return JSON and attachments, or `None` for what can't be sent."""
        attachments: list[bytes] = []
        context = (
            {ATTACHMENTS: attachments} if look_at(self._adapter.core_schema).attachments else None
        )
        try:
            checked = self._adapter.validator.validate_python(value)
            text = self._adapter.serializer.to_json(
                checked, context=context, by_alias=True, warnings="error"
            ).decode()
            json.loads(text, parse_constant=int)
        except (ValueError, UnicodeError):  # pydantic's errors are some
            return None
        return text, attachments


def written(
    encode: Callable[[Any], tuple[str, Sequence[bytes]]], value: Any, head: str
) -> tuple[str, list[bytes]] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            text, attachments = encode(value)
        except InvalidPayloadError:
            return None
    assert text.startswith(head)
    return text[len(head) : -1], list(attachments)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]))
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
MODELS: list[type[BaseModel]] = [
    Item,
    Special,
    Point,
    Kinded,
    Image,
    Renamed,
    ForeignRenamed,
    Holder,
    Open,
    Times,
]


VALID: list[Any] = [
    *(
        Item(id=1, text="\u00e9", tags=["a", "NaN"]),
        Special(id=1, text="", tags=[]),
        Point(x=1.5),
        Kinded(item=Item(id=1, text="", tags=[])),
    ),
    *(
        Kinded(),
        Image(data=b"1"),
        Renamed(**{"class": 1}),
        ForeignRenamed(**{"class": 1}),
        Holder(anything=[1.5]),
        Open(x=1),
    ),
    *(
        {"name": "a", "items": []},
        Plain.NAN,
        Color.RED,
        Color("other"),
        {"a": Point(x=1, y=2)},
        (1, "a"),
        10**30,
        "Infinity",
        b"x",
    ),
    *(
        [Item(id=1, text="", tags=[])],
        [Special(id=1, text="", tags=[])],
        SimpleNamespace(id=1, text="", tags=[]),
        {"id": 1, "text": "", "tags": []},
    ),
]
GOOD = st.sampled_from(VALID)


def construct(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Instances that nobody has checked, and which hold anything."""
    kinds: list[st.SearchStrategy[Any]] = [
        st.builds(
            model.model_construct,
            **dict.fromkeys(model.model_fields, values | st.just("kinded") | st.just([])),
        )
        for model in MODELS
    ]
    return st.one_of(kinds)


Writers: TypeAlias = tuple[LongWay, AckAdapter, AckAdapter, ArgumentsAdapter, ArgumentsAdapter]
WRITERS: list[Writers] = [
    (
        LongWay(type_),
        AckAdapter("e", type_),
        AckAdapter("e", type_, style="result"),
        ArgumentsAdapter("e", [Arg("x", type_)]),
        ArgumentsAdapter("e", [Arg("a", str), Arg("x", type_)]),
    )
    for type_ in TYPES
]


@given(
    st.sampled_from(WRITERS),
    st.one_of(GOOD, ANYTHING, construct(GOOD | ANYTHING), construct(construct(ANYTHING))),
)
def test_whatever_is_sent_comes_out_as_by_the_long_way(writers: Writers, value: Any) -> None:
    compare(writers, value)


@pytest.mark.parametrize("number", range(len(TYPES)), ids=NAMES)
def test_what_is_right_for_some_type_is_written_or_refused_for_each(number: int) -> None:
    for value in [*VALID, *VALID]:  # the first builds the adapters
        compare(WRITERS[number], value)


def compare(writers: Writers, value: Any) -> None:
    long, bare, result, one, two = writers
    expected = long.write(value)
    assert written(bare.encode, value, "[") == expected
    assert written(result.encode, value, '[{"ok":') == (
        expected and (expected[0] + "}", expected[1])
    )
    assert written(one.encode, (value,), '["e",') == expected
    assert written(two.encode, ("a", value), '["e","a",') == expected


class Lists(Model, frozen=True):
    tags: list[str]


def wrong_tags() -> Any:
    """A frozen model whose list was changed after the check."""
    lists = Lists(tags=["a"])
    lists.tags.append(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must see
    return lists


class Ratio(Model, frozen=True):
    ratio: float


class Always(Model, frozen=True):
    model_config = ConfigDict(revalidate_instances="always")

    x: int


class Whole(Model, frozen=True):
    low: int
    high: int

    @model_validator(mode="after")
    def check(self) -> Whole:
        if self.low > self.high:
            raise ValueError("the wrong way round")
        return self


REFUSED: list[tuple[str, Any, Any, str]] = [
    (
        "only the class's own instances are taken unseen",
        Item,
        SimpleNamespace(id=1, text="a", tags=[]),
        "Item",
    ),
    ("nor is null, which serializers take for anything", Item, None, "Item"),
    (
        "a class that checks its instances again does",
        Always,
        Always.model_construct(x="1"),
        "valid integer",
    ),
    (
        "and so does one that has a validator",
        Whole,
        Whole.model_construct(low=2, high=1),
        "the wrong way round",
    ),
    ("what lists hold is looked at", Lists, wrong_tags(), "Expected `str`"),
    ("and what nobody has checked", Lists, Lists.model_construct(tags=3), "list"),
    (
        "floats are searched for NaN",
        Ratio,
        Ratio.model_construct(ratio=float("nan")),
        "NaN can't be written",
    ),
    (
        "and for infinities",
        Ratio,
        Ratio.model_construct(ratio=-float("inf")),
        "-Infinity can't be written",
    ),
    (
        "so is what a literal holds",
        Kinded,
        Kinded.model_construct(kind=float("nan"), color=Color.RED),
        "NaN can't be written",
    ),
    (
        "and what isn't declared",
        Open,
        Open.model_validate({"x": 1, "y": float("nan")}),
        "NaN can't be written",
    ),
    ("and what may be anything", Holder, Holder(anything=[float("nan")]), "NaN can't be written"),
    ("a boolean is no integer", int, True, "valid integer"),
    ("half of a surrogate pair can't be sent", str, "\ud800", "surrogates not allowed"),
    (
        "a string with a limit is measured",
        Annotated[str, Field(max_length=1)],
        "ab",
        "at most 1 character",
    ),
]


@pytest.mark.parametrize(
    ("type_", "value", "reason"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED]
)
def test_what_a_shortcut_must_not_let_through(type_: Any, value: Any, reason: str) -> None:
    ack, arguments = AckAdapter("e", type_), ArgumentsAdapter("e", [Arg("x", type_)])
    ack.warm_writer()
    arguments.warm_writer()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for encode, given_value in ((ack.encode, value), (arguments.encode, (value,))):
            with pytest.raises(InvalidPayloadError, match=reason):
                encode(given_value)


def test_names_on_the_wire_are_written_by_classes_that_write_others_by_default() -> None:
    value = ForeignRenamed.model_validate({"class": 1})
    for type_ in (ForeignRenamed, ForeignRenamed | int, list[ForeignRenamed], Holder):
        sent: Any = (
            [value]
            if type_ == list[ForeignRenamed]
            else Holder(anything=value)
            if type_ is Holder
            else value
        )
        assert '"class":1' in AckAdapter("e", type_).encode(sent)[0]


class ForeignImage(BaseModel):
    data: Bytes = Field(alias="class")


def test_names_on_the_wire_are_written_beside_attachments() -> None:
    value = ForeignImage.model_validate({"class": b"x"}, strict=True)
    text, attachments = AckAdapter("e", ForeignImage).encode(value)
    assert (text, attachments) == ('[{"class":{"_placeholder":true,"num":0}}]', [b"x"])


def test_null_is_left_out_only_where_nothing_else_follows() -> None:
    adapter = ArgumentsAdapter(
        "e", [Arg("a", int, optional=True), Arg("b", int | None), Arg("c", int, optional=True)]
    )
    assert adapter.encode((None, None, None)) == ('["e",null,null]', ())
    assert adapter.encode((None, None, 1)) == ('["e",null,null,1]', ())
    assert [
        adapter.count_absent(values)
        for values in ((None, None, None), (None, 1, None), (1, None, 1))
    ] == [1, 1, 0]


class Curious(BaseModel):
    x: int

    @field_serializer("x")
    def write(self, value: int, info: SerializationInfo) -> str:
        return f"{value} {info.by_alias} {info.context}"


def test_serializers_of_the_application_are_told_what_they_were_told() -> None:
    ack = AckAdapter("e", Curious)
    ack.warm_writer()
    assert ack.encode(Curious(x=1)) == ('[{"x":"1 True None"}]', ())


class Loud(BaseModel):
    x: int

    @field_serializer("x")
    def write(self, value: int) -> int:
        warnings.warn("look out", DeprecationWarning, stacklevel=2)
        return value


def test_warnings_of_the_application_stay_warnings() -> None:
    ack = AckAdapter("e", Loud)
    ack.warm_writer()
    with pytest.warns(DeprecationWarning, match="look out"):
        assert ack.encode(Loud(x=1)) == ('[{"x":1}]', [])


def test_an_error_of_the_contract_is_never_a_value() -> None:
    class GoneError(Error, frozen=True):
        code = "gone"

    ack = AckAdapter("e", GoneError, (GoneError,))
    ack.warm_writer()
    assert ack.encode(GoneError()) == ('[{"error":{"code":"gone","message":"gone"}}]', ())
    undeclared = AckAdapter("e", GoneError)
    for _ in range(2):
        assert undeclared.encode(GoneError()) == ("[{}]", ())


@pytest.mark.parametrize("filter_", ["ignore", "always", "error", "once", "default"])
def test_wrong_values_are_found_whatever_becomes_of_warnings(filter_: Any) -> None:
    ack = AckAdapter("e", Lists)
    ack.warm_writer()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(filter_)
        for _ in range(3):
            with pytest.raises(InvalidPayloadError, match="Expected `str`"):
                ack.encode(wrong_tags())
    assert caught == []


def test_wrong_values_are_found_after_unittest_has_reset_the_warnings_of_all_modules() -> None:
    ack = AckAdapter("e", Lists)
    ack.warm_writer()
    with unittest.TestCase().assertWarns(UserWarning):
        warnings.warn("anything", UserWarning, stacklevel=1)
        with pytest.raises(InvalidPayloadError, match="Expected `str`"):
            ack.encode(wrong_tags())


def test_warnings_are_raised_on_this_interpreter_and_only_where_they_shall_be() -> None:
    serializer = SchemaSerializer(core_schema.str_schema())

    def write() -> bytes:
        return serializer.to_json(1)

    assert raised_warnings.WORKS
    with pytest.raises(TypeError):
        raises_warnings(write)()
    with pytest.warns(UserWarning, match="Expected `str`"):
        assert write() == b"1"


def test_where_warnings_cannot_be_raised_the_long_way_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(raised_warnings, "WORKS", False)
    ack, arguments = AckAdapter("e", Lists), ArgumentsAdapter("e", [Arg("a", Lists), Arg("b", int)])
    ack.warm_writer()
    single = PositionalWriter("x", ["x"], [shape(Lists)]).pick()
    assert single is not None
    with pytest.raises(PydanticSerializationError, match="Expected `str`"):
        single.serialize(wrong_tags())
    assert ack.encode(Lists(tags=["a"])) == ('[{"tags":["a"]}]', ())
    assert arguments.encode((Lists(tags=["a"]), 1)) == ('["e",{"tags":["a"]},1]', ())
    for encode, value in ((ack.encode, wrong_tags()), (arguments.encode, (wrong_tags(), 1))):
        with pytest.raises(InvalidPayloadError, match="Expected `str`"):
            encode(value)


@pytest.mark.parametrize(
    ("type_", "class_"),
    [
        *(
            (Item, Item),
            (str, str),
            (int, int),
            (bool, bool),
            (Annotated[str, Field(max_length=3)], None),
            (float, None),
            (Item | None, None),
        ),
        *(
            (Always, None),
            (Whole, None),
            (list[Item], None),
            (Color, None),
            (Json, None),
            (Int64, None),
        ),
    ],
)
def test_only_types_whose_instances_are_all_valid_have_a_class(
    type_: Any, class_: type | None
) -> None:
    assert instance_class(build_adapter(shape(type_)).core_schema) is class_


class Custom(BaseModel):
    x: int

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class Initialized(BaseModel):
    x: int

    @override
    def model_post_init(self, context: Any) -> None:
        self.x += 1


def tag(value: Any) -> str:
    return "point" if isinstance(value, Point) else "item"


class Tree(Model, frozen=True):
    children: list[Tree]


def test_a_type_that_holds_itself_is_a_class_too() -> None:
    schema = build_adapter(shape(Tree)).core_schema
    assert instance_class(schema) is Tree
    assert look_at(schema).inert


@pytest.mark.parametrize(
    ("type_", "inert"),
    [
        *(
            (Item, True),
            (Kinded, True),
            (Image, True),
            (Times, True),
            (Named, True),
            (Kinded | Image, True),
            (Color, True),
            (Point, True),
        ),
        *(
            (Custom, False),
            (Initialized, False),
            (
                Annotated[
                    Annotated[Item, Tag("item")] | Annotated[Point, Tag("point")],
                    Discriminator(tag),
                ],
                False,
            ),
            (Open, False),
            (Holder, False),
            (Json, False),
            (Curious, False),
            (Whole, False),
            (Plain, False),
        ),
    ],
)
def test_types_that_may_call_the_application_are_not_inert(type_: Any, inert: bool) -> None:
    assert look_at(build_adapter(shape(type_)).core_schema).inert is inert


TEXTS = [
    *(
        '["e",{"id":1,"text":"a","tags":["b"]}]',
        '["e", {"id":1,"text":"a","tags":[]} ]',
        '["e",{"id":1,"text":"a","tags":[]},1]',
    ),
    *(
        '["e",{"id":1,"text":"a","tags":[]}]]',
        '["e",{"id":1,"text":"a","tags":[]}',
        '["e",{"id":1,"text":"a","tags":[]}}]',
        '["e",]',
        '["e"]',
    ),
    *(
        '["e",1]',
        '["e",1],[2]',
        '["e",1]]',
        '["e",1}',
        '["e",1 ',
        '["e",1,]',
        '["e","]"]',
        '["e","a]',
        '["e",null]',
        '["e",1]\n',
        '["\\u0065",1]',
        '["f",1]',
        "[]",
    ),
    *(
        '["e",1.0]',
        '["e",NaN]',
        '["e",{"x":NaN}]',
        '["e",{"x":1e999}]',
        '["e",{"x":1,"y":null}]',
        '["e","\\ud800"]',
        '["e",-0]',
        '["e",{}]',
    ),
    *(
        '["e",{"kind":"kinded","color":"blue"}]',
        '["e",{"class_":1}]',
        '["e",{"class":1}]',
        '["e",[{"id":1,"text":"","tags":[]},{}]]',
        "",
    ),
]


def reader(type_: Any) -> PositionalReader:
    return PositionalReader(["event", "x"], [lambda _: core_schema.any_schema(), shape(type_)])


def found(decode: Callable[[str], tuple[Any, ...]], text: str) -> str:
    try:
        return repr(decode(text))  # which tells 1 from 1.0 and True
    except InvalidArgumentsError as error:
        return error.arguments_text()
    except MalformedPayloadError as error:
        return str(error)


READERS = [(ArgumentsAdapter("e", [Arg("x", type_)]), reader(type_)) for type_ in TYPES]


@given(
    st.sampled_from(READERS),
    st.sampled_from(TEXTS),
    st.integers(0, 60),
    st.integers(0, 2),
    st.text('[]{},"e1n: \\', max_size=2),
)
def test_whatever_comes_is_read_as_by_the_long_way(
    readers: tuple[ArgumentsAdapter, PositionalReader], text: str, at: int, cut: int, put: str
) -> None:
    adapter, long = readers
    for given_text in (text, text[:at] + put + text[at + cut :]):
        assert found(adapter.decode, given_text) == found(
            lambda text: long.read(text)[1:2], given_text
        )


@pytest.mark.parametrize("number", range(len(TYPES)), ids=NAMES)
def test_what_is_right_or_wrong_for_some_type_is_so_for_the_others(number: int) -> None:
    adapter, long = READERS[number]
    for text in [*TEXTS, *TEXTS]:  # the first builds the adapter
        assert found(adapter.decode, text) == found(lambda text: long.read(text)[1:2], text)


@pytest.mark.parametrize(
    ("type_", "alone"),
    [
        *((Item, True), (str, True), (Kinded, True), (Item | None, True), (list[Item], True)),
        *((Image, False), (Json, False), (Renamed, False), (Holder, False)),
    ],
)
def test_arguments_of_inert_types_are_read_alone(type_: Any, alone: bool) -> None:
    assert (reader(type_).pick(1) is not None) is alone


def test_json_may_be_as_deep_as_ever() -> None:
    adapter, long = ArgumentsAdapter("", [Arg("x", Item)]), reader(Item)
    outcomes: set[str] = set()
    for depth in range(190, 205):
        text = f'["",{{"id":1,"text":"","tags":[],"":{"[" * depth}{"]" * depth}}}]'
        outcomes.add(found(adapter.decode, text))
        assert found(adapter.decode, text) == found(lambda text: long.read(text)[1:2], text)
    assert len(outcomes) == 2
    assert len('["",]') + 2 * 199 > MAX_SHORT, "199 levels fit into no argument of a short message"


def test_a_validator_of_the_application_sees_a_wrong_value_once() -> None:
    seen: list[str] = []

    class Checked(Model, frozen=True):
        name: str

        @field_validator("name")
        @classmethod
        def check(cls, value: str) -> str:
            seen.append(value)
            raise ValueError

    with pytest.raises(InvalidArgumentsError):
        ArgumentsAdapter("e", [Arg("x", Checked)]).decode('["e",{"name":"a"}]')
    assert seen == ["a"]


def test_a_default_that_cannot_change_is_given_as_it_is() -> None:
    default = ("a", 1)
    adapter = ArgumentsAdapter("e", [Arg("x", tuple[str, int], default=default)])
    assert adapter.decode('["e"]')[0] is default
    assert json.loads(adapter.encode(adapter.decode("[1]"))[0]) == ["e", ["a", 1]]


class WalkedInner(Model, frozen=True):
    whole: int


class WalkedOuter(Model, frozen=True):
    items: list[WalkedInner]
    data: Bytes


def test_the_fields_of_a_model_are_walked_through_once_whatever_holds_them() -> None:
    def steps() -> int:
        count = 0

        def note(frame: FrameType, event: str, _: object) -> None:
            nonlocal count
            count += event == "call" and frame.f_code.co_name == "add"

        schema = build_adapter(shape(list[WalkedOuter])).core_schema
        sys.setprofile(note)
        try:
            traits = look_at(schema)
        finally:
            sys.setprofile(None)
        assert (traits.attachments, traits.unions, traits.inert) == (True, False, True)
        return count

    first, second = steps(), steps()
    assert 0 < second < first / 2
