"""``ackord serve``."""

from __future__ import annotations

from pathlib import Path

import click
from ackord.runtime.cli.options import Seconds

_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
_EPILOG = (
    "Example: ackord serve app:server --workers 4\n\n"
    "Exit codes: 0 stopped by Ctrl-C or SIGTERM; 1 or 3 the server can't start; 2 wrong usage; "
    "130 a second Ctrl-C ended the server at once, 143 with several workers a second SIGTERM."
)


@click.command("serve", epilog=_EPILOG)
@click.argument(
    "target",
    metavar="MODULE:NAME",
    help="A Server, a function that makes one, or an ASGI application with one in it.",
)
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option(
    "--port",
    "-p",
    type=click.IntRange(0, 65_535),
    default=8000,
    help="0 for any free port.",
)
@click.option(
    "--workers",
    "-w",
    type=click.IntRange(1, 1000),
    default=1,
    help="Processes that serve.",
)
@click.option("--reload", is_flag=True, help="Start anew when the source changes; for development.")
@click.option(
    "--reload-dir",
    type=_DIRECTORY,
    multiple=True,
    show_default="the current one",
    help="A directory to watch; may be repeated.",
)
@click.option("--app-dir", type=_DIRECTORY, default=".", help="Where MODULE is looked for first.")
@click.option(
    "--uds",
    type=click.Path(path_type=Path),
    help="A Unix socket to listen on, in place of an address.",
)
@click.option(
    "--graceful-timeout",
    metavar="SECONDS",
    type=Seconds(min=0),
    default=5.0,
    help="For running requests.",
)
@click.option("--log-level", default="warning", help="Of uvicorn.")
def verb(
    *,
    target: str,
    host: str,
    port: int,
    workers: int,
    reload: bool,
    reload_dir: tuple[Path, ...],
    app_dir: Path,
    uds: Path | None,
    graceful_timeout: float,
    log_level: str,
) -> None:
    """Serve an application, with several processes if asked for."""
    from ackord.runtime.cli.serving import Options, serve_target  # noqa: PLC0415  # takes a while to import

    serve_target(
        target,
        Options(
            host=host,
            port=port,
            workers=workers,
            watched=(reload_dir or (Path(),)) if reload else (),
            app_dir=app_dir,
            settings={
                "graceful_timeout": graceful_timeout,
                "log_level": log_level,
                **({} if uds is None else {"uds": str(uds)}),
            },
        ),
    )
