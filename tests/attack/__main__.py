"""Attack this server and Node's, and see what a stranger notices: ``python -m tests.attack``, or
``make attack``.

Some minutes, on 127.0.0.1 only. Each attack is bounded in time, bytes and count, and has a server
of its own.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import suppress
from pathlib import Path

import uvloop

from tests.attack.attacks import ATTACKS, Attack
from tests.attack.observe import Observation, from_a_process, observe, warm_up
from tests.attack.report import line, report, write_markdown
from tests.attack.target import SYSTEMS, Target, serving
from tests.bench.child import ChildError
from tests.bench.tables import Format

PATIENCE = 10.0
"""Seconds after which a stranger has been refused."""


async def _observe(attack: Attack, target: Target, seconds: float, settling: float) -> Observation:
    await warm_up(target, attack.namespace, PATIENCE)
    return await observe(attack, target, from_a_process(seconds), settling, PATIENCE)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.attack",
        description="Attack the servers, and see what a stranger notices.",
    )
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="of one attack at most (default: %(default)g)"
    )
    parser.add_argument(
        "--settling",
        type=float,
        default=1.5,
        help="seconds until memory is looked at again (default: %(default)g)",
    )
    parser.add_argument("--only", default="", help="only attacks with this in their name")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="(default: %(default)s)")
    parser.add_argument("--format", choices=["text", "markdown"], default="text")
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="PATH",
        help="write the table into this page as well, between the marks that docs/attacks.md has",
    )
    options = parser.parse_args()
    form: Format = options.format
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # the servers are ended in this case as well
    rows: dict[str, dict[str, Observation]] = {}
    failed = False
    wanted = [attack for name, attack in ATTACKS.items() if options.only in name]
    with suppress(KeyboardInterrupt):  # what was seen so far is shown
        for attack in wanted:
            row = rows[attack.name] = {}
            for system in options.systems.split(","):
                try:
                    with serving(system, attack.options) as target:
                        row[system] = uvloop.run(
                            _observe(attack, target, options.seconds, options.settling)
                        )
                except ChildError as error:
                    failed = True
                    print(error, file=sys.stderr)
                else:
                    print(line(attack.name, system, row[system]), file=sys.stderr, flush=True)
    print(report(rows, form))
    if options.markdown is not None:
        write_markdown(options.markdown, report(rows, "markdown"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
