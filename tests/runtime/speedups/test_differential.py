"""The functions in C give what those in Python give, whatever they get."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.speedups.building import compile_module
from tests.runtime.speedups.differential import ARRAYS, HEADS, HUGE, IDS, compare, exact, same
from tests.runtime.speedups.frames import NOT_UTF_8, frame
from tests.runtime.speedups.functions import PYTHON, Functions, in_c


@pytest.fixture(scope="module")
def functions() -> Functions:
    return in_c(compile_module())


@pytest.mark.slow
@pytest.mark.parametrize("make", [bytes, bytearray, exact, memoryview])
def test_the_whole_corpus_gives_the_same(functions: Functions, make: type) -> None:
    assert compare(functions, make) > 10_000


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Draw a text of one of the lengths that matter, at times wrong at one place."""
    kind = draw(st.sampled_from(("any", "any", "ASCII", "long", "wrong", "noise")))
    if kind == "noise":
        return draw(st.binary(max_size=40))
    if kind == "ASCII":
        return draw(st.text(st.characters(max_codepoint=127), max_size=200)).encode()
    text = draw(st.text(max_size=20)).encode()
    if kind == "long":
        return text[:4].decode(errors="ignore").encode() * draw(st.integers(1, 40_000))
    if kind == "wrong":
        return (
            text
            + draw(st.sampled_from(list(NOT_UTF_8.values())))
            + draw(st.text(max_size=20)).encode()
        )
    return text


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Draw a frame, mostly a common one."""
    payload, key = draw(payloads()), draw(st.binary(min_size=4, max_size=4))
    width = draw(
        st.sampled_from(
            [
                width
                for width in (0, 0, 1, 2, 8)
                if len(payload) < {0: 2**63, 1: 126, 2: 65_536, 8: 2**63}[width]
            ]
        )
    )
    kind = draw(st.sampled_from(("common", "common", "common", "first byte", "length", "mask")))
    if kind == "first byte":
        return frame(payload, draw(st.integers(0, 255)), key, width)
    if kind == "length":
        return frame(
            payload,
            key=key,
            announced=draw(st.one_of(st.integers(0, 130), st.integers(0, 2**64 - 1))),
        )
    return frame(payload, key=key, width=width, is_masked=kind != "mask")


INTEGERS = st.one_of(
    st.integers(-1, 300),
    st.sampled_from(
        (4095, 65_535, 65_536, 10**6, HUGE, -HUGE, 2**63, 2**63 - 1, -(2**63), -(2**63) - 1)
    ),
)


@given(
    data=st.data(),
    reads=st.lists(frames(), max_size=6).map(b"".join),
    max_size=INTEGERS,
    limit=INTEGERS,
)
def test_any_read_gives_the_same_texts(
    functions: Functions, data: st.DataObject, reads: bytes, max_size: int, limit: int
) -> None:
    read = reads[: data.draw(st.one_of(st.just(len(reads)), st.integers(0, len(reads))))]
    at = data.draw(st.one_of(st.just(0), st.integers(0, len(read) + 2)))
    expected = PYTHON.take_texts(read, at, max_size, limit)
    assert same(functions.take_texts(read, at, max_size, limit), expected)
    assert same(functions.take_texts(bytearray(read), at, max_size, limit), expected)
    assert same(functions.take_texts(exact(read), at, max_size, limit), expected)
    assert same(functions.take_text(read[at:], max_size), PYTHON.take_text(read[at:], max_size))


@given(
    texts=st.lists(st.text(max_size=300), max_size=8),
    key=st.binary(min_size=4, max_size=4),
    size=st.integers(1, 50),
)
def test_texts_come_out_as_they_went_in_however_they_are_cut(
    functions: Functions, texts: list[str], key: bytes, size: int
) -> None:
    wire = b"".join(frame(text.encode(), key=key) for text in texts)
    found: list[str] = []
    rest = b""
    for start in range(0, len(wire), size):
        rest += wire[start : start + size]
        more, at = functions.take_texts(rest, 0, 10_000, HUGE)
        found += more
        rest = rest[at:]
    assert (found, rest) == (texts, b"")


PIECES = st.one_of(
    st.sampled_from(
        (
            *HEADS,
            *IDS,
            *ARRAYS,
            "42",
            "[",
            '"',
            "\\",
            ",",
            "/",
            "0",
            "9",
            "\ud800",
            "\U0001f600",
            "€",
        )
    ),
    st.text(max_size=5),
)
MESSAGES = st.one_of(
    st.tuples(st.sampled_from(HEADS), st.sampled_from(IDS), st.sampled_from(ARRAYS)).map("".join),
    st.lists(PIECES, max_size=8).map("".join),
    st.lists(PIECES, max_size=8).map(lambda pieces: "42" + "".join(pieces)),
    st.text(),
)


@given(message=MESSAGES)
def test_any_message_is_split_the_same(functions: Functions, message: str) -> None:
    assert same(functions.split_event(message), PYTHON.split_event(message))


@given(
    text=st.one_of(
        st.text("eE+-0123456789.é€\U0001f600\ud800", max_size=30), st.text(max_size=60), MESSAGES
    )
)
def test_any_text_has_an_exponent_or_none_for_both(functions: Functions, text: str) -> None:
    assert same(functions.find_exponent(text), PYTHON.find_exponent(text))
