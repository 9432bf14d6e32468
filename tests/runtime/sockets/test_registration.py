from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.sockets.listeners import Registration


def one(first: Any) -> tuple[Any, ...]:
    return (first,)


def some(first: Any, second: Any = "default") -> tuple[Any, ...]:
    return (first, second)


def every(*values: Any) -> tuple[Any, ...]:
    return values


def nothing(*, flag: bool = False) -> tuple[Any, ...]:
    return (flag,)


class Handlers:
    def method(self, first: Any) -> tuple[Any, ...]:
        return (first,)

    def __call__(self, first: Any) -> tuple[Any, ...]:
        return (first,)


@wraps(one)
def wrapped(*values: Any) -> tuple[Any, ...]:
    return values


CASES: list[tuple[Callable[..., Any], list[Any], Any]] = [
    (one, [1], (1,)),
    (one, [1, 2, 3], (1,)),
    (some, [1], (1, "default")),
    (some, [1, 2], (1, 2)),
    (some, [1, 2, 3], (1, 2)),
    (every, [], ()),
    (every, list(range(100)), tuple(range(100))),
    (nothing, [1], (False,)),
    (Handlers().method, [1, 2], (1,)),
    (Handlers(), [1, 2], (1,)),
    (wrapped, [1, 2], (1,)),
    (partial(some, "bound"), [1, 2], ("bound", 1)),
    (operator.neg, [1, 2], -1),
    (min, [[3, 2]], 2),
]


@pytest.mark.parametrize(("listener", "arguments", "result"), CASES)
def test_a_listener_gets_as_many_arguments_as_it_takes(
    listener: Callable[..., Any], arguments: list[Any], result: Any
) -> None:
    assert Registration(listener).call(arguments) == result


@pytest.mark.parametrize(
    ("listener", "arguments"), [(one, []), (some, []), (Handlers().method, []), (partial(some), [])]
)
def test_too_few_arguments_are_the_senders_mistake(
    listener: Callable[..., Any], arguments: list[Any]
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        Registration(listener).call(arguments)
    assert caught.value.issues == [
        {"loc": [], "type": "missing_argument", "msg": "Too few arguments"}
    ]


@pytest.mark.parametrize(
    ("listener", "arguments", "result"),
    [(one, [], (None,)), (some, [], (None, "default")), (one, [1, 2], (1,))],
)
def test_who_is_only_told_something_gets_none_for_what_there_is_not(
    listener: Callable[..., Any], arguments: list[Any], result: Any
) -> None:
    assert Registration(listener).notify(arguments) == result


def test_a_type_error_of_the_listener_itself_is_not_mistaken_for_a_wrong_call() -> None:
    calls: list[Any] = []

    def broken(first: Any, second: Any = 0) -> None:
        calls.append((first, second))
        raise TypeError("broken() takes 1 positional argument but 2 were given")

    with pytest.raises(TypeError, match="takes 1 positional"):
        Registration(broken).call([1, 2])
    assert calls == [(1, 2)]


def test_a_listener_that_needs_a_keyword_is_refused_at_once() -> None:
    def listener(first: Any, *, flag: bool) -> None:
        raise AssertionError(first, flag)

    with pytest.raises(UsageError, match="'flag'"):
        Registration(listener)
