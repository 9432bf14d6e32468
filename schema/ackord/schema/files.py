"""The files that a schema file imports."""

from __future__ import annotations

import os
import stat
from typing import Protocol


class Files(Protocol):
    """Where imported files are read: from the disk, or from a commit."""

    def identity(self, file: str) -> str:
        """Return what two names of one file have in common."""
        ...

    def read(self, file: str, limit: int) -> bytes:
        """Read a file, at most `limit` bytes of it.

        Raises:
            OSError: There is no such file, or it can't be read.
            ValueError: The name can't be one of a file.
        """
        ...


class DiskFiles:
    """Files on the disk, relative to the current directory."""

    def identity(self, file: str) -> str:
        """Return the path without links."""
        return os.path.realpath(file)

    def read(self, file: str, limit: int) -> bytes:
        """See `Files.read`. Pipes and devices are refused, because reading them may never end."""
        with open(file, "rb", opener=_open_at_once) as stream:  # Path.open has no opener
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise OSError(0, "it isn't a file")
            return stream.read(limit)


def _open_at_once(file: str, flags: int) -> int:
    """Open a file without waiting for the other end of a pipe."""
    return os.open(file, flags | getattr(os, "O_NONBLOCK", 0))
