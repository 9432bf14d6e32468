"""Reads files of earlier commits with git."""

from __future__ import annotations

import posixpath
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BOUND: Final = 60.0
"""Seconds that git may take."""


class GitError(Exception):
    """Something isn't there, or git can't be asked; the message says what."""


class NoFileError(GitError):
    """A commit has no file of a path."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the repository that a directory belongs to."""

    name: str
    """As the user wrote it."""
    hash: str
    directory: Path

    def path_of(self, file: Path) -> str:
        """Return the path of a file as the repository has it."""
        prefix = _git(file.parent, "rev-parse", "--show-prefix")
        if prefix is None:
            raise GitError(f"{file} isn't in a git repository")
        return prefix.decode().strip() + file.name

    def read(self, path: str) -> bytes:
        """Read a file, named by its path in the repository.

        Raises:
            NoFileError: The commit has no such file.
        """
        data = _git(self.directory, "cat-file", "blob", f"{self.hash}:{path}")
        if data is None:
            raise NoFileError(f"{self.name} has no file {path}")
        return data


class CommitFiles:
    """The files of a commit, for a schema file that imports others; implements
    `ackord.schema.files.Files`.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit

    def identity(self, file: str) -> str:
        """Return the path in the repository."""
        return posixpath.normpath(file)

    def read(self, file: str, limit: int) -> bytes:
        """See `ackord.schema.files.Files.read`."""
        try:
            return self._commit.read(posixpath.normpath(file))[:limit]
        except GitError as error:
            raise OSError(0, str(error)) from error


def find_commit(name: str, directory: Path) -> Commit:
    """Find a commit by a branch, a tag, a hash or another name that git knows.

    Raises:
        GitError: There is no such commit, or no repository.
    """
    if _git(directory, "rev-parse", "--git-dir") is None:
        raise GitError(
            f"{name!r} is no file, and {directory} isn't in a git repository where it could name a "
            "commit"
        )
    arguments = ("--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    found = _git(directory, "rev-parse", *arguments)
    if found is None:
        raise GitError(f"{name!r} is neither a file nor a commit that git knows")
    return Commit(name, found.decode().split()[-1], directory)


def _git(directory: Path, *arguments: str) -> bytes | None:
    """Return what git prints, `None` if it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - the commit's name stands behind --end-of-options
            ["git", *arguments],  # noqa: S607 - git is the one that the user calls
            cwd=directory,
            capture_output=True,
            check=False,
            timeout=_BOUND,
        )
    except FileNotFoundError as error:
        raise GitError("git isn't installed, or its directory isn't in PATH") from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git can't be asked: {error}") from error
    return done.stdout if done.returncode == 0 else None
