"""The command line: ``ackord generate`` and ``ackord check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final, NoReturn, TextIO

import typer
from ackord.codegen.errors import CodegenError, OutputFailedError
from ackord.codegen.generation import generate as generate_files
from ackord.codegen.output import MANIFEST, diff, manifest_problem, write
from ackord.codegen.package_name import hidden_type, name_problem
from ackord.schema import load_contract, render_text

FAILED: Final = 1
"""Exit code after a crash or wrong usage."""
FINDINGS: Final = 100
"""Exit code where the schema or the generated code isn't as it should be."""
_UNREADABLE: Final = "S001"

app = typer.Typer(
    name="ackord",
    help="One contract between a Socket.IO server and its clients: typed, validated, conformant.",
    epilog="Exit codes: 0 all is well, 1 crash or wrong usage, 100 findings.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_Schema = Annotated[
    Path, typer.Argument(metavar="SCHEMA", help="The schema file.", show_default=False)
]


def _importable(out: Path) -> Path:
    problem = name_problem(_package_name(out))
    if problem is not None:
        raise typer.BadParameter(problem)
    return out


def _package_name(out: Path) -> str:
    return Path(os.path.abspath(out)).name  # noqa: PTH100 - a link is imported by its own name


_Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="The package's directory; its last part is the import name.",
        show_default=False,
        callback=_importable,
    ),
]


def run() -> NoReturn:
    """Run the command line and exit."""
    # Types that a schema takes from existing modules are looked for where the command runs, as
    # `python -m` does.
    sys.path.insert(0, str(Path.cwd()))
    try:
        app(prog_name="ackord")
    except SystemExit as exit_:
        # Typer says 2 for wrong usage.
        sys.exit(FAILED if exit_.code == 2 else exit_.code)
    sys.exit(0)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"ackord {version('ackord')}")
        raise typer.Exit


@app.callback()
def ackord(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """One contract between a Socket.IO server and its clients: typed, validated, conformant."""


@app.command(epilog="Example: ackord generate chat.yaml --out chat")
def generate(
    schema: _Schema,
    out: _Out,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite and remove files that were edited or aren't ours."),
    ] = False,
) -> None:
    """Generate the Python package of a contract.

    Nothing is written when anything is wrong.
    Files that are as they should be aren't touched, and those that an earlier run wrote and this
    one doesn't are removed.
    """
    files = _load(schema, out)
    try:
        changes = write(files, out, force=force)
    except CodegenError as error:
        _fail(error)
    for name in changes.written:
        typer.echo(f"wrote {out / name}")
    for name in changes.removed:
        typer.echo(f"removed {out / name}")
    if changes.adopted:
        typer.echo(
            f"{out / MANIFEST} was missing and is written anew; commit it with the other files"
        )
    elif not changes.written and not changes.removed:
        typer.echo(f"{out} is up to date")


@app.command(epilog="Example: ackord check chat.yaml --out chat")
def check(schema: _Schema, out: _Out) -> None:
    """Compare a generated package with its contract.

    Prints a unified diff and exits with 100 where `ackord generate` would change something.
    """
    files = _load(schema, out)
    try:
        difference = diff(files, out)
        problem = manifest_problem(files, out, changed=bool(difference))
    except CodegenError as error:
        _fail(error)
    if difference:
        typer.echo(difference, nl=False)
        typer.echo(f"{out} isn't what {schema} gives", err=True)
    if problem is not None:
        typer.echo(problem, err=True)
    if difference or problem is not None:
        typer.echo(f"run: ackord generate {schema} --out {out}", err=True)
        raise typer.Exit(FINDINGS)
    typer.echo(f"{out} is up to date")


def _load(schema: Path, out: Path) -> Mapping[str, str]:
    """Load a schema file and generate from it in memory; what is wrong goes to standard error."""
    result = load_contract(schema)
    if result.diagnostics:
        typer.echo(
            render_text(result.diagnostics, result.sources, color=_has_color(sys.stderr)),
            nl=False,
            err=True,
        )
    if result.contract is None:
        unreadable = any(found.code == _UNREADABLE for found in result.diagnostics)
        raise typer.Exit(FAILED if unreadable else FINDINGS)
    hidden = hidden_type(_package_name(out), result.contract)
    if hidden is not None:
        raise typer.BadParameter(hidden, param_hint="'--out'")
    try:
        return generate_files(result.contract, source=schema.name, sha256=result.source_sha256)
    except CodegenError as error:
        _fail(error, schema)


def _fail(error: CodegenError, schema: Path | None = None) -> NoReturn:
    where = "" if schema is None else f"{schema} - "  # as diagnostics begin
    for problem in error.problems:
        typer.echo(f"{where}error: {problem}", err=True)
    raise typer.Exit(FAILED if isinstance(error, OutputFailedError) else FINDINGS) from error


def _has_color(stream: TextIO) -> bool:
    """Say whether to use colors, after no-color.org."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
