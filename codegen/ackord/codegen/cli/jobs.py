"""What a verb works on: the schema files and packages that are named by its arguments, or by the
configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import click
from ackord.codegen.cli.loading import load_all
from ackord.codegen.cli.outcome import WRONG_USAGE, fail
from ackord.codegen.cli.project import EXAMPLE, read_configuration
from ackord.codegen.configuration import Configuration
from ackord.codegen.errors import UnknownTargetError
from ackord.codegen.languages import DEFAULT
from ackord.codegen.targets import check_options, find_target
from ackord.schema import LoadResult


@dataclass(frozen=True, slots=True)
class Job:
    """One package of one contract."""

    schema: Path
    target: str
    out: Path
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    """The values of the target's own options."""


def load_jobs(jobs: Iterable[Job]) -> Mapping[Path, LoadResult]:
    """Load the schema files of jobs, with the warnings that concern their targets."""
    targets: dict[Path, list[str]] = {}
    for job in jobs:
        targets.setdefault(job.schema, []).append(job.target)
    return load_all(targets, targets=targets)


def find_jobs(
    schema: Path | None,
    out: Path | None,
    target: str | None,
    options: Sequence[str] = (),
) -> tuple[Job, ...]:
    """Return what the arguments name, or what the configuration has of it; ends the program with
    wrong usage if that is nothing.
    """
    if target is not None:
        _check_target(target, {}, "'--target'")
    if schema is not None and out is not None:
        chosen = dict(map(_split_option, options))
        _check_target(target or DEFAULT, chosen, "'--option'")
        return (Job(schema, target or DEFAULT, out, chosen),)
    if options:
        raise click.BadParameter("name the schema file and --out as well", param_hint="'--option'")
    if out is not None:
        raise click.BadParameter("name the schema file as well", param_hint="'--out'")
    configuration = read_configuration()
    if configuration is None:
        missing = "--out" if schema is not None else "a schema file and --out"
        fail([f"name {missing}, or write in pyproject.toml: {EXAMPLE}"], WRONG_USAGE)
    for output in (one for each in configuration.settings.contracts for one in each.targets):
        _check_target(output.name, output.options, f"{configuration.file.name}: targets")
    jobs = tuple(
        Job(
            configuration.path(contract.schema_),
            output.name,
            configuration.path(output.out),
            output.options,
        )
        for contract in configuration.settings.contracts
        for output in contract.targets
        if target in {None, output.name}
    )
    jobs = tuple(job for job in jobs if schema is None or _is_same(job.schema, schema))
    if not jobs:
        _nothing_configured(configuration, schema, target)
    return jobs


def target_options(option: Sequence[str], validate: str | None) -> list[str]:
    """Return the options of a target that the arguments name."""
    return [*option, *([] if validate is None else [f"validate={validate}"])]


def _split_option(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise click.BadParameter(f"{text!r} has no '='", param_hint="'--option'")
    return name, value


def _check_target(name: str, options: Mapping[str, str], where: str) -> None:
    try:
        check_options(find_target(name), options)
    except UnknownTargetError as error:
        raise click.BadParameter(str(error), param_hint=where) from error


def _is_same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _nothing_configured(
    configuration: Configuration, schema: Path | None, target: str | None
) -> NoReturn:
    what = " and ".join(
        words
        for words in (
            schema and f"the schema file {schema}",
            target and f"the target {target}",
        )
        if words
    )
    fail(
        [f"{configuration.file} names no contract{f' with {what}' if what else ''}; or name --out"],
        WRONG_USAGE,
    )
