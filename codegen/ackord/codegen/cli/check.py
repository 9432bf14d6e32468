"""``ackord check``."""

from __future__ import annotations

from pathlib import Path

import click
from ackord.codegen.cli import arguments
from ackord.codegen.cli.outcome import FINDINGS


@click.command("check", epilog="Examples: ackord check; ackord check chat.yaml --out chat")
@arguments.schema
@arguments.out
@arguments.target_name
@arguments.validation
@arguments.target_options
def verb(
    *,
    schema: Path | None,
    out: Path | None,
    target: str | None,
    validate: str | None,
    option: tuple[str, ...],
) -> None:
    """Compare generated packages with their contracts.

    Prints a unified diff and exits with 100 if `ackord generate` would change something. Models of
    `python:` types are compared with their JSON Schemas in contract.json.
    """
    from ackord.codegen.cli.contract_files import Package, fail_with, generate_packages  # noqa: PLC0415
    from ackord.codegen.cli.jobs import find_jobs, target_options  # noqa: PLC0415
    from ackord.codegen.errors import CodegenError  # noqa: PLC0415
    from ackord.codegen.output import diff, manifest_problem  # noqa: PLC0415
    from ackord.codegen.python_types import changed_python_types  # noqa: PLC0415

    def is_up_to_date(package: Package) -> bool:
        directory = package.job.out
        try:
            difference = diff(package.files, directory)
            problem = manifest_problem(package.files, directory, changed=bool(difference))
        except CodegenError as error:
            fail_with(error)
        for changed in changed_python_types(package.files, directory):
            click.echo(changed, err=True)
        if difference:
            click.echo(difference, nl=False)
            click.echo(f"{directory} isn't what {package.job.schema} gives", err=True)
        if problem is not None:
            click.echo(problem, err=True)
        if not difference and problem is None:
            click.echo(f"{directory} is up to date")
            return True
        return False

    options = target_options(option, validate)
    packages = generate_packages(find_jobs(schema, out, target, options))
    if not all([is_up_to_date(package) for package in packages]):  # noqa: C419 - shows all
        again = "" if schema is None else f" {schema}"
        again += "" if out is None else f" --out {out}"
        again += "" if target is None else f" --target {target}"
        again += "".join(f" --option {each}" for each in options)
        click.echo(f"run: ackord generate{again}", err=True)
        raise click.exceptions.Exit(FINDINGS)
