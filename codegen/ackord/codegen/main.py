"""The console script: starts the command line, or says what to install for it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from ackord.codegen.version import VERSION


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:  # at once: the command line's packages take a while to import
        sys.stdout.write(f"ackord {VERSION}\n")
        sys.exit(0)
    if not _is_installed("click"):
        sys.stderr.write(
            "ackord: the command line needs the package click; install it with: pip install "
            "'ackord[codegen]', or 'ackord[cli,client]' for a client only\n"
        )
        sys.exit(1)
    from ackord.codegen.cli.app import run  # noqa: PLC0415 - needs what was looked for above

    run()


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
