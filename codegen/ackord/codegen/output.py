r"""Writes and compares the files of a generated package.

A manifest beside the files has the names and hashes of the generated ones, so that other files are
neither overwritten nor removed. The manifest belongs into version control, as the files do. Line
ends don't matter, because version control may change them: ``\r\n`` and ``\r`` are read as ``\n``.

One run at a time works in a directory: another run waits for the lock. If the system has no such
locks (Windows), two runs at once may leave files of both, and the next run completes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any, Final, Self, cast

from ackord.codegen.errors import OutputFailedError, OutputRefusedError

if sys.platform != "win32":
    import fcntl

MANIFEST: Final = ".ackord-manifest.json"
_FORM: Final = 1
"""Version of the manifest's form."""
_TABLES: Final = frozenset({"files", "before"})
_TEMPORARY: Final = ".ackord-temporary-"
_IGNORED: Final = frozenset({MANIFEST, "__pycache__"})
_CONFLICT: Final = re.compile(rb"^(<{7} |={7}$|>{7} )", re.MULTILINE)
_PATIENCE: Final = 60.0
"""Seconds to wait for another run in the same directory."""
_INTERVAL: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The generated files, with the SHA-256 of their content."""

    files: Mapping[str, str]
    before: Mapping[str, str] = field(default_factory=dict[str, str])
    """The hashes from before, while files are being replaced; else empty."""

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read the JSON form.

        Raises:
            ValueError: It isn't the form that `dump` writes.
        """
        found: Any = json.loads(content)
        tables = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
        if tables.pop("manifest", None) != _FORM or not {"files"} <= tables.keys() <= _TABLES:
            raise ValueError("no manifest")
        for hashes in tables.values():
            values = cast("dict[str, Any]", hashes) if isinstance(hashes, dict) else {"": None}
            if not all(isinstance(each, str) for each in values.values()):
                raise ValueError("no hashes")
        return cls(**tables)

    def dump(self) -> str:
        """Return the JSON form, sorted."""
        written = {"manifest": _FORM, "files": self.files}
        if self.before:
            written["before"] = self.before
        return json.dumps(written, indent=2, sort_keys=True) + "\n"

    @property
    def known(self) -> Mapping[str, frozenset[str]]:
        """The hashes that each generated file may have: two if files were being replaced."""
        names = self.files.keys() | self.before.keys()
        return {
            name: frozenset(hashes[name] for hashes in (self.files, self.before) if name in hashes)
            for name in sorted(names)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The result of `write`."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    adopted: bool
    """Whether the files existed without a manifest, which was written again."""


def write(files: Mapping[str, str], directory: Path, *, force: bool = False) -> Changes:
    """Write files into a directory: all of them, or none if there is a problem.

    Each file is replaced by a complete one in one step; files that are up to date aren't touched. A
    run that is killed between two files leaves a manifest with the old and new hashes, so the next
    run can complete the work. Files of an earlier run that are no longer generated are removed,
    unless they were edited. If the manifest is missing, files that are up to date count as
    generated.

    Raises:
        OutputRefusedError: a file would be overwritten that wasn't generated or was edited, or the
            manifest can't be read, and `force` isn't set.
        OutputFailedError: the system refuses, or another run doesn't end.
    """
    with _failures_of(directory):
        _check_directory(directory)
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory, shared=False) as alone:
            return _write(files, directory, force=force, alone=alone)


def check_writable(files: Mapping[str, str], directory: Path, *, force: bool = False) -> None:
    """See that `write` would not refuse, without writing anything.

    Raises:
        OutputRefusedError: see `write`.
        OutputFailedError: a file can't be read.
    """
    with _failures_of(directory):
        _check_directory(directory)
        if directory.is_dir() and not force:
            _check_files(files, _read_manifest(directory, force=force), directory)


def diff(files: Mapping[str, str], directory: Path) -> str:
    """Return the unified diff from the files in a directory to the generated ones; empty without a
    difference.

    Raises:
        OutputRefusedError: the manifest can't be read.
        OutputFailedError: a file can't be read.
    """
    with _failures_of(directory):
        if not directory.is_dir():
            return _diff(files, directory)
        with _locked(directory, shared=True):
            return _diff(files, directory)


def manifest_problem(files: Mapping[str, str], directory: Path, *, changed: bool) -> str | None:
    """Return the problem with the manifest of a directory; `changed` says whether the generated
    files differ from those in the directory.

    Raises:
        OutputFailedError: the manifest can't be read.
    """
    path = directory / MANIFEST
    with _failures_of(path):
        content = _read(path)
    if content is None:
        missing = (
            f"{path} is missing: it says which files were generated, and belongs into version "
            "control with them"
        )
        return missing if any((directory / name).exists() for name in files) else None
    return (
        None
        if changed or content == _manifest(files).dump().encode()
        else f"{path} doesn't list the files as they are"
    )


@contextmanager
def _failures_of(path: Path) -> Generator[None]:
    """Turn what the system refuses into an `OutputFailedError`."""
    try:
        yield
    except OSError as error:
        raise OutputFailedError(
            (f"{error.filename or path}: {error.strerror or error}",)
        ) from error


def _check_directory(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise OutputRefusedError((f"{directory} isn't a directory",))


def _check_files(
    files: Mapping[str, str], known: Mapping[str, frozenset[str]] | None, directory: Path
) -> None:
    """Refuse to overwrite or remove what wasn't generated, or was edited since."""
    problems = (
        _unknown(files, directory)
        if known is None
        else (
            *_edited(known, [*files, *_stale(files, known, directory)], directory, files),
            *_foreign(known, files, directory),
        )
    )
    if problems:
        raise OutputRefusedError(
            (*problems, "nothing was written; use --force to overwrite, or another directory")
        )


def _stale(
    files: Mapping[str, str], known: Mapping[str, frozenset[str]] | None, directory: Path
) -> list[str]:
    """List the files of an earlier run that aren't generated any more."""
    return [
        name for name in sorted(known or ()) if name not in files and _is_file(directory / name)
    ]


def _write(files: Mapping[str, str], directory: Path, *, force: bool, alone: bool) -> Changes:
    known = _read_manifest(directory, force=force)
    if not force:
        _check_files(files, known, directory)
    present = [name for name in files if _read(directory / name) is not None]
    stale = _stale(files, known, directory)
    unchanged = tuple(name for name in present if _read(directory / name) == files[name].encode())
    changed = {name: text for name, text in files.items() if name not in unchanged}
    if alone:
        _remove_temporaries(directory)
    final = _manifest(files)
    if changed or stale:
        before = {
            name: _sha256(content)
            for name in {**(known or {}), **files}
            if (content := _read(directory / name)) is not None
        }
        _replace_all(changed, Manifest(files=final.files, before=before), directory)
        for name in stale:
            (directory / name).unlink()
    if _read(directory / MANIFEST) != final.dump().encode():
        _replace_all({MANIFEST: final.dump()}, None, directory)
    return Changes(
        written=tuple(changed),
        unchanged=unchanged,
        removed=tuple(stale),
        adopted=known is None and bool(present),
    )


@contextmanager
def _locked(directory: Path, *, shared: bool) -> Generator[bool]:
    """Wait until no other run works in a directory; yield whether that is certain.

    The lock is on the directory itself, so a killed run leaves no lock file behind.
    """
    if sys.platform == "win32":
        yield False
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        yield _lock(handle, directory, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    finally:
        os.close(handle)


def _lock(handle: int, directory: Path, kind: int) -> bool:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise OutputFailedError(
                    (
                        (
                            f"{directory}: another run of ackord works in this directory and "
                            "doesn't come to its end"
                        ),
                    )
                ) from None
            time.sleep(_INTERVAL)
        except OSError:
            return False  # some network file systems have no locks on directories
        else:
            return True


def _manifest(files: Mapping[str, str]) -> Manifest:
    return Manifest(files={name: _sha256(text.encode()) for name, text in files.items()})


def _replace_all(files: Mapping[str, str], manifest: Manifest | None, directory: Path) -> None:
    """Write every file beside its place first, so that a full disk leaves the old files
    unchanged.
    """
    prepared: list[tuple[Path, Path]] = []
    wanted = files if manifest is None else {MANIFEST: manifest.dump(), **files}
    try:
        for name, text in wanted.items():
            handle, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=directory)
            prepared.append((Path(temporary), directory / name))
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode())
            Path(temporary).chmod(0o666 & ~_umask())
        for temporary_path, target in prepared:
            temporary_path.replace(target)
    finally:
        for temporary_path, _ in prepared:
            temporary_path.unlink(missing_ok=True)


def _remove_temporaries(directory: Path) -> None:
    """Remove the temporary files of a killed run."""
    for path in directory.glob(f"{_TEMPORARY}*"):
        path.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def _edited(
    known: Mapping[str, frozenset[str]], names: list[str], directory: Path, files: Mapping[str, str]
) -> tuple[str, ...]:
    """List the files of an earlier run that were edited since; files that are up to date are no
    problem.
    """
    found: list[str] = []
    for name in names:
        content = _read(directory / name)
        if name in known and content is not None and _sha256(content) not in known[name]:
            wanted = files.get(name)
            if wanted is None or content != wanted.encode():
                found.append(f"{directory / name} was edited after it had been generated")
    return tuple(found)


def _foreign(
    known: Mapping[str, frozenset[str]], files: Mapping[str, str], directory: Path
) -> tuple[str, ...]:
    """List the files that aren't in the manifest and would be overwritten."""
    return tuple(
        f"{directory / name} exists and wasn't generated"
        for name in _different(files, directory)
        if name not in known
    )


def _unknown(files: Mapping[str, str], directory: Path) -> tuple[str, ...]:
    """Return the problem with writing into a directory without a manifest."""
    different = _different(files, directory)
    if different:
        names = ", ".join(different[:3]) + (", …" if len(different) > 3 else "")
        return (
            (
                f"{directory / MANIFEST} is missing, so ackord can't tell whether it wrote these "
                f"files, which aren't as they would be now: {names}"
            ),
            (
                "restore the manifest from version control, where it belongs beside the files; or "
                "see that nobody has edited them, and use --force"
            ),
        )
    others = sorted(
        each.name
        for each in directory.iterdir()
        if each.name not in _IGNORED and not each.name.startswith(_TEMPORARY)
    )
    if others and not any(name in files for name in others):
        return (
            (
                f"{directory} isn't empty and nothing in it was generated by ackord (found "
                f"{', '.join(others[:3])})"
            ),
        )
    return ()


def _different(files: Mapping[str, str], directory: Path) -> list[str]:
    """List the existing files that would be overwritten."""
    return [
        name
        for name, text in files.items()
        if (content := _read(directory / name)) is not None and content != text.encode()
    ]


def _diff(files: Mapping[str, str], directory: Path) -> str:
    known = _read_manifest(directory, force=False) or {}
    pieces: list[str] = []
    for name in sorted({*files, *known}):
        old = _text(_read(directory / name))
        new = files.get(name)
        if old is None and name not in files:
            continue
        pieces += _unified(name, old, new)
    return "".join(pieces)


def _unified(name: str, old: str | None, new: str | None) -> list[str]:
    if old == new:
        return []
    before = "/dev/null" if old is None else f"a/{name}"
    after = "/dev/null" if new is None else f"b/{name}"
    lines = list(
        unified_diff(
            (old or "").splitlines(keepends=True),
            (new or "").splitlines(keepends=True),
            before,
            after,
        )
    )
    if not lines:
        # A missing or superfluous empty file has no lines that differ.
        return [f"--- {before}\n", f"+++ {after}\n"]
    return [
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    ]


def _read_manifest(directory: Path, *, force: bool) -> Mapping[str, frozenset[str]] | None:
    """Read the manifest; `None` if it is missing, or, with `force`, if it can't be read."""
    path = directory / MANIFEST
    content = _read(path)
    if content is None:
        return None
    known: Mapping[str, frozenset[str]] = {}
    try:
        known = Manifest.parse(content).known
        reason = next(
            (
                f"names {name!r}, which isn't in this directory"
                for name in known
                if Path(name).name != name
            ),
            None,
        )
    except (ValueError, RecursionError):
        reason = (
            "has the marks of a merge conflict"
            if _CONFLICT.search(content)
            else "isn't a manifest that this version of ackord has written"
        )
    if reason is None:
        return known
    if force:
        return None
    raise OutputRefusedError(
        (
            (
                f"{path} {reason}; restore it from version control, or generate with --force, "
                "which writes all files anew"
            ),
        )
    )


def _is_file(path: Path) -> bool:
    return path.is_file() or path.is_symlink()


def _read(path: Path) -> bytes | None:
    """Read a file; all line ends become line feeds."""
    try:
        return path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    except FileNotFoundError:
        return None


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode(errors="replace")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
