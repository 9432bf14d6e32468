"""The C of `runtime/speedups`, built from the sources for its tests: with all warnings as errors,
and with sanitizers if wanted.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
SPEEDUPS: Final = ROOT / "runtime" / "speedups"
SOURCE: Final = SPEEDUPS / "src" / "ackord_speedups" / "_speedups.c"
FAILING_MEMORY: Final = Path(__file__).with_name("_failing_memory.c")
CACHE: Final = ROOT / ".cache" / "speedups"
FLAGS: Final = (
    "-std=c11",
    "-O2",
    "-g",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow",
    "-Wvla",
    "-Werror",
    "-fPIC",
    "-shared",
)
SANITIZERS: Final = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
"""Flags with which a wrong access or an undefined operation ends the process."""


def compile_module(
    source: Path = SOURCE, extra: Sequence[str] = (), compiler: str | None = None
) -> Path:
    """Compile an extension module, unless this very source is compiled already; return the shared
    library.

    Raises:
        RuntimeError: there is no compiler, or it doesn't accept it.
    """
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    compiler = compiler or os.environ.get("CC", "cc")
    if shutil.which(compiler) is None:
        raise RuntimeError(
            f"the helpers' tests need a C compiler, and there is no {compiler!r}: install gcc "
            "or clang, or name one in CC"
        )
    # Python's own headers are no business of these warnings.
    command = [compiler, *FLAGS, *extra, "-isystem", sysconfig.get_path("include"), str(source)]
    digest = hashlib.sha256("\0".join(command).encode() + source.read_bytes()).hexdigest()
    library = CACHE / digest[:16] / f"{source.stem}{suffix}"
    if library.exists():
        return library
    library.parent.mkdir(parents=True, exist_ok=True)
    # Complete or not there: another process may want it, too.
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        unfinished = Path(folder) / library.name
        done = subprocess.run(
            [*command, "-o", str(unfinished)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr.strip()}")
        unfinished.replace(library)
    return library


def compile_sanitized() -> Path:
    """Compile the helpers with sanitizers: by gcc where there is one, whose runtimes stand where
    every program finds them.
    """
    return compile_module(extra=SANITIZERS, compiler=shutil.which("gcc"))


def sanitizer_runtimes(library: Path) -> list[str]:
    """Return the shared libraries of the sanitizers that `library` needs, to be loaded before
    Python's own.
    """
    done = subprocess.run(["ldd", str(library)], capture_output=True, text=True, check=True)
    return re.findall(r"=> (\S*lib(?:clang_rt\.)?[au]san\S*)", done.stdout)


def stage(folder: Path) -> Path:
    """Put the package, built, into `folder`, which then belongs into ``PYTHONPATH``."""
    library = compile_module()
    package = folder / "ackord_speedups"
    package.mkdir()
    for path in (library, SOURCE.with_name("__init__.py")):
        shutil.copy(path, package)
    return folder
