"""Loads schema files, shows their problems, and generates files from them in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import click
from ackord.codegen.cli.arguments import package_name
from ackord.codegen.cli.jobs import Job, load_jobs
from ackord.codegen.cli.loading import load_all, look_here, show, show_problems, stop_for_errors
from ackord.codegen.cli.outcome import FAILED, FINDINGS, fail
from ackord.codegen.errors import CodegenError, NotSupportedError, OutputFailedError
from ackord.codegen.generation import generate
from ackord.codegen.languages import DEFAULT
from ackord.codegen.targets import find_target
from ackord.schema import (
    Contract,
    ContractJsonError,
    LoadResult,
    load_contract_json,
)


class Package(NamedTuple):
    """One package as it should be: its files by their names."""

    job: Job
    files: Mapping[str, str]


def generate_packages(
    jobs: Sequence[Job], results: Mapping[Path, LoadResult] | None = None
) -> list[Package]:
    """Generate from schema files, which are loaded if they aren't in `results`; problems are
    written to standard error, and then the program ends.
    """
    results = load_jobs(jobs) if results is None else results
    stop_for_errors(show(list(results.values())))
    packages: list[Package] = []
    for job in jobs:
        contract = _contract_of(results[job.schema])
        problem = find_target(job.target).directory_problem(package_name(job.out), contract)
        if problem is not None:
            raise click.BadParameter(problem, param_hint="'--out'")
        packages.append(Package(job, _generate(job, results[job.schema])))
    return packages


def generate_in_memory(path: Path) -> Mapping[str, str]:
    """Return the files of the package that would be generated from a schema file, or from a
    ``contract.json``; problems are written to standard error.

    This is the entry point of the group ``ackord.contracts``, by which other parts of Ackord read
    contracts.
    """
    contract = _load_json(path) if path.suffix == ".json" else None
    if contract is None:
        results = load_all([path])
        stop_for_errors(show(list(results.values())))
        return _generate(Job(path, DEFAULT, Path()), results[path])
    try:
        return generate(contract, source=path.name)
    except CodegenError as error:
        fail_with(error, where=f"{path} - ")


def fail_with(error: CodegenError, *, where: str = "") -> NoReturn:
    """Show an error of generating or writing, and exit."""
    fail(
        error.problems,
        FAILED if isinstance(error, OutputFailedError) else FINDINGS,
        where=where,
    )


def _generate(job: Job, result: LoadResult) -> Mapping[str, str]:
    contract, source = _contract_of(result), job.schema.name
    try:
        return generate(contract, source=source, target=job.target, options=job.options)
    except NotSupportedError as error:
        show_problems(error.found, result)
        raise click.exceptions.Exit(FINDINGS) from error


def _contract_of(result: LoadResult) -> Contract:
    if result.contract is None:  # there are errors, and they have been shown
        raise click.exceptions.Exit(FINDINGS)
    return result.contract


def _load_json(path: Path) -> Contract | None:
    """Load a ``contract.json``; return `None` for a schema file that is written as JSON."""
    try:
        text = path.read_bytes()
    except OSError as error:
        fail([f"can't read {path}: {error.strerror}"], FAILED)
    if b'"ir"' not in text:
        return None
    look_here()
    try:
        return load_contract_json(text)
    except ContractJsonError as error:
        fail([str(error)], FINDINGS, where=f"{path} - ")
