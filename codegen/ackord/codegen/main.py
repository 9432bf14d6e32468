"""The console script: starts the command line, or says what to install for it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

_NEEDED = ("jinja2", "rich", "ruamel.yaml", "typer")


def main() -> None:
    """Run the command line."""
    missing = [name for name in _NEEDED if not _is_installed(name)]
    if missing:
        sys.stderr.write(
            f"ackord: the command line needs {', '.join(missing)}; install it with: pip "
            "install 'ackord[codegen]'\n"
        )
        sys.exit(1)
    from ackord.codegen.cli import run  # noqa: PLC0415 - needs what was looked for above

    run()


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        # The parent of a dotted name is missing.
        return False
