"""What the tests themselves stand on: claims about time that are made again."""

from __future__ import annotations

import pytest

from tests.attempts import hold_once


def test_a_claim_is_made_until_it_holds_and_what_failed_is_told_if_it_never_does() -> None:
    made: list[int] = []

    def claim(setting: int) -> None:
        made.append(setting)
        assert setting >= 2, f"{setting} is too small"

    hold_once(claim, (1, 2, 3))
    assert made == [1, 2]
    with pytest.raises(ExceptionGroup, match="the claim held in none of 2 attempts") as raised:
        hold_once(claim, (0, 1))
    assert [str(failure).splitlines()[0] for failure in raised.value.exceptions] == [
        "0 is too small",
        "1 is too small",
    ]
