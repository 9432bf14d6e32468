"""What ``ackord serve`` does."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from ackord.runtime.cli.outcome import FAILED, WRONG_USAGE, fail, say
from ackord.runtime.errors import UsageError


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the verb."""

    host: str
    port: int
    workers: int
    watched: tuple[Path, ...]
    """Directories whose changes start the server anew; none without ``--reload``."""
    app_dir: Path
    settings: dict[str, Any]


def serve_target(target: str, options: Options) -> None:
    """Serve until interrupted."""
    try:
        from ackord.runtime.cli.target import TargetError, load_target  # noqa: PLC0415  # needs the extra
        from ackord.runtime.hosting.uvicorn.running import run  # noqa: PLC0415
        from ackord.runtime.hosting.uvicorn.workers import Hosted, run_workers  # noqa: PLC0415
    except ModuleNotFoundError as error:
        fail(f"serve needs the package {error.name}: pip install 'ackord[cli,server]'")

    def load() -> Hosted:
        try:
            return load_target(target, options.app_dir)
        except TargetError as problem:
            say(str(problem))
            raise SystemExit(WRONG_USAGE) from None

    where: dict[str, Any] = {"host": options.host, "port": options.port}
    try:
        if options.workers > 1 or options.watched:
            watch = partial(_watch, options.watched) if options.watched else None
            run_workers(load, options.workers, watch=watch, **where, **options.settings)
        else:
            app, application = load()
            run(app, application=application, **where, **options.settings)
    except UsageError as problem:
        fail(str(problem), WRONG_USAGE)
    except SystemExit as exit_:
        raise click.exceptions.Exit(exit_.code if isinstance(exit_.code, int) else FAILED) from None


def _watch(folders: tuple[Path, ...], control: socket.socket) -> None:
    """Write a line for each change, until the other end is closed."""
    from watchfiles import PythonFilter, watch  # noqa: PLC0415  # in a process of its own

    control.setblocking(False)
    kinds = PythonFilter(extra_extensions=(".json", ".toml", ".yaml", ".yml"))
    for changes in watch(*folders, watch_filter=kinds, rust_timeout=500, yield_on_timeout=True):
        try:
            if not control.recv(1):
                return  # the parent is gone
        except BlockingIOError:
            pass
        if changes:
            path = min(path for _, path in changes)
            try:
                shown = Path(path).relative_to(Path.cwd())
            except ValueError:
                shown = Path(path)
            control.sendall(f"{str(shown)!r} has changed\n".encode())
