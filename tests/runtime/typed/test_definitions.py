"""Mistakes that are found when classes are defined or code is imported, and the rules of models and
rooms.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Annotated, Any, ClassVar, NewType

import pytest
from ackord.runtime.errors import ContractVersionError, InvalidPayloadError
from ackord.runtime.stubs import v1
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import override

from tests.runtime.typed.collab import (
    COLLAB,
    CollabContext,
    CollabHandlers,
    CollabNamespace,
    DocId,
    DocumentRoom,
    LobbyRoom,
    Role,
    SectionRoom,
    Text,
)


def test_a_method_that_belongs_to_no_event_is_refused_and_the_nearest_named() -> None:
    with pytest.raises(
        TypeError, match=r"Wrong\.on_sned belongs to no event: did you mean on_send\?"
    ):

        class Wrong(CollabNamespace):  # pyright: ignore[reportUnusedClass]
            async def on_sned(self, ctx: CollabContext) -> None: ...

    with pytest.raises(
        TypeError, match=r"Far\.on_zzzzzzzz belongs to no event: there are on_connect, on_count"
    ):

        class Far(CollabNamespace):  # pyright: ignore[reportUnusedClass]
            async def on_zzzzzzzz(self) -> None: ...


def test_a_handler_that_is_not_async_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Wrong\.on_typing must be an async function"):

        class Wrong(CollabNamespace):  # pyright: ignore[reportUnusedClass]
            @override
            def on_typing(self, ctx: CollabContext, active: bool) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
                return None

    with pytest.raises(TypeError, match=r"Worse\.on_connect must be an async function"):

        class Worse(CollabNamespace):  # pyright: ignore[reportUnusedClass]
            @override
            def on_connect(self, ctx: CollabContext, auth: Any) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
                return None


def test_a_mixin_is_looked_at_as_well() -> None:
    class Mixin:
        async def on_tpying(self) -> None: ...

    with pytest.raises(TypeError, match="did you mean on_typing"):

        class Wrong(Mixin, CollabNamespace):  # pyright: ignore[reportUnusedClass]
            pass


def test_a_missing_handler_is_found_when_the_namespace_is_made() -> None:
    class Partial(CollabNamespace):
        @override
        async def on_lock(self, ctx: CollabContext) -> None:
            return None

    with pytest.raises(TypeError, match="on_count"):
        Partial()  # type: ignore[abstract]  # pyright: ignore[reportAbstractUsage]  # what the runtime must refuse


def test_handlers_of_a_client_are_checked_as_well() -> None:
    with pytest.raises(
        TypeError, match=r"Wrong\.on_psoted belongs to no event: did you mean on_posted\?"
    ):

        class Wrong(CollabHandlers):  # pyright: ignore[reportUnusedClass]
            async def on_psoted(self) -> None: ...


def test_the_guard_lets_this_interface_through_and_names_both_ways_out_otherwise() -> None:
    v1.check(api=v1.API, source="a.yaml")
    major, minor = v1.API
    with pytest.raises(
        ContractVersionError,
        match=r"run `ackord generate` for a\.yaml again, or install a newer ackord",
    ):
        v1.check(api=(major, minor + 1), source="a.yaml")
    with pytest.raises(ContractVersionError, match="or install a newer ackord"):
        v1.check(api=(major + 1, 0), source="a.yaml")
    with pytest.raises(ContractVersionError, match="or install an older ackord"):
        v1.check(api=(major - 1, 9), source="a.yaml")


def test_every_name_of_the_stubs_is_there() -> None:
    assert sorted(v1.__all__) == v1.__all__
    for name in v1.__all__:
        assert getattr(v1, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = v1.nothing


def test_the_types_of_a_contract_load_neither_server_nor_client() -> None:
    code = (
        "import sys; from ackord.runtime.stubs import v1; v1.Model, v1.Event, v1.Room;"
        "print([name for name in sys.modules if name.startswith(('ackord.runtime.client', "
        "'ackord.runtime.server', 'websockets'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_models_are_frozen_and_strict() -> None:
    text = Text(text="hi")
    with pytest.raises(ValidationError):
        setattr(text, "text", "ho")  # noqa: B010  # checkers refuse the assignment
    cases: list[dict[str, Any]] = [{"text": 1}, {"text": ""}, {}]
    for wrong in cases:
        with pytest.raises(ValidationError):
            Text(**wrong)


def test_an_error_may_have_a_field_named_message_and_one_named_code_on_the_wire() -> None:
    class Odd(v1.Error, frozen=True):
        code: ClassVar[str] = "odd"
        message: str
        code_: Annotated[int, Field(alias="code")]

    event: v1.Event[Odd | None] = v1.Event(
        "e", handler="on_e", ack=None, errors=(Odd,), style="result"
    )
    text, _ = event.reply.encode(Odd(message="m", code_=3))
    assert text == '[{"error":{"code":"odd","message":"odd","data":{"message":"m","code":3}}}]'
    back = event.reply.decode(text)
    assert (back.message, back.code_) == ("m", 3)


def test_unwrap_of_a_scalar() -> None:
    assert v1.unwrap(3) == 3
    assert v1.unwrap(None) is None
    with pytest.raises(v1.RemoteError):
        v1.unwrap(v1.UnknownError("x", "y"))


def test_a_newtype_carries_its_constraints_wherever_it_stands() -> None:
    When = NewType("When", str)
    v1.constrain(When, base=v1.Datetime)
    assert TypeAdapter(list[DocId]).validate_python(["a"]) == ["a"]
    with pytest.raises(ValidationError):
        TypeAdapter(list[DocId]).validate_python(["A"])
    with pytest.raises(ValidationError):
        TypeAdapter(When).validate_json('"2026-01-31T12:00:00"')


def test_an_open_enumeration_takes_unknown_text_and_nothing_else() -> None:
    assert Role("admin") == "admin"
    assert Role("admin") == Role("admin")
    numbers: dict[str, int] = {Role("admin"): 1}
    assert numbers["admin"] == 1
    assert not Role("admin").is_known
    with pytest.raises(ValueError, match="3"):
        Role(3)  # type: ignore[arg-type]  # what the runtime must refuse


def test_a_room_has_its_name_and_cannot_be_changed() -> None:
    room = DocumentRoom(DocId("abc"))
    assert room.name == "document:abc"
    assert LobbyRoom().name == "lobby"
    assert room == DocumentRoom(DocId("abc"))
    with pytest.raises(FrozenInstanceError):
        room.doc = DocId("x")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  # what the runtime must refuse


def test_a_room_is_validated_when_it_is_made() -> None:
    with pytest.raises(InvalidPayloadError, match="DocumentRoom: doc: String should match pattern"):
        DocumentRoom(DocId("A B"))
    with pytest.raises(
        InvalidPayloadError, match="SectionRoom: section: Input should be a valid integer"
    ):
        SectionRoom("a", "1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must refuse


PIECES = st.text(alphabet=":%3Aab", max_size=6)


@given(PIECES, st.integers(0, 3), PIECES, st.integers(0, 3))
def test_rooms_with_different_parameters_have_different_names(
    a: str, b: int, c: str, d: int
) -> None:
    assert (SectionRoom(a, b).name == SectionRoom(c, d).name) == ((a, b) == (c, d))


class Pair(v1.Room):
    __slots__ = ()

    @property
    @v1.override
    def name(self) -> str:
        return "pair"

    @classmethod
    def of(cls, template: str, *values: object) -> str:
        return cls._format(template, *values)


@given(
    st.sampled_from(["{}{}", "{}2{}", "{}%{}", "{}a{}", "{}3A:{}", "a{}:a:{}b", "{}3{}"]),
    PIECES,
    PIECES,
    PIECES,
    PIECES,
)
def test_two_parameters_are_told_apart_whatever_stands_between_them(
    template: str, a: str, b: str, c: str, d: str
) -> None:
    assert (Pair.of(template, a, b) == Pair.of(template, c, d)) == ((a, b) == (c, d))


@given(st.tuples(PIECES, PIECES, PIECES), st.tuples(PIECES, PIECES, PIECES))
def test_three_parameters_are_told_apart(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (Pair.of("b:{}:{}a%{}", *one) == Pair.of("b:{}:{}a%{}", *other)) == (one == other)


@pytest.mark.parametrize(
    ("template", "values", "name"),
    [
        ("chat:{}", ("a:b %",), "chat:a:b %"),
        ("chat:{}:{}", ("lobby", "chat:1"), "chat:lobby:chat:1"),
        ("chat:{}:{}", ("a:b", "50%"), "chat:a%3Ab:50%"),
        ("chat:{}:{}", ("50%", "x"), "chat:50%25:x"),
        ("{}-{}-end", ("é-", "-"), "é%2D---end"),
    ],
)
def test_only_what_would_be_ambiguous_is_escaped(
    template: str, values: tuple[str, ...], name: str
) -> None:
    assert Pair.of(template, *values) == name


def test_templates_keep_doubled_braces_and_take_only_scalars() -> None:
    assert Pair.of("{{x}}{}", "a") == "{x}a"
    assert Pair.of("x:{}:{}", "a:b", True) == "x:a%3Ab:true"
    assert Pair.of("role:{}", Role.OWNER) == "role:owner"
    with pytest.raises(InvalidPayloadError, match="'list'"):
        Pair.of("{}", ["a"])


def test_warming_up_builds_everything_that_one_side_needs() -> None:
    COLLAB.warm("server")
    COLLAB.warm("client")


def test_a_type_that_pydantic_does_not_know_is_found_when_the_contract_is_warmed_up() -> None:
    class NoType:
        pass

    event: v1.Event[None] = v1.Event("e", handler="on_e", args=(v1.Arg("a", NoType),))
    contract = v1.NamespaceContract("/x", contract="x", client_to_server=(event,))
    for side in ("server", "client"):
        with pytest.raises(Exception, match="NoType"):
            contract.warm(side)


async def takes_nothing(self: object) -> None: ...
async def takes_one(self: object, one: object) -> None: ...
async def takes_three(self: object, one: object, two: object, three: object) -> None: ...
async def takes_all(self: object, *arguments: object) -> None: ...
async def takes_more_if_given(self: object, one: object, two: object, three: int = 0) -> None: ...
async def is_static(one: object, two: object) -> None: ...
async def needs_a_keyword(self: object, one: object, two: object, *, three: int) -> None: ...


@pytest.mark.parametrize(
    ("base", "name", "method", "message"),
    [
        (
            CollabNamespace,
            "on_typing",
            takes_three,
            r"Mine\.on_typing is called with \(self, ctx, active\): missing a required .*'three'",
        ),
        (
            CollabNamespace,
            "on_typing",
            takes_nothing,
            r"Mine\.on_typing is called with \(self, ctx, active\): too many positional",
        ),
        (
            CollabNamespace,
            "on_typing",
            needs_a_keyword,
            r"Mine\.on_typing is called with \(self, ctx, active\): missing a required .*'three'",
        ),
        (
            CollabNamespace,
            "on_typing",
            is_static,
            r"Mine\.on_typing is called with \(self, ctx, active\): too many positional",
        ),
        (
            CollabNamespace,
            "on_connect",
            takes_one,
            r"Mine\.on_connect is called with \(self, ctx, auth\): too many positional",
        ),
        (
            CollabNamespace,
            "on_disconnect",
            takes_one,
            r"Mine\.on_disconnect is called with \(self, ctx, reason\): too many positional",
        ),
        (
            CollabHandlers,
            "on_moved",
            takes_one,
            r"Mine\.on_moved is called with \(self, doc, x\): too many positional",
        ),
    ],
)
def test_a_handler_that_does_not_take_what_the_event_has_is_refused_when_the_class_is_made(
    base: type[Any], name: str, method: Callable[..., Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        type("Mine", (base,), {name: method})


FITTING: list[Any] = [takes_all, takes_more_if_given, staticmethod(is_static)]


@pytest.mark.parametrize("method", FITTING)
def test_a_handler_may_take_what_it_gets_in_other_ways(method: object) -> None:
    assert issubclass(type("Mine", (CollabNamespace,), {"on_typing": method}), CollabNamespace)
