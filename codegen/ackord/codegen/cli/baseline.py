"""Loads the old contract, with which `ackord breaking` compares the new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer
from ackord.codegen.cli.git_files import Commit, CommitFiles, GitError, find_commit
from ackord.codegen.cli.loading import look_here, show, stop_for_errors
from ackord.codegen.cli.outcome import FAILED, FINDINGS, fail
from ackord.schema import (
    Contract,
    ContractJsonError,
    LoadResult,
    load_bytes,
    load_contract,
    load_contract_json,
)
from ackord.schema.compatibility.report import whole_file, write_path
from ackord.schema.lint.settings import NOTHING
from ackord.schema.model import Path as ContractPath
from ackord.schema.resolve.places import Places
from ackord.schema.source import Place


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two contracts."""

    contract: Contract
    place: Callable[[ContractPath], Place]
    """Finds a part in the file."""
    describe: Callable[[ContractPath], str]
    """Names the place of a part."""


def load_old(against: str, schema: Path) -> Version:
    """Load what ``--against`` names for one schema file; ends the program if that can't be."""
    if Path(against).is_file():
        return _load(Path(against), is_old=True)
    name, _, path = against.partition(":")
    try:
        commit = find_commit(name, Path.cwd() if path else _directory(schema))
        path = path or commit.path_of(schema)
        data = commit.read(path)
    except GitError as error:
        fail([str(error)], FAILED, where="--against: ")
    return _from_commit(data, commit, path)


def load_new(path: Path) -> Version:
    """Load a schema file or a ``contract.json``; ends the program if it has errors."""
    return _load(path, is_old=False)


def _load(path: Path, *, is_old: bool) -> Version:
    data = _read_json(path)
    if data is not None:
        return _from_json(data, str(path))
    look_here()
    return _from_result(load_contract(path, lint=NOTHING), is_old=is_old)


def _directory(schema: Path) -> Path:
    if not schema.parent.is_dir():
        raise GitError(f"there is no directory {schema.parent}")
    return schema.parent


def _from_commit(data: bytes, commit: Commit, path: str) -> Version:
    name = f"{commit.name}:{path}"
    if path.endswith(".json") and _is_contract(data):
        return _from_json(data, name)
    return _from_result(
        load_bytes(data, path, CommitFiles(commit), lint=NOTHING), commit=f"{commit.name}:"
    )


def _from_json(data: bytes, name: str) -> Version:
    try:
        contract = load_contract_json(data)
    except ContractJsonError as error:
        fail([str(error)], FAILED, where=f"{name} - ")
    return Version(contract, lambda _: whole_file(name), lambda path: f"{name}: {write_path(path)}")


def _from_result(result: LoadResult, *, commit: str = "", is_old: bool = True) -> Version:
    contract = result.contract
    if contract is None:
        found = show([result])
        if is_old:
            where = f"{commit}{found[0].file}" if found else commit
            fail([f"the old contract can't be compared, because {where} has errors"], FAILED)
        stop_for_errors(found)
        raise typer.Exit(FINDINGS)
    places = Places(result.files.values(), contract)

    def describe(path: ContractPath) -> str:
        place = places.find(path)
        return f"{commit}{place.file}:{place.range.line}"

    return Version(contract, places.find, describe)


def _read_json(path: Path) -> bytes | None:
    """Return the content of a ``contract.json``; `None` for a schema file."""
    if path.suffix != ".json":
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None  # loading it says why
    return data if _is_contract(data) else None


def _is_contract(data: bytes) -> bool:
    return b'"ir"' in data
