"""Each attack in small, on both ways of hosting; ``make attack`` is the long form, with its
table.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import pytest
import uvloop

from tests.attack.attacker import attack as attack_from_here
from tests.attack.attacks import ATTACKS, Attack
from tests.attack.observe import Observation, observe
from tests.attack.report import BEGIN, END, report, worse, write_markdown
from tests.attack.target import Target, serving

SECONDS = 0.5
SHARE = 0.1
"""The part of connections and messages that an attack in small has; the server's bounds are a tenth
as well.
"""
PATIENCE = 60.0
"""Seconds after which a server hangs; a busy machine doesn't."""
MOST_TAKEN = 400.0
"""Megabytes that no attack in small may take, and several times what they do take."""
MOST_LINES = 300
"""Lines of log about one attack."""


async def observe_at_work(attack: Attack, target: Target) -> Observation:
    """Observe an attack, for longer where a busy machine let the attacker do nothing."""
    for seconds in (SECONDS, 5 * SECONDS):
        attacker = partial(attack_from_here, seconds=seconds, share=SHARE)
        seen = await observe(attack, target, attacker, 0.1, PATIENCE)
        if seen.done or seen.has_ended:
            return seen
    return await observe(
        attack, target, partial(attack_from_here, seconds=30 * SECONDS, share=SHARE), 0.1, PATIENCE
    )


async def attack_all(target: Target, attacks: list[Attack]) -> list[str]:
    """Attack one server in every way; say what its strangers or its keepers would complain
    about.
    """
    problems: list[str] = []
    for attack in attacks:
        seen = await observe_at_work(attack, target)
        if seen.has_ended:
            return [*problems, f"{attack.name}: the server ended: {target.log().decode()[-1000:]}"]
        problems += [
            f"{attack.name}: {count} of {seen.visits} visits: {what}"
            for what, count in seen.failures.items()
        ]
        if seen.done.startswith("failed") or not seen.done:
            problems.append(f"{attack.name}: nothing was done: {seen.done}")
        if max(seen.peak, seen.after) - seen.before > MOST_TAKEN:
            problems.append(
                f"{attack.name}: {seen.before:.0f} MB before, {seen.peak:.0f} at the peak, "
                f"{seen.after:.0f} after"
            )
        if seen.log_lines > MOST_LINES:
            problems.append(f"{attack.name}: {seen.log_lines} lines of log")
    return problems


@pytest.mark.slow
@pytest.mark.timeout(400)  # half a minute, all of them, on a machine that has nothing else to do
@pytest.mark.parametrize("options", sorted({attack.options for attack in ATTACKS.values()}))
@pytest.mark.parametrize("system", ["direct", "asgi"])
def test_a_stranger_is_served_while_somebody_attacks(system: str, options: tuple[str, ...]) -> None:
    attacks = [
        attack
        for attack in ATTACKS.values()
        if attack.options == options and not (system == "asgi" and attack.host)
    ]
    with serving(system, [*options, "--small"]) as target:
        assert uvloop.run(attack_all(target, attacks)) == []


def observed(**changes: object) -> Observation:
    values: dict[str, object] = {
        "visits": 10,
        "failures": Counter(),
        "longest": 0.1,
        "before": 50.0,
        "peak": 60.0,
        "after": 55.0,
    }
    values |= {"log_bytes": 0, "log_lines": 0, "cpu": 1.0, "done": "9 pieces", "has_ended": False}
    return Observation(**(values | changes))  # type: ignore[arg-type]  # the fields of the class, by name


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({}, None),
        ({"longest": 0.3, "peak": 70.0, "log_bytes": 5000}, None),
        ({"failures": Counter({"refused: 503": 2})}, "2 of 10 visits refused, 0 of 10 there"),
        ({"longest": 4.0}, "a wait of 4.00 s, 0.10 s there"),
        ({"peak": 500.0}, "450 MB more at the peak, 10 MB there"),
        ({"after": 500.0}, "450 MB more after, 5 MB there"),
        ({"log_bytes": 2_000_000}, "2000 KB of log, 0 KB there"),
    ],
)
def test_what_is_worse_than_nodes_is_said(
    changes: dict[str, object], complaint: str | None
) -> None:
    rows = {"churn": {"direct": observed(**changes), "node": observed()}}
    assert worse(rows) == ([f"churn, Ackord, server.run(): {complaint}"] if complaint else [])
    assert worse({"cut frames": {"asgi": observed(**changes), "node": observed()}}) == [], (
        "the host's affair"
    )


def test_the_end_of_a_server_is_worse_than_anything() -> None:
    ended = observed(has_ended=True)
    assert worse({"churn": {"direct": ended, "node": observed(longest=9.0)}}) == [
        "churn, Ackord, server.run(): the server ended"
    ]
    assert worse({"churn": {"direct": observed(longest=9.0), "node": ended}}) == []


def test_the_table_has_a_row_for_each_server() -> None:
    refused = observed(failures=Counter({"refused: 503": 2}))
    assert report(
        {"cut frames": {"direct": refused, "asgi": observed(), "node": observed(has_ended=True)}},
        "markdown",
    ) == (
        "### What a stranger noticed\n\n"
        "| attack | server | longest wait | refused | MB before | at the peak | after | log | "
        "CPU | done |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| cut frames | Ackord, server.run() | 0.10 s | 2 of 10 | 50 | 60 | 55 | 0 KB | 1.0 s "
        "| 9 pieces (refused: 503) |\n"
        "|  | Ackord, plain uvicorn | 0.10 s | 0 of 10* | 50 | 60 | 55 | 0 KB | 1.0 s | 9 "
        "pieces |\n"
        "|  | Node socket.io | 0.10 s | the server ended | 50 | 60 | 55 | 0 KB | 1.0 s | 9 "
        "pieces |\n\n"
        "* On plain ASGI this is the host's affair: frames until a message is complete.\n\n"
        "Nothing is worse than Node's."
    )


@pytest.mark.parametrize(
    ("page", "written"),
    [
        (f"# Page\n{BEGIN}old\n{END}rest\n", f"# Page\n{BEGIN}\nnew\n\n{END}rest\n"),
        ("old\n", "new\n"),
        (None, "new\n"),
    ],
)
def test_the_table_is_written_between_its_marks(
    page: str | None, written: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.md"
    if page is not None:
        path.write_text(page, encoding="utf-8")
    write_markdown(path, "new")
    assert path.read_text(encoding="utf-8") == written
