"""The array of an event: text in, values out, and back."""

from __future__ import annotations

import contextlib
import gc
import time
import warnings
import weakref
from typing import Annotated, Any

import pytest
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import AttachmentError, MalformedPayloadError
from ackord.runtime.typed.model import Model
from ackord.runtime.validation import Arg, ArgumentsAdapter, Bytes, Json, Maybe, Url
from ackord.runtime.validation.issues import MAX_ISSUES, MAX_LOCATION_PART
from ackord.runtime.validation.large import MAX_URLS
from ackord.runtime.validation.value import ValueAdapter
from pydantic import MISSING, AfterValidator, BaseModel, ConfigDict, Field
from pydantic.errors import PydanticSchemaGenerationError


class Point(Model, frozen=True):
    x: int
    label: Maybe[str] = None
    class_: Annotated[int | None, Field(alias="class")] = None


def normalize_number(value: str) -> str:
    return str(int(value))  # whose error holds the value


TYPING = ArgumentsAdapter("typing", [Arg("room", str), Arg("active", bool, default=True)])
SEARCH = ArgumentsAdapter(
    "search",
    [Arg("text", str), Arg("limit", int, optional=True), Arg("tags", list[str], optional=True)],
)
UPLOAD = ArgumentsAdapter("upload", [Arg("name", str), Arg("parts", list[Bytes])])
DRAW = ArgumentsAdapter("draw", [Arg("point", Point)])
NOTHING = ArgumentsAdapter("nothing", [])

READ: list[tuple[ArgumentsAdapter, str, tuple[Any, ...]]] = [
    (TYPING, '["typing","a",false]', ("a", False)),
    (TYPING, '["typing","a"]', ("a", True)),
    (TYPING, '["typing","a",null]', ("a", True)),
    (TYPING, '["typing","a",false,1,{"more":[]}]', ("a", False)),
    (TYPING, ' [ "typing" , "a" , false ] ', ("a", False)),
    (TYPING, '["\\u0074yping","a",false]', ("a", False)),
    (SEARCH, '["search","x"]', ("x", None, None)),
    (SEARCH, '["search","x",null,["a"]]', ("x", None, ["a"])),
    (SEARCH, '["search","x",3,null]', ("x", 3, None)),
    (NOTHING, '["nothing"]', ()),
    (NOTHING, '["nothing",1,2]', ()),
    (DRAW, '["draw",{"x":1,"label":null,"class":3,"unknown":0}]', (Point(x=1, class_=3),)),
    (DRAW, '["draw",{"x":1,"class_":3}]', (Point(x=1),)),
]


@pytest.mark.parametrize(("adapter", "text", "values"), READ)
def test_an_array_becomes_values(
    adapter: ArgumentsAdapter, text: str, values: tuple[Any, ...]
) -> None:
    for _ in range(2):  # the first builds the adapter
        assert adapter.decode(text) == values


WRITTEN: list[tuple[ArgumentsAdapter, tuple[Any, ...], str]] = [
    (TYPING, ("a", True), '["typing","a",true]'),
    (SEARCH, ("x", None, None), '["search","x"]'),
    (SEARCH, ("x", None, ["a"]), '["search","x",null,["a"]]'),
    (SEARCH, ("x", 3, None), '["search","x",3]'),
    (NOTHING, (), '["nothing"]'),
    (DRAW, (Point(x=1),), '["draw",{"x":1,"class":null}]'),
    (DRAW, (Point(x=1, label="NaN", class_=2),), '["draw",{"x":1,"label":"NaN","class":2}]'),
    (ArgumentsAdapter('q"\u00e9', [Arg("a", str, optional=True)]), (None,), '["q\\"\\u00e9"]'),
]


@pytest.mark.parametrize(("adapter", "values", "text"), WRITTEN)
def test_values_become_an_array_without_absent_ones_at_its_end(
    adapter: ArgumentsAdapter, values: tuple[Any, ...], text: str
) -> None:
    for _ in range(2):  # the first builds the adapter
        written, attachments = adapter.encode(values)
        assert (written, list(attachments)) == (text, [])


def test_attachments_are_numbered_in_the_order_of_the_text_and_put_back() -> None:
    text, attachments = UPLOAD.encode(("a", [b"1", b"2"]))
    assert text == '["upload","a",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]]'
    assert attachments == [b"1", b"2"]
    assert UPLOAD.decode(text, attachments) == ("a", [b"1", b"2"])
    assert UPLOAD.decode(
        '["upload","a",[{"num":1,"_placeholder":true},{"_placeholder":true,"num":1}]]', attachments
    ) == ("a", [b"2", b"2"])


@pytest.mark.parametrize("num", ["2", "-1", '"0"', "true", "1.5", "null"])
def test_a_placeholder_for_an_attachment_that_is_not_there_breaks_the_protocol(num: str) -> None:
    with pytest.raises(AttachmentError):
        UPLOAD.decode(f'["upload","a",[{{"_placeholder":true,"num":{num}}}]]', [b"1", b"2"])


def test_a_placeholder_in_a_packet_without_attachments_is_just_a_wrong_value() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        UPLOAD.decode('["upload","a",[{"_placeholder":true,"num":0}]]')
    assert caught.value.issues == [
        {"loc": ["parts", 0], "type": "bytes_type", "msg": "Input should be a valid bytes"}
    ]


@pytest.mark.parametrize(
    "text",
    [
        '["typing","a"',
        '["typing",]',
        '["typing","a"]]',
        "[\"typing\",'a']",
        '["typing","\\x"]',
        '["typing",Nope]',
    ],
)
def test_what_is_no_json_is_malformed(text: str) -> None:
    with pytest.raises(MalformedPayloadError):
        TYPING.decode(text)


@pytest.mark.parametrize(
    "text",
    [
        f'["typing",{"[" * 300}{"]" * 300}]',
        f'["typing",{"[" * 9000}{"]" * 9000}]',
        f'["typing",1{"0" * 5000}]',
    ],
)
def test_json_that_is_too_deep_is_an_invalid_request(text: str) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        TYPING.decode(text)
    assert [issue["type"] for issue in caught.value.issues or ()] == ["json_invalid"]


def test_half_of_a_surrogate_pair_as_javascript_sends_it_becomes_a_replacement_character() -> None:
    assert TYPING.decode('["typing","a\\ud83d"]') == ("a\ufffd", True)
    assert TYPING.decode('["typing","\\ud83d\\ude00 \\\\ud83d \\udc00"]') == (
        "\U0001f600 \\ud83d \ufffd",
        True,
    )
    assert ValueAdapter("auth", dict[str, str]).read('{"name":"\\ud83d"}') == {"name": "\ufffd"}
    with pytest.raises(InvalidArgumentsError) as caught:
        TYPING.decode('["typing","\\ud83d",3]')
    assert [issue["loc"] for issue in caught.value.issues or ()] == [["active"]]


class Tagged(Model, frozen=True):
    tags: list[str]


@pytest.mark.filterwarnings("default")
def test_what_was_put_into_a_list_of_a_frozen_model_is_found_when_it_is_sent() -> None:
    tagged = Tagged(tags=["a"])
    tagged.tags.append(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must see
    adapter = ArgumentsAdapter("tag", [Arg("tagged", Tagged)])
    for value in (tagged, Tagged.model_construct(tags=3)):
        with warnings.catch_warnings(record=True) as caught:
            with pytest.raises(InvalidPayloadError, match="arguments of 'tag'"):
                adapter.encode((value,))
            with pytest.raises(InvalidPayloadError, match="auth"):
                ValueAdapter("auth", Tagged).dump(value)
        assert caught == []


def test_missing_and_wrong_arguments_are_all_named() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        SEARCH.decode('["search",1,"2",[3]]')
    assert [issue["loc"] for issue in caught.value.issues or ()] == [
        ["text"],
        ["limit"],
        ["tags", 0],
    ]
    with pytest.raises(InvalidArgumentsError) as caught:
        TYPING.decode('["typing"]')
    assert caught.value.issues == [{"loc": ["room"], "type": "missing", "msg": "Argument required"}]


def test_a_required_argument_may_not_be_null() -> None:
    with pytest.raises(InvalidArgumentsError):
        TYPING.decode('["typing",null]')


def test_null_is_a_value_where_the_type_says_so_even_with_a_default() -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", int | None, default=3)])
    assert adapter.decode('["e",null]') == (None,)
    assert adapter.decode('["e"]') == (3,)


def test_a_default_that_can_change_is_made_anew() -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", list[int], default=[1])])
    (first,) = adapter.decode('["e"]')
    first.append(2)
    assert adapter.decode('["e"]') == ([1],)
    assert adapter.decode('["e",null]') == ([1],)


def test_issues_are_bounded_in_number_and_size() -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", dict[str, int])])
    wrong = ",".join(f'"{index:0>150}":"x"' for index in range(24))
    with pytest.raises(InvalidArgumentsError) as caught:
        adapter.decode(f'["e",{{{wrong}}}]')
    issues = list(caught.value.issues or ())
    assert len(issues) == MAX_ISSUES
    assert all(len(part) <= MAX_LOCATION_PART for issue in issues for part in issue["loc"])


def test_a_flood_of_errors_is_counted_and_not_listed() -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", list[str])])
    with pytest.raises(InvalidArgumentsError) as caught:
        adapter.decode(f'["e",[{",".join("1" * 1500)}]]')
    assert caught.value.issues == [
        {"loc": [], "type": "too_many_issues", "msg": "1500 values are not as declared"}
    ]


def test_the_members_of_a_union_are_named_only_by_plain_words() -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", int | Bytes | list[str])])
    with pytest.raises(InvalidArgumentsError) as caught:
        adapter.decode('["e",["x",1]]')
    assert [issue["loc"] for issue in caught.value.issues or ()] == [["a", "int"], ["a"], ["a", 1]]


def test_nothing_of_the_input_is_echoed() -> None:
    class Tagged(BaseModel):
        value: Annotated[str, AfterValidator(normalize_number)]

    adapter = ArgumentsAdapter("e", [Arg("a", Tagged), Arg("b", int)])
    with pytest.raises(InvalidArgumentsError) as caught:
        adapter.decode('["e",{"value":"hunter2"},"hunter2"]')
    assert "hunter2" not in caught.value.arguments_text()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_too_few_or_too_many_values_are_not_sent() -> None:
    with pytest.raises(InvalidPayloadError, match="'typing' takes 2 arguments, not 1"):
        TYPING.encode(("a",))
    with pytest.raises(InvalidPayloadError, match="'nothing' takes 0 arguments, not 1"):
        NOTHING.encode((1,))
    DRAW.warm_writer()
    with pytest.raises(InvalidPayloadError, match="'draw' takes 1 arguments, not 2"):
        DRAW.encode((Point(x=1), Point(x=1)))


def test_the_argument_that_cannot_be_sent_is_named() -> None:
    with pytest.raises(
        InvalidPayloadError, match=r"arguments of 'search': limit: Input should be a valid integer"
    ):
        SEARCH.encode(("x", "3", None))


class Measured(Model, frozen=True):
    values: list[float]


def test_nan_is_found_even_where_it_was_put_in_after_the_check() -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", Measured)])
    measured = Measured(values=[1.0])
    measured.values.append(float("nan"))
    with pytest.raises(InvalidPayloadError, match="NaN can't be written as JSON"):
        adapter.encode((measured,))


def test_json_keeps_what_looks_like_a_placeholder() -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", Json)])
    assert adapter.decode('["e",{"_placeholder":true,"num":9}]', [b"1"]) == (
        {"_placeholder": True, "num": 9},
    )


class Labelled(Model, frozen=True):
    labels: dict[str, int | bool]
    data: Bytes


@pytest.mark.parametrize(
    ("type_", "payload"),
    [
        (Json, '{"_placeholder":true,"num":0}'),
        (Json, '[1,{"a":[{"num":0,"_placeholder":true}]}]'),
        (dict[str, Json], '{"_placeholder":true,"num":0}'),
        (dict[str, int | bool], '{"_placeholder":true,"num":0}'),
        (tuple[Json, int], '[{"_placeholder":true,"num":0},1]'),
        (Labelled, '{"labels":{"_placeholder":true,"num":0},"data":{"_placeholder":true,"num":0}}'),
    ],
)
def test_bytes_are_refused_where_json_is_declared_and_never_read_as_their_placeholder(
    type_: Any, payload: str
) -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", type_)])
    for text in (f'["e",{payload}]', f'["e",{payload},{{"_placeholder":true,"num":0}}]'):
        with pytest.raises(InvalidArgumentsError) as caught:
            adapter.decode(text, [b"1"])
        assert [(issue["loc"], issue["type"]) for issue in caught.value.issues or ()] == [
            (["a"], "bytes_unexpected")
        ]


def test_types_are_first_looked_at_when_they_are_needed_or_warmed_up() -> None:
    class NoType:
        pass

    adapter = ArgumentsAdapter("e", [Arg("a", NoType)])
    with pytest.raises(PydanticSchemaGenerationError):
        adapter.warm_reader()
    with pytest.raises(PydanticSchemaGenerationError):
        adapter.warm_writer()


@pytest.mark.usefixtures("young_heap")
def test_a_refused_payload_is_not_kept_alive_by_its_refusal() -> None:
    class Marker(str):
        __slots__ = ("__weakref__",)

    payload = Marker('["typing",1]')
    reference = weakref.ref(payload)
    with pytest.raises(InvalidArgumentsError) as caught:
        TYPING.decode(payload)
    error = caught.value
    error.__traceback__ = None
    error.__context__ = None
    del payload, caught
    gc.collect()
    assert reference() is None
    assert error.issues


class Order(Model, frozen=True):
    class_: Annotated[int, Field(alias="class")]


class Loose(BaseModel):
    """As an existing type of an application may be, which takes Python's names elsewhere."""

    model_config = ConfigDict(populate_by_name=True)

    class_: int = Field(alias="class")


@pytest.mark.parametrize("type_", [Order, list[Order], dict[str, Order], Order | int, Loose])
def test_a_name_that_only_python_has_is_no_name_on_the_wire(type_: Any) -> None:
    adapter = ArgumentsAdapter("order", [Arg("order", type_)])
    for good, bad in (
        ('{"class":1}', '{"class_":1}'),
        ('[{"class":1}]', '[{"class_":1}]'),
        ('{"k":{"class":1}}', '{"k":{"class_":1}}'),
    ):
        with contextlib.suppress(InvalidArgumentsError):
            adapter.decode(f'["order",{good}]')
            with pytest.raises(InvalidArgumentsError):
                adapter.decode(f'["order",{bad}]')
            break
    else:
        pytest.fail("no good form was accepted")


def test_a_name_that_only_python_has_is_no_name_in_the_payload_of_connect_either() -> None:
    auth = ValueAdapter("auth", Order)
    assert auth.read('{"class":1}') == Order(class_=1)
    assert auth.dump(Order(class_=1)) == {"class": 1}
    with pytest.raises(InvalidArgumentsError) as caught:
        auth.read('{"class_":1}')
    assert caught.value.issues == [
        {"loc": ["auth", "class"], "type": "missing", "msg": "Field required"}
    ]


def test_what_is_missing_is_an_argument_or_a_field() -> None:
    adapter = ArgumentsAdapter("order", [Arg("order", Order), Arg("pair", tuple[int, int])])
    with pytest.raises(InvalidArgumentsError) as caught:
        adapter.decode('["order",{},[1]]')
    assert [(issue["loc"], issue["msg"]) for issue in caught.value.issues or ()] == [
        (["order", "class"], "Field required"),
        (["pair", 1], "Field required"),
    ]


@pytest.mark.parametrize("text", ["{}", '{"p0":1}', '"search"', "1", "null"])
def test_what_is_no_array_holds_no_arguments(text: str) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        SEARCH.decode(text)
    assert caught.value.issues == [
        {"loc": [], "type": "tuple_type", "msg": "Input should be a valid array"}
    ]


class Rows(Model, frozen=True):
    rows: list[int]


@pytest.mark.parametrize("used_before", [False, True])
@pytest.mark.parametrize(
    ("type_", "template", "item"),
    [
        (list[int], "[{}]", '""'),
        (list[Point], "[{}]", "{}"),
        (list[list[Point]], "[[{}]]", "0"),
        (Rows, '{{"rows":[{}]}}', "{}"),
        (list[int] | Point, "[{}]", "{}"),
    ],
)
def test_half_a_million_wrong_items_are_refused_as_fast_as_right_ones_are_read(
    type_: Any, template: str, item: str, used_before: bool
) -> None:
    adapter = ArgumentsAdapter("e", [Arg("x", type_)])
    adapter.warm_reader()
    if used_before:
        Rows(rows=[1])  # completes the model, which pydantic then has a validator of
    items = ",".join([item] * 300_000)
    payload = f'["e",{template.format(items)}]'
    right = {'""': list[str], "{}": list[dict[str, int]], "0": list[int]}[item]
    reference = ArgumentsAdapter("e", [Arg("x", right)])
    reference.warm_reader()

    def seconds(reader: ArgumentsAdapter, text: str) -> float:
        start = time.process_time()
        with contextlib.suppress(InvalidArgumentsError):
            reader.decode(text)
        return time.process_time() - start

    with pytest.raises(InvalidArgumentsError) as caught:
        adapter.decode(payload)
    assert 1 <= len(caught.value.issues or ()) <= 3
    wrong = min(seconds(adapter, payload) for _ in range(3))
    assert wrong < 3 * min(seconds(reference, f'["e",[{items}]]') for _ in range(3))


def test_small_payloads_say_all_that_is_wrong_and_large_ones_what_is_wrong_first() -> None:
    adapter = ArgumentsAdapter("e", [Arg("a", list[int]), Arg("b", list[int])])
    small, large = '"",1,""', ",".join(['""', *["1"] * 10_000, '""'])
    for items, found in ((small, 4), (large, 1)):
        with pytest.raises(InvalidArgumentsError) as caught:
            adapter.decode(f'["e",[{items}],[{items}]]')
        assert len(caught.value.issues or ()) == found


def test_large_payloads_are_read_by_the_same_rules() -> None:
    adapter = ArgumentsAdapter(
        "e", [Arg("text", str), Arg("rows", list[Order]), Arg("more", list[Bytes], optional=True)]
    )
    text = "x" * 20_000
    assert adapter.decode(f'["e","{text}",[{{"class":1}}]]') == (text, [Order(class_=1)], None)
    assert adapter.decode(f'["e","{text}",[],[{{"_placeholder":true,"num":0}}]]', [b"b"]) == (
        text,
        [],
        [b"b"],
    )
    for rows in ('[{"class":"1"}]', '[{"class":1.0}]', '[{"class_":1}]'):
        with pytest.raises(InvalidArgumentsError):
            adapter.decode(f'["e","{text}",{rows}]')


@pytest.mark.parametrize("type_", [Json, list[Json], dict[str, Json], list[list[Json]]])
@pytest.mark.parametrize("size", [1, 5000])
def test_no_number_in_json_is_infinite_in_small_and_large_payloads(type_: Any, size: int) -> None:
    adapter = ArgumentsAdapter("e", [Arg("x", type_)])
    around = '{"a":[%s]}' if type_ == dict[str, Json] else "[[%s]]"
    for last, fine in (
        ("1e308", True),
        ("1e309", False),
        ("NaN", False),
        ('[{"b":-1e999}]', False),
    ):
        payload = f'["e",{around % ",".join(["1"] * size + [last])}]'
        if fine:
            assert len(adapter.decode(payload)) == 1
        else:
            with pytest.raises(InvalidArgumentsError) as caught:
                adapter.decode(payload)
            assert [issue["type"] for issue in caught.value.issues or ()] == ["finite_number"]


def test_what_looks_like_a_placeholder_is_refused_beside_bytes_only() -> None:
    adapter = ArgumentsAdapter("e", [Arg("data", Json), Arg("files", list[Bytes])])
    image = b"x"
    for fine in ({"_placeholder": False}, {"a": '"_placeholder":true'}, {'x"_placeholder': True}):
        text, attachments = adapter.encode((fine, [image, image]))
        assert attachments == [b"x"]
        assert adapter.decode(text, attachments) == (fine, [image, image])
    false: dict[str, Any] = {"_placeholder": True, "num": 99}
    assert adapter.decode(*adapter.encode(([false], []))) == ([false], [])
    for value in (false, [{"a": [false]}]):
        with pytest.raises(InvalidPayloadError, match="_placeholder"):
            adapter.encode((value, [image, image]))


THREE_STATES: list[tuple[tuple[Any, ...], str]] = [
    ((1, 2, 3), '["e",1,2,3]'),
    ((1, 2, None), '["e",1,2,null]'),
    ((1, None, None), '["e",1,null,null]'),
    ((1, 2, MISSING), '["e",1,2]'),
    ((1, None, MISSING), '["e",1]'),
    ((1, None, 3), '["e",1,null,3]'),
]


@pytest.mark.parametrize(("values", "text"), THREE_STATES)
def test_an_argument_of_three_states_is_null_or_left_out(
    values: tuple[Any, ...], text: str
) -> None:
    adapter = ArgumentsAdapter(
        "e", [Arg("a", int), Arg("b", int, optional=True), Arg("c", int | None, default=MISSING)]
    )
    assert adapter.encode(values) == (text, ())
    assert repr(adapter.decode(text)) == repr(values)
    alone = ArgumentsAdapter("e", [Arg("c", Json, default=MISSING)])
    assert alone.encode((MISSING,))[0] == '["e"]'
    assert alone.decode('["e"]') == (MISSING,)
    assert alone.decode('["e",null]') == (None,)


def test_a_payload_has_a_bounded_number_of_urls() -> None:
    links = ArgumentsAdapter("e", [Arg("links", dict[str, list[Url]])])

    def payload(number: int) -> str:
        texts = ",".join(['"http://a.b"'] * (number // 3))
        return f'["e",{{"a":[{texts}],"b":[{texts}],"c":[{texts}]}}]'

    for _ in range(2):
        (read,) = links.decode(payload(MAX_URLS), ())
        assert [len(urls) for urls in read.values()] == [MAX_URLS // 3] * 3
        with pytest.raises(InvalidArgumentsError) as refused:
            links.decode(payload(MAX_URLS + 3), ())
        assert [issue["type"] for issue in refused.value.issues or ()] == ["too_many_urls"]
