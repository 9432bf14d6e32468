"""Fuzz one target guided by coverage: ``python -m tests.fuzz.guided TARGET FOLDER SECONDS``;
`tests.fuzz` runs this once for each target.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import atheris

if not TYPE_CHECKING:
    with atheris.instrument_imports(
        include=["ackord.runtime", "tests.fuzz.targets", "tests.fuzz.helpers", "tests.fuzz.planted"]
    ):
        from tests.fuzz import planted, targets
else:
    from tests.fuzz import planted, targets

MAX_LENGTH = 2048
LONGEST = 10
"""Seconds that one input may take before the run ends as failed."""
MOST_MEMORY = 1024
"""Megabytes that the process may take before the run ends as failed."""


def main() -> None:
    name, folder, seconds = sys.argv[1:]
    mistake = targets.Target("planted", planted.planted, (b"x",))
    target = mistake if name == mistake.name else targets.TARGETS[name]
    corpus = Path(folder) / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    settings = [
        f"-max_total_time={seconds}",
        f"-max_len={MAX_LENGTH}",
        f"-timeout={LONGEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
    ]
    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            f"-artifact_prefix={folder}/",
            "-print_final_stats=1",
            *settings,
        ],
        target.run,
    )
    with targets.failing_logs():
        atheris.Fuzz()


if __name__ == "__main__":
    main()
