"""A seller and two bidders use the auction's web page in Chromium."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.examples.test_auction import copy, serving
from tests.interop.conftest import NodeScripts

pytestmark = [pytest.mark.interop, pytest.mark.browser]
COMMAND = ["ackord", "serve", "app:app", "--host", "0.0.0.0", "--port", "8000", "--workers", "2"]


@pytest.fixture(scope="module")
def page(
    node: NodeScripts, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    async def observe(project: Path) -> dict[str, Any]:
        async with serving(project, {}, COMMAND) as url:
            return await asyncio.to_thread(node.observe, "auction_page.mjs", url, chromium)

    return asyncio.run(observe(copy(tmp_path_factory.mktemp("auction"))))


def test_an_empty_auction_says_what_to_do(page: dict[str, Any]) -> None:
    assert page["empty"].startswith("Nothing is for sale yet.")


def test_a_lot_is_shown_with_its_picture_and_its_time(page: dict[str, Any]) -> None:
    assert page["lot"] == {"title": "A <b>lamp</b>", "width": 320}
    assert page["minutes left"] in {8, 9, 10}


def test_a_bid_that_is_too_low_is_refused_with_what_would_be_taken(page: dict[str, Any]) -> None:
    assert page["too low"] == {"note": "The next bid must be €6.00 or more.", "amount": "6.00"}


def test_one_hears_of_a_higher_bid(page: dict[str, Any]) -> None:
    note = "bob bids €6.00 for “A <b>lamp</b>”."
    assert page["outbid"] == {"note": note, "amount": "7.00", "price": "€6.00"}


def test_a_reload_keeps_the_login(page: dict[str, Any]) -> None:
    assert page["reload"] == "ada"


def test_the_end_is_shown_and_nobody_can_bid(page: dict[str, Any]) -> None:
    assert page["ended"] == {"label": "Sold to bob", "form": False, "button": False}


def test_nothing_is_wider_than_the_window_and_nothing_fails(page: dict[str, Any]) -> None:
    assert page["overflow"] == [False, False, False]
    assert page["problems"] == []
