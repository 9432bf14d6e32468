"""The same byte sequences go to this server and to npm's socket.io 4.8: what comes of them is the
same, or listed with its reason.

``ACKORD_DIFFERENTIAL=20000`` plays so many generated scripts rather than a few hundred.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pytest
from typing_extensions import override

from tests.conformance.differences import DIFFERENCES, PAGE, Difference, explain, render
from tests.conformance.differential import Outcome, server
from tests.conformance.scripts import Script, generate, singles
from tests.hosts import Hosting
from tests.node.required import require_node

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]

GENERATED: Final = int(os.environ.get("ACKORD_DIFFERENTIAL", "400"))
FIRST_SEED: Final = int(os.environ.get("ACKORD_DIFFERENTIAL_SEED", "0"))


@dataclass(frozen=True)
class Played:
    """A script, and what came of it here and there."""

    script: Script
    ours: Outcome
    theirs: Outcome

    @override
    def __str__(self) -> str:
        return (
            f"{self.script}\n    ours   {str(self.ours)[:1000]}\n"
            f"    theirs {str(self.theirs)[:1000]}"
        )


@pytest.fixture(scope="module")
def node() -> str:
    return require_node()


def play(node: str, hosting: Hosting, scripts: Sequence[Script]) -> list[Played]:
    """Play scripts to both servers, both at the same time."""

    async def main() -> list[Played]:
        async with (
            server(
                sys.executable, "-m", "tests.conformance.differential_server", "--hosting", hosting
            ) as ours,
            server(node, "tests/node/differential_server.mjs") as theirs,
        ):
            outcomes = await asyncio.gather(ours.play(scripts), theirs.play(scripts))
            return [Played(*each) for each in zip(scripts, *outcomes, strict=True)]

    return asyncio.run(main())


def unexplained(played: Sequence[Played]) -> list[Played]:
    return [each for each in played if explain(each.script, each.ours, each.theirs) is None]


def report(found: Sequence[Played]) -> str:
    return (
        f"{len(found)} scripts differ, and nothing in tests/conformance/differences.py says why:\n"
        + "\n".join(map(str, found[:5]))
    )


def test_each_odd_packet_alone_does_the_same_to_both_servers(node: str, hosting: Hosting) -> None:
    found = unexplained(play(node, hosting, singles()))
    assert not found, report(found)


def test_generated_scripts_do_the_same_to_both_servers(node: str, hosting: Hosting) -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + GENERATED)
    played = play(node, hosting, [generate(seed) for seed in seeds])
    found = unexplained(played)
    assert not found, report(found)
    # An explanation that fits everything would prove nothing; one script in twenty needs one.
    assert sum(each.ours != each.theirs for each in played) < GENERATED / 10 + 10
    # Nor would scripts that all break the protocol at once, or that never do.
    assert GENERATED / 10 < sum(each.ours.closed for each in played) < GENERATED * 0.9


def test_each_difference_that_is_allowed_is_there(node: str, hosting: Hosting) -> None:
    played = play(
        node,
        hosting,
        [Script("websocket", paced=False, frames=difference.example) for difference in DIFFERENCES],
    )
    missing = [
        difference.what
        for difference, each in zip(DIFFERENCES, played, strict=True)
        if not _shows(difference, each)
    ]
    assert not missing, f"take them off the list: {missing}"


def _shows(difference: Difference, played: Played) -> bool:
    return difference in (explain(played.script, played.ours, played.theirs) or ())


def test_scripts_are_the_same_for_the_same_seed() -> None:
    assert [str(script) for script in map(generate, range(50))] == [
        str(script) for script in map(generate, range(50))
    ]


def test_the_page_of_differences_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), (
        "write it anew: python -m tests.conformance.differences"
    )
