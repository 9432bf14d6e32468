"""What ``ackord init`` does."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

import click
from ackord.codegen.cli.contract_files import fail_with
from ackord.codegen.cli.loading import show, stop_for_errors
from ackord.codegen.cli.outcome import FAILED, FINDINGS, fail
from ackord.codegen.errors import CodegenError
from ackord.codegen.generation import generate
from ackord.codegen.new_project.files import PACKAGE, project_files
from ackord.codegen.output import write
from ackord.schema import load_bytes

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")


def write_project(directory: Path, name: str | None) -> None:
    """Write a project: all of its files, or none if there is a problem."""
    name = _contract_name(directory, name)
    has_pyproject = _has_other_pyproject(directory)
    files = project_files(name, has_pyproject=has_pyproject)
    _refuse_existing(directory, files)
    schema, text = next(iter(files.items()))
    loaded = load_bytes(text.encode(), schema.name)
    stop_for_errors(show([loaded]))
    if loaded.contract is None:
        raise click.exceptions.Exit(FINDINGS)
    try:
        package = generate(loaded.contract, source=schema.name)
        directory.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            with (directory / path).open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(content)
            click.echo(f"wrote {directory / path}")
        write(package, directory / PACKAGE)
    except CodegenError as error:
        fail_with(error)
    except OSError as error:
        fail([f"can't write {error.filename or directory}: {error.strerror}"], FAILED)
    click.echo(f"wrote {directory / PACKAGE}")
    _say_what_is_next(directory)


def _contract_name(directory: Path, given: str | None) -> str:
    if given is not None:
        if _NAME.fullmatch(given) is None:
            raise click.BadParameter(
                f"{given!r} is no name: a small letter, then small letters, digits and _, as in "
                "team_chat",
                param_hint="'--name'",
            )
        return given
    words = re.sub(r"[^a-z0-9]+", "_", directory.resolve().name.lower()).strip("_")
    if _NAME.fullmatch(words) is None:
        raise click.BadParameter(
            f"the directory's name {directory.resolve().name!r} gives no name for the contract; "
            "name it with --name",
            param_hint="'DIR'",
        )
    return words


def _has_other_pyproject(directory: Path) -> bool:
    """Return whether there is a ``pyproject.toml`` that has nothing of ackord."""
    try:
        text = (directory / "pyproject.toml").read_text(encoding="utf-8")
        return "ackord" not in tomllib.loads(text).get("tool", {})
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError, TypeError) as error:
        fail([f"{directory / 'pyproject.toml'} can't be read: {error}"], FAILED)


def _refuse_existing(directory: Path, files: Iterable[PurePosixPath]) -> None:
    if directory.exists() and not directory.is_dir():
        fail([f"{directory} isn't a directory"], FAILED)
    wanted = [*files, PurePosixPath(PACKAGE), PurePosixPath("ackord.toml")]
    existing = [
        directory / path
        for path in dict.fromkeys(wanted)
        if (directory / path).exists() or (directory / path).is_symlink()
    ]
    if existing:
        problems = [f"{path} exists already" for path in existing]
        fail([*problems, "nothing was written; name another directory, or move these"], FAILED)


def _say_what_is_next(directory: Path) -> None:
    click.echo("\nnext:")
    if directory.resolve() != Path.cwd():
        click.echo(f"  cd {shlex.quote(str(directory))}")
    click.echo("  python server.py   # then open http://127.0.0.1:8000/explorer and try it")
    click.echo("  python client.py   # in another terminal")
    click.echo("  pytest")
