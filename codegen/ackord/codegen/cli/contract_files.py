"""Generates the files of a schema file in memory, for several verbs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import typer
from ackord.codegen.cli.arguments import package_name
from ackord.codegen.cli.outcome import FAILED, FINDINGS, fail, has_color
from ackord.codegen.errors import CodegenError, OutputFailedError, UnknownTargetError
from ackord.codegen.generation import generate
from ackord.codegen.targets import DEFAULT, find_target
from ackord.schema import (
    Contract,
    ContractJsonError,
    load_contract,
    load_contract_json,
    render_text,
)

_UNREADABLE: Final = "S001"


def generate_files(schema: Path, out: Path, target: str | None) -> Mapping[str, str]:
    """Load a schema file and generate from it; problems are written to standard error."""
    target = DEFAULT if target is None else target
    try:
        language = find_target(target)
    except UnknownTargetError as error:
        raise typer.BadParameter(str(error), param_hint="'--target'") from error
    contract = _load(schema)
    problem = language.directory_problem(package_name(out), contract)
    if problem is not None:
        raise typer.BadParameter(problem, param_hint="'--out'")
    try:
        return generate(contract, source=schema.name, target=target)
    except CodegenError as error:
        fail_with(error, where=f"{schema} - ")


def generate_in_memory(path: Path) -> Mapping[str, str]:
    """Return the files of the package that would be generated from a schema file, or from a
    ``contract.json``; problems are written to standard error.

    This is the entry point of the group ``ackord.contracts``, by which other parts of Ackord read
    contracts.
    """
    contract = _load_json(path) if path.suffix == ".json" else None
    try:
        return generate(contract or _load(path), source=path.name)
    except CodegenError as error:
        fail_with(error, where=f"{path} - ")


def fail_with(error: CodegenError, *, where: str = "") -> NoReturn:
    """Show an error of generating or writing, and exit."""
    fail(
        error.problems,
        FAILED if isinstance(error, OutputFailedError) else FINDINGS,
        where=where,
    )


def _load_json(path: Path) -> Contract | None:
    """Load a ``contract.json``; return `None` for a schema file that is written as JSON."""
    try:
        text = path.read_bytes()
    except OSError as error:
        fail([f"can't read {path}: {error.strerror}"], FAILED)
    if b'"ir"' not in text:
        return None
    _look_here()
    try:
        return load_contract_json(text)
    except ContractJsonError as error:
        fail([str(error)], FINDINGS, where=f"{path} - ")


def _look_here() -> None:
    """Look for modules of ``python:`` types in the current directory first, as `python -m` does;
    the command's own modules were imported before.
    """
    sys.path.insert(0, str(Path.cwd()))


def _load(schema: Path) -> Contract:
    _look_here()
    result = load_contract(schema)
    if result.diagnostics:
        typer.echo(
            render_text(result.diagnostics, result.sources, color=has_color(sys.stderr)),
            nl=False,
            err=True,
        )
    if result.contract is None:
        unreadable = any(found.code == _UNREADABLE for found in result.diagnostics)
        raise typer.Exit(FAILED if unreadable else FINDINGS)
    return result.contract
