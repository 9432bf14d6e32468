"""Members that a contract doesn't know have an arm of their own, which both checkers demand."""

from typing import assert_never

from tests.codegen.golden.two_namespaces.expected import (
    Added,
    Order,
    OrderId,
    Removed,
    State,
    UnknownChange,
    UnknownState,
)


def color(state: State | UnknownState) -> str:
    match state:
        case State.OPEN | State.COOKING:
            return "red"
        case State.DONE:
            return "green"
        case UnknownState(value):
            return value
        case _:
            assert_never(state)


def forgotten(state: State | UnknownState) -> str:
    match state:
        case State():
            return "known"
        case _:
            assert_never(state)  # E: mypy pyright


def change(changed: Added | Removed | UnknownChange) -> object:
    match changed:
        case Added(line=line):
            return line
        case Removed():
            return None
        case UnknownChange(tag, data):
            return data[tag]
        case _:
            assert_never(changed)


def forgotten_change(changed: Added | Removed | UnknownChange) -> None:
    match changed:
        case Added() | Removed():
            return
        case _:
            assert_never(changed)  # E: mypy pyright


order = Order(id=OrderId(1), state=State.OPEN, lines=[])
order.state = State.DONE  # E: mypy pyright
