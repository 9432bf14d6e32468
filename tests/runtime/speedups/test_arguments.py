"""What the functions in C say to arguments that they can't take: an exception, never a crash."""

from __future__ import annotations

import array
import math
import sys
from collections.abc import Callable
from typing import Any

import pytest
from typing_extensions import override

from tests.runtime.speedups.building import compile_module
from tests.runtime.speedups.differential import HUGE
from tests.runtime.speedups.frames import frame
from tests.runtime.speedups.functions import Functions, in_c

GOOD = frame(b"abc") * 3


@pytest.fixture(scope="module")
def functions() -> Functions:
    return in_c(compile_module())


NO_BYTES: tuple[Any, ...] = (None, "text", 1, [1], object(), memoryview(b"abcdef" * 4)[::2])
NO_INTEGERS: tuple[Any, ...] = (None, "1", 1.0, math.inf, b"1", [], object())
NO_TEXTS: tuple[Any, ...] = (None, b"42", 42, ["42"], bytearray(b"1e5"), object())


def kind(value: object) -> str:
    return type(value).__name__  # no address: all workers of pytest need the same names


@pytest.mark.parametrize("wrong", NO_BYTES, ids=kind)
def test_data_has_to_be_bytes(functions: Functions, wrong: Any) -> None:
    with pytest.raises((TypeError, BufferError)):
        functions.take_texts(wrong, 0, 100, 1)
    with pytest.raises((TypeError, BufferError)):
        functions.take_text(wrong, 100)


@pytest.mark.parametrize("wrong", NO_INTEGERS, ids=kind)
def test_numbers_have_to_be_integers(functions: Functions, wrong: Any) -> None:
    for arguments in ((wrong, 1, 1), (0, wrong, 1), (0, 1, wrong)):
        with pytest.raises(TypeError, match="integer"):
            functions.take_texts(GOOD, *arguments)
    with pytest.raises(TypeError, match="integer"):
        functions.take_text(GOOD, wrong)


@pytest.mark.parametrize("wrong", NO_TEXTS, ids=kind)
def test_messages_have_to_be_texts(functions: Functions, wrong: Any) -> None:
    with pytest.raises(TypeError, match="split_event takes a str, not"):
        functions.split_event(wrong)
    with pytest.raises(TypeError, match="find_exponent takes a str, not"):
        functions.find_exponent(wrong)


def test_an_index_is_neither_negative_nor_beyond_all_memory(functions: Functions) -> None:
    for at in (-1, -sys.maxsize - 1):
        with pytest.raises(ValueError, match="at is negative"):
            functions.take_texts(GOOD, at, 100, 9)
    for at in (HUGE, -HUGE, sys.maxsize + 1):
        with pytest.raises(OverflowError):
            functions.take_texts(GOOD, at, 100, 9)
    assert functions.take_texts(GOOD, sys.maxsize, 100, 9) == ([], sys.maxsize)
    assert functions.take_texts(b"", sys.maxsize, sys.maxsize, sys.maxsize) == ([], sys.maxsize)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6])
def test_the_number_of_arguments_is_checked(functions: Functions, count: int) -> None:
    arguments = (GOOD, 0, 0, 0, 0, 0)[:count]
    wanted: dict[Callable[..., Any], int] = {
        functions.take_texts: 4,
        functions.take_text: 2,
        functions.split_event: 1,
        functions.find_exponent: 1,
    }
    for function, number in wanted.items():
        if count != number:
            with pytest.raises(TypeError, match="argument"):
                function(*arguments)
    with pytest.raises(TypeError, match="keyword"):
        functions.take_texts(GOOD, 0, 100, limit=1)


def test_an_integer_that_is_made_by_python_code_may_change_the_data(functions: Functions) -> None:
    data = bytearray(GOOD)

    class Emptying:
        def __index__(self) -> int:
            data.clear()
            return 100

    assert functions.take_texts(data, 0, 100, Emptying()) == ([], 0)
    data += GOOD
    assert functions.take_text(data, Emptying()) is None
    data += GOOD
    assert functions.take_texts(data, 0, Emptying(), 5) == ([], 0)


def test_an_integer_that_fails_says_so(functions: Functions) -> None:
    class Failing:
        def __index__(self) -> int:
            raise LookupError("no number")

    for arguments in ((Failing(), 1, 1), (0, Failing(), 1), (0, 1, Failing())):
        with pytest.raises(LookupError, match="no number"):
            functions.take_texts(GOOD, *arguments)


def test_subclasses_are_taken_for_what_they_hold(functions: Functions) -> None:
    class Data(bytes):
        @override
        def __getitem__(self, key: Any) -> Any:
            raise LookupError

    class Text(str):
        __slots__ = ()

        @override
        def __getitem__(self, key: Any) -> Any:
            raise LookupError

    assert functions.take_texts(Data(GOOD), False, 100, 2) == (["abc", "abc"], 18)
    parts = functions.split_event(Text('42/n,1["a"]'))
    assert parts == ("/n", 1, '["a"]', "a")
    assert [type(part) for part in parts] == [str, int, str, str]
    assert functions.find_exponent(Text("1e5")) is True


def test_other_buffers_are_read_too(functions: Functions) -> None:
    assert functions.take_texts(memoryview(GOOD), 9, 100, 9) == (["abc", "abc"], 27)
    assert functions.take_texts(array.array("B", GOOD), 0, 100, 1) == (["abc"], 9)


def test_the_main_namespace_is_one_and_the_same_string(functions: Functions) -> None:
    slash = functions.split_event('42["a"]')[0]
    assert slash is functions.split_event('422["b"]')[0]
    assert slash is sys.intern("/")
