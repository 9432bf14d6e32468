"""Connect and disconnect over and over, and see what is left: ``python -m tests.soak.leaks
--connects 10000``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

import uvloop

from tests.hosts import Hosting, add_option
from tests.soak.__main__ import ServerProcess, serving
from tests.soak.client import Client, Tally
from tests.soak.links import MODES, Mode
from tests.soak.wire import GoneError

ENDS = ("settle", "close", "cut", "leave", "half")
TOGETHER = 25
"""Connections at a time."""
ROUNDS = 3
"""How often the number of objects must grow to be a leak."""
MORE_OBJECTS = "objects more"
COUNTED = ("sessions", "connections", "sockets", "rooms", "tasks")


async def churn(port: int, mode: Mode, count: int) -> Tally:
    """Open `count` sessions and end each, by turns in each of the ways."""
    tally = Tally()
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await _visit(port, mode, ENDS[number % len(ENDS)], tally)

    await asyncio.gather(*(worker() for _ in range(TOGETHER)))
    return tally


async def _visit(port: int, mode: Mode, end: str, tally: Tally) -> None:
    client = Client(port, mode, tally)
    try:
        if end == "half":
            await client.link.open()  # joins nothing
        else:
            await client.open()
            client.say()
        if end in {"settle", "leave"}:
            await client.settle()
        if mode == "upgrade" and end != "half":
            await client.link.upgrade()
            client.say()
            await client.settle_again()
        if end == "leave":
            client.link.send("1")
        if end != "cut":
            await client.link.close()
    except (GoneError, OSError) as error:
        tally.problems[f"{mode}: {end}: {error}"] += 1
    finally:
        client.link.abort()


async def find_leaks(server: ServerProcess, mode: Mode, count: int) -> list[str]:
    """Return what is left after `count` connections that wasn't there before, after a hundred
    others.

    Some objects more are made once and for all, by what didn't happen before: only what grows each
    time is a leak.
    """
    problems = (await churn(server.port, mode, 100)).problems
    found: list[str] = []
    for _ in range(ROUNDS):
        before = await server.settled(30)
        problems += (await churn(server.port, mode, count)).problems
        found, report = await _compare(server, before, count)
        print(
            f"{mode}: {count} connections, {report['objects'] - before['objects']:+} objects, "
            f"{report['rss'] - before['rss']:+.1f} MB"
        )
        if problems or not found or any(not text.endswith(MORE_OBJECTS) for text in found):
            break
    return [*found, *(f"{number} times: {text}" for text, number in problems.items())]


async def _compare(
    server: ServerProcess, before: dict[str, Any], count: int
) -> tuple[list[str], dict[str, Any]]:
    """Return what is there that wasn't before, and the whole report."""
    report = await server.settled(30)
    found: list[str] = []
    for _ in range(40):
        found = [
            f"{name}: {report[name]} instead of {before[name]}"
            for name in COUNTED
            if report[name] > before[name]
        ]
        kinds = report["kinds"]
        found += [
            f"{kinds[name]} {name} instead of {number}"
            for name, number in before["kinds"].items()
            if kinds[name] > number
        ]
        if report["tasks"] > before["tasks"]:
            found.append(f"{report['working']} are at work instead of {before['working']}")
        if report["objects"] > before["objects"] + count // 20:
            found.append(f"{report['objects'] - before['objects']} {MORE_OBJECTS}")
        if not found:
            return [], report
        await asyncio.sleep(0.5)  # timers of connections that are gone may still run
        report = await server.report()
    return found, report


async def run(count: int, hosting: Hosting) -> list[str]:
    async with serving(
        "tests.soak.server", "--hosting", hosting, "--ping-interval", "1", "--ping-timeout", "4"
    ) as server:
        return [found for mode in MODES for found in await find_leaks(server, mode, count)]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.leaks",
        description="Connect and disconnect, and see what is left.",
    )
    parser.add_argument(
        "--connects", type=int, default=10_000, help="on each transport (default: %(default)s)"
    )
    add_option(parser)
    options = parser.parse_args()
    found = uvloop.run(run(options.connects, options.hosting))
    print("\n".join(found) or "nothing is left")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
