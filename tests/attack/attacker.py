"""One attack as a process of its own: ``python -m tests.attack.attacker NAME PORT SECONDS`` prints
what it did.
"""

from __future__ import annotations

import argparse
import os

import uvloop

from tests.attack.aim import Aim
from tests.attack.attacks import ATTACKS, Attack
from tests.bench.files import allow_many


async def attack(attack: Attack, port: int, seconds: float, share: float = 1.0) -> str:
    """Attack, and say what was done; counts are multiplied by `share`."""
    aim = Aim(port, attack.times * seconds, seconds / 2, share)
    try:
        await attack.run(aim)
    finally:
        await aim.end()
    return ", ".join(f"{count:,} {what}" for what, count in aim.done.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=ATTACKS)
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    options = parser.parse_args()
    allow_many()
    os.nice(10)  # the stranger has the same processors, and is to wait for the server only
    print(uvloop.run(attack(ATTACKS[options.name], options.port, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
