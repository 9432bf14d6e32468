"""How much memory this process may take, by the machine, the control group and the limit of the
address space.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

UNKNOWN: Final = 2_000_000_000
"""Bytes that are assumed if the operating system doesn't tell."""


def available_memory() -> int:
    """Return the bytes that this process may still take: the least of these limits."""
    return max(0, min([*_machine(), *control_groups(), *_address_space()], default=UNKNOWN))


def _machine() -> Iterator[int]:
    with suppress(AttributeError, ValueError, OSError):  # Windows has no `sysconf`
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def control_groups(
    root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> Iterator[int]:
    """Yield the limits of the control groups that the process is in, of both versions; a container
    sees its own as the root.
    """
    with suppress(OSError, ValueError):
        for line in own.read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                base, name = root, "memory.max"
            elif "memory" in controllers.split(","):
                base, name = root / "memory", "memory.limit_in_bytes"
            else:
                continue
            group = base / path.lstrip("/")
            for each in (group, *group.parents):
                with suppress(OSError, ValueError):  # "max", or no such file
                    yield int((each / name).read_text(encoding="ascii"))
                if each == base:
                    break


def _address_space() -> Iterator[int]:
    """Yield the rest of ``RLIMIT_AS``; a Python program has mapped a lot of it before it begins."""
    try:
        import resource  # noqa: PLC0415  # there is none on Windows
    except ImportError:
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    mapped = 0
    with suppress(OSError, ValueError):
        mapped = (
            int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            * resource.getpagesize()
        )
    yield limit - mapped
