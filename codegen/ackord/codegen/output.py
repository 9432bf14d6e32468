"""The files of a generated package, as they are and as they should be.

A manifest beside them says which files were written and what was in them, so that files of others are neither overwritten nor removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

from ackord.codegen.errors import OutputFailedError, OutputRefusedError
from pydantic import BaseModel, ConfigDict, ValidationError

MANIFEST: Final = ".ackord-manifest.json"
_TEMPORARY: Final = ".ackord-temporary-"
_IGNORED: Final = frozenset({MANIFEST, "__pycache__"})


class Manifest(BaseModel):
    """Which files were written, with the SHA-256 of what was in them."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    manifest: int = 1
    """Version of this form."""
    files: dict[str, str]
    before: dict[str, str] = {}
    """Only while files are being replaced: what was in them until then."""

    def dump(self) -> str:
        """Give the JSON form, sorted."""
        return json.dumps(self.model_dump(exclude_defaults=True) | {"manifest": self.manifest}, indent=2, sort_keys=True) + "\n"

    @property
    def known(self) -> Mapping[str, frozenset[str]]:
        """The hashes that each file of ours may have: two while files were being replaced."""
        names = self.files.keys() | self.before.keys()
        return {name: frozenset(hashes[name] for hashes in (self.files, self.before) if name in hashes) for name in sorted(names)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What writing did."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def write(files: Mapping[str, str], directory: Path, *, force: bool = False) -> Changes:
    """Write files into a directory: all of them, or none where something stands in the way.

    Each file is replaced at once by one that is complete; files that are already as they should be aren't touched.
    A run that is cut off between two files leaves a manifest by which the next one knows old and new ones as ours, and completes it.
    Files that an earlier run wrote and that are no longer needed are removed, unless somebody has edited them.

    Raises:
        OutputRefusedError: a file would be overwritten that isn't ours or was edited, and `force` isn't set.
        OutputFailedError: the system refuses.
    """
    try:
        return _write(files, directory, force=force)
    except OSError as error:
        raise OutputFailedError((f"{error.filename or directory}: {error.strerror or error}",)) from error


def diff(files: Mapping[str, str], directory: Path) -> str:
    """Give the unified diff from what is in a directory to what should be; empty where there is no difference.

    Raises:
        OutputRefusedError: the manifest isn't one.
        OutputFailedError: a file can't be read.
    """
    try:
        return _diff(files, directory)
    except OSError as error:
        raise OutputFailedError((f"{error.filename or directory}: {error.strerror or error}",)) from error


def _write(files: Mapping[str, str], directory: Path, *, force: bool) -> Changes:
    if directory.exists() and not directory.is_dir():
        raise OutputRefusedError((f"{directory} isn't a directory",))
    known = _read_manifest(directory)
    stale = [name for name in sorted(known) if name not in files and _is_file(directory / name)]
    if not force:
        problems = (*_edited(known, [*files, *stale], directory, files), *_foreign(known, files, directory))
        if problems:
            raise OutputRefusedError((*problems, "nothing was written; use --force to overwrite, or another directory"))
    hashes = {name: _sha256(text.encode()) for name, text in files.items()}
    unchanged = tuple(name for name, text in files.items() if _read(directory / name) == text.encode())
    changed = {name: text for name, text in files.items() if name not in unchanged}
    directory.mkdir(parents=True, exist_ok=True)
    _remove_temporaries(directory)
    if changed or stale:
        before = {name: _sha256(content) for name in {**known, **files} if (content := _read(directory / name)) is not None}
        _replace_all(changed, Manifest(files=hashes, before=before), directory)
        for name in stale:
            (directory / name).unlink()
    final = Manifest(files=hashes).dump()
    if _read(directory / MANIFEST) != final.encode():
        _replace_all({MANIFEST: final}, None, directory)
    return Changes(written=tuple(changed), unchanged=unchanged, removed=tuple(stale))


def _replace_all(files: Mapping[str, str], manifest: Manifest | None, directory: Path) -> None:
    """Write every file beside its place first, so that a full disk leaves the old ones as they were."""
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
    """Remove what a run has left that was killed."""
    for path in directory.glob(f"{_TEMPORARY}*"):
        path.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def _edited(known: Mapping[str, frozenset[str]], names: list[str], directory: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Name the files of an earlier run that aren't as it left them; one that is as it should be is no problem."""
    found: list[str] = []
    for name in names:
        content = _read(directory / name)
        if name in known and content is not None and _sha256(content) not in known[name]:
            wanted = files.get(name)
            if wanted is None or content != wanted.encode():
                found.append(f"{directory / name} was edited after it had been generated")
    return tuple(found)


def _foreign(known: Mapping[str, frozenset[str]], files: Mapping[str, str], directory: Path) -> tuple[str, ...]:
    """Name what keeps a directory without a manifest, or a file that isn't in it, from being taken over."""
    if not directory.is_dir():
        return ()
    if not known:
        others = sorted(each.name for each in directory.iterdir() if each.name not in _IGNORED and not each.name.startswith(_TEMPORARY))
        same = all(_read(directory / name) == files[name].encode() for name in others if name in files)
        if others and not (same and all(name in files for name in others)):
            return (f"{directory} isn't empty and nothing in it was generated by ackord (found {', '.join(others[:3])})",)
        return ()
    return tuple(
        f"{directory / name} exists and wasn't generated"
        for name in files
        if name not in known and (content := _read(directory / name)) is not None and content != files[name].encode()
    )


def _diff(files: Mapping[str, str], directory: Path) -> str:
    known = _read_manifest(directory)
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
    lines = list(unified_diff((old or "").splitlines(keepends=True), (new or "").splitlines(keepends=True), before, after))
    if not lines:
        # An empty file that is missing, or that should be, has no lines that differ.
        return [f"--- {before}\n", f"+++ {after}\n"]
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]


def _read_manifest(directory: Path) -> Mapping[str, frozenset[str]]:
    content = _read(directory / MANIFEST)
    if content is None:
        return {}
    try:
        known = Manifest.model_validate_json(content).known
    except ValidationError as error:
        raise OutputRefusedError((f"{directory / MANIFEST} can't be read; remove it and generate with --force",)) from error
    unsafe = [name for name in known if Path(name).name != name]
    if unsafe:
        raise OutputRefusedError((f"{directory / MANIFEST} names {unsafe[0]!r}, which isn't in this directory",))
    return known


def _is_file(path: Path) -> bool:
    return path.is_file() or path.is_symlink()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode(errors="replace")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
