"""nginx and HAProxy for tests, with the files of examples/proxies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.ports import await_port

ROOT: Final = Path(__file__).resolve().parents[1]
FILES: Final = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}
PACKAGES: Final = {"nginx": "nginx-light", "haproxy": "haproxy"}
BY_ADDRESS: Final = {
    "nginx": [(r"hash \$key consistent;  # sticky by address: ", "")],
    "haproxy": [
        (r"    balance roundrobin\n    cookie .*\n", ""),
        (r"# (balance|hash-type)", r"\1"),
    ],
}
"""What the comments of the files say to change for sticky sessions by address: patterns and their
replacements.
"""
OWN: Final = {
    "nginx": {"listen 443": "listen 127.0.0.1:{}"},
    # Each connection takes two descriptors, of which tests may have few.
    "haproxy": {"bind :443": "bind 127.0.0.1:{}", "maxconn 20000": "maxconn 500"},
}
"""What else is of the machine: texts, and what stands in their place for a port."""


def require_proxy(name: str) -> str:
    """Return the path of nginx or haproxy, or skip with how to get it."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        pytest.skip(f"{name} was not found; on Debian and Ubuntu: apt install {PACKAGES[name]}")
    return path


def configuration(
    name: str, port: int, folder: Path, replaced: Mapping[str, str], *, by_address: bool = False
) -> str:
    """Return the file of examples/proxies, for a port of this machine and for a certificate in
    `folder`; `replaced` are the addresses of the servers, and other texts.
    """
    text = (ROOT / "examples" / "proxies" / FILES[name]).read_text(encoding="utf-8")
    for pattern, replacement in BY_ADDRESS[name] if by_address else ():
        text, count = re.subn(pattern, replacement, text)
        assert count, pattern
    for old, new in {
        f"/etc/{name}/": f"{folder}/",
        **{old: new.format(port) for old, new in OWN[name].items()},
        **replaced,
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@contextmanager
def serving_proxy(name: str, text: str, folder: Path, port: int) -> Generator[None]:
    """Run nginx or HAProxy with a configuration, which listens on `port`."""
    program, file = require_proxy(name), folder / FILES[name]
    command = [program, "-f", str(file), "-db"]
    if name == "nginx":
        own = "access_log off;" + "".join(
            f" {kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = text.replace("http {", f"http {{ {own}", 1)
        settings = f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;"
        command = [program, "-p", str(folder), "-c", str(file), "-g", settings]
    file.write_text(text, encoding="utf-8")
    with (folder / "said").open("w+b") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            await_port(port, process, folder / "said")
            yield
        finally:
            process.terminate()
            process.wait()
