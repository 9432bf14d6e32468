"""Whoever imports a type for type checkers only may still name it in the annotations of a
handler.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import pytest
from ackord.runtime.signatures import signature_of
from ackord.runtime.sockets.listeners import positional_range
from ackord.runtime.typed.handlers import check_handlers, parameters_of

_QUOTE: Final = (
    "" if sys.version_info >= (3, 14) else "'"
)  # where annotations aren't evaluated at once, such names need no quotes
_SOURCE: Final = (
    f"async def handle(self, item: {_QUOTE}Missing{_QUOTE}, count: int = 1) -> "
    f"{_QUOTE}Missing{_QUOTE}: ..."
)


@pytest.fixture
def handle() -> Any:
    """Return a function with annotations that can't be evaluated, defined as in a module without a
    future import.
    """
    names: dict[str, Any] = {}
    exec(compile(_SOURCE, __file__, "exec", dont_inherit=True), names)  # noqa: S102  # this module has the future import
    return names["handle"]


def test_a_signature_needs_no_name_of_an_annotation(handle: Any) -> None:
    assert list(signature_of(handle).parameters) == ["self", "item", "count"]


def test_what_a_builtin_takes_may_be_unknown() -> None:
    with pytest.raises(ValueError, match="no signature"):
        signature_of(type)


def test_a_listener_may_have_annotations_that_mean_nothing_at_run_time(handle: Any) -> None:
    assert positional_range(handle) == (2, 3)


def test_a_handler_may_have_annotations_that_mean_nothing_at_run_time(handle: Any) -> None:
    namespace = type("Namespace", (), {"on_move": handle})
    check_handlers(namespace, {"on_move": ["item"]})
    assert parameters_of(handle) == ("item", "count")
    with pytest.raises(TypeError, match="is called with"):
        check_handlers(namespace, {"on_move": ["item", "count", "more"]})
