"""What ``ackord generate`` does, once or whenever a file of the contracts changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import click
from ackord.codegen.cli.contract_files import fail_with, generate_packages
from ackord.codegen.cli.jobs import Job, load_jobs
from ackord.codegen.configuration import possible_files
from ackord.codegen.errors import CodegenError
from ackord.codegen.output import MANIFEST, Changes, check_writable, write
from ackord.schema import LoadResult

_LOOK_ANYWAY: Final = 1000
"""Milliseconds after which files are looked at though the system has told of no change, as some
network file systems never do.
"""


def generate_all(
    jobs: Sequence[Job], results: Mapping[Path, LoadResult] | None = None, *, force: bool
) -> None:
    """Generate and write packages: all of them, or none if there is a problem."""
    packages = generate_packages(jobs, results)
    try:
        for package in packages:
            check_writable(package.files, package.job.out, force=force)
        for package in packages:
            _tell(write(package.files, package.job.out, force=force), package.job.out)
    except CodegenError as error:
        fail_with(error)


def watch_all(find_jobs: Callable[[], Sequence[Job]], *, force: bool) -> None:
    """Generate packages, and again whenever a schema file or the configuration has changed, until
    Ctrl-C.
    """
    files = {*possible_files(), *(job.schema for job in find_jobs())}
    with suppress(KeyboardInterrupt):
        while True:
            before = _stamps(files)
            files |= _generate_again(find_jobs, force=force)
            before |= _stamps(files - before.keys())
            click.echo("waiting for a change; Ctrl-C ends this", err=True)
            _wait_for_change(before)


def _generate_again(find_jobs: Callable[[], Sequence[Job]], *, force: bool) -> set[Path]:
    """Generate once, and return the files that were read; a problem has been shown."""
    read: set[Path] = set()
    try:
        jobs = find_jobs()
        results = load_jobs(jobs)
        read.update(job.schema for job in jobs)
        read.update(Path(file) for result in results.values() for file in result.sources)
        generate_all(jobs, results, force=force)
    except click.exceptions.Exit:
        pass
    except click.BadParameter as error:
        click.echo(f"error: {error.format_message()}", err=True)
    return read


def _wait_for_change(before: Mapping[Path, object]) -> None:
    """Wait until a file isn't as it was."""
    from watchfiles import watch  # noqa: PLC0415

    directories = {_existing(file.resolve().parent) for file in before}
    for _ in watch(*directories, recursive=False, rust_timeout=_LOOK_ANYWAY, yield_on_timeout=True):
        if _stamps(before) != before:
            return


def _existing(directory: Path) -> Path:
    return next(each for each in (directory, *directory.parents) if each.is_dir())


def _stamps(files: Iterable[Path]) -> dict[Path, object]:
    """Return what changes when a file is written; `None` for one that isn't there."""
    stamps: dict[Path, object] = {}
    for file in files:
        try:
            found = file.stat()
        except OSError:
            stamps[file] = None
        else:
            stamps[file] = (found.st_mtime_ns, found.st_size, found.st_ino)
    return stamps


def _tell(changes: Changes, out: Path) -> None:
    for name in changes.written:
        click.echo(f"wrote {out / name}")
    for name in changes.removed:
        click.echo(f"removed {out / name}")
    if changes.adopted:
        click.echo(
            f"{out / MANIFEST} was missing and is written anew; commit it with the other files"
        )
    elif not changes.written and not changes.removed:
        click.echo(f"{out} is up to date")
