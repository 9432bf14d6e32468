"""Loads the old contract, with which `ackord breaking` compares the new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import click
from ackord.codegen.cli.git_files import Commit, CommitFiles, GitError, NoFileError, find_commit
from ackord.codegen.cli.loading import look_here, show, stop_for_errors
from ackord.codegen.cli.outcome import FAILED, FINDINGS, fail
from ackord.codegen.cli.project import read_configuration
from ackord.schema import (
    Contract,
    ContractJsonError,
    DiskFiles,
    LoadResult,
    load_contract,
    load_contract_json,
)
from ackord.schema.analysis.python_types import UNKNOWN, JsonSchemas
from ackord.schema.compatibility.report import whole_file, write_path
from ackord.schema.lint.settings import NOTHING
from ackord.schema.load import load_old_bytes
from ackord.schema.model import Json, PythonType
from ackord.schema.model import Path as ContractPath
from ackord.schema.resolve.places import Places
from ackord.schema.source import Place

CONTRACT_FILE: Final = "contract.json"
"""The file of a generated package with its contract."""


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two contracts."""

    contract: Contract
    place: Callable[[ContractPath], Place]
    """Finds a part in the file."""
    describe: Callable[[ContractPath], str]
    """Names the place of a part."""


def load_old(against: str, schema: Path, *, may_be_new: bool) -> Version | None:
    """Load what ``--against`` names for one schema file; ends the program if that can't be.

    Returns `None` if the commit has no such file, and the schema file may be new.
    """
    if Path(against).is_file():
        return _from_file(Path(against))
    name, _, path = against.partition(":")
    try:
        commit = find_commit(name, Path.cwd() if path else _directory(schema))
        path = path or commit.path_of(schema)
        data = commit.read(path)
    except NoFileError as error:
        if ":" in against:
            fail([str(error)], FAILED, where="--against: ")
        if may_be_new:
            return None
        hint = f"if it was another one, name that: {name}:path/in/the/repository.yaml"
        fail([f"{error}; {hint}"], FAILED, where="--against: ")
    except GitError as error:
        fail([str(error)], FAILED, where="--against: ")
    return _from_commit(data, commit, path, schema)


def load_new(path: Path) -> Version:
    """Load a schema file or a ``contract.json``; ends the program if it has errors."""
    data = _read_json(path)
    if data is not None:
        return _from_json(data, str(path))
    look_here()
    return _from_result(load_contract(path, lint=NOTHING), is_old=False)


def _from_file(path: Path) -> Version:
    try:
        data = path.read_bytes()
    except OSError as error:
        fail([f"can't read {path}: {error.strerror}"], FAILED, where="--against: ")
    if path.suffix == ".json" and _is_contract(data):
        return _from_json(data, str(path))
    return _from_result(load_old_bytes(data, path.as_posix(), DiskFiles(), lambda _: UNKNOWN))


def _directory(schema: Path) -> Path:
    if not schema.parent.is_dir():
        raise GitError(f"there is no directory {schema.parent}")
    return schema.parent


def _from_commit(data: bytes, commit: Commit, path: str, schema: Path) -> Version:
    name = f"{commit.name}:{path}"
    if path.endswith(".json") and _is_contract(data):
        return _from_json(data, name)
    types = _PythonTypes(commit, schema)
    return _from_result(
        load_old_bytes(data, path, CommitFiles(commit), types.find), commit=f"{commit.name}:"
    )


class _PythonTypes:
    """The classes of ``python:`` types as they were in a commit: their JSON Schemas stand in the
    ``contract.json`` of the packages that are generated from the schema file.
    """

    def __init__(self, commit: Commit, schema: Path) -> None:
        self._commit = commit
        self._schema = schema

    def find(self, path: str) -> JsonSchemas:
        """Return the JSON Schemas of a class."""
        return JsonSchemas(self._schemas.get(path), written=True)

    @cached_property
    def _schemas(self) -> Mapping[str, Json]:
        """The JSON Schemas of all classes; read only if a schema file names one."""
        configuration = read_configuration()
        outs = [] if configuration is None else configuration.outs_of(self._schema)
        for out in outs:
            try:
                data = self._commit.read(self._commit.path_of(out / CONTRACT_FILE))
                contract = load_contract_json(data)
            except (GitError, ContractJsonError):
                continue
            return {
                each.path: each.json_schema
                for each in contract.types
                if isinstance(each, PythonType)
            }
        return {}


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
        raise click.exceptions.Exit(FINDINGS)
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
