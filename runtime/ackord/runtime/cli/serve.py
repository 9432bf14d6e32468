"""``ackord serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

verb = typer.Typer(add_completion=False, rich_markup_mode=None)

_EPILOG = (
    "Example: ackord serve app:server --workers 4\n\n"
    "Exit codes: 0 stopped by Ctrl-C or SIGTERM; 1 or 3 the server can't start; 2 wrong usage; "
    "130 or 143 a second signal ended the server at once."
)


@verb.command(epilog=_EPILOG)
def serve(  # noqa: PLR0917  # typer gives them by name
    target: Annotated[
        str,
        typer.Argument(
            metavar="MODULE:NAME",
            help="A Server, a function that makes one, or an ASGI application with one in it.",
            show_default=False,
        ),
    ],
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65_535, help="0 for any free port.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=1, max=1000, help="Processes that serve.")
    ] = 1,
    reload: Annotated[
        bool,
        typer.Option("--reload", help="Start anew when the source changes; for development."),
    ] = False,
    reload_dir: Annotated[
        list[Path] | None,
        typer.Option(
            "--reload-dir",
            exists=True,
            file_okay=False,
            help="A directory to watch; may be repeated.",
            show_default="the current one",
        ),
    ] = None,
    app_dir: Annotated[
        Path,
        typer.Option(
            "--app-dir", exists=True, file_okay=False, help="Where MODULE is looked for first."
        ),
    ] = Path(),
    uds: Annotated[
        Path | None,
        typer.Option("--uds", help="A Unix socket to listen on, in place of an address."),
    ] = None,
    graceful_timeout: Annotated[
        float,
        typer.Option("--graceful-timeout", min=0, metavar="SECONDS", help="For running requests."),
    ] = 5.0,
    log_level: Annotated[str, typer.Option("--log-level", help="Of uvicorn.")] = "warning",
) -> None:
    """Serve an application, with several processes if asked for."""
    from ackord.runtime.cli.serving import Options, serve_target  # noqa: PLC0415  # takes a while to import

    serve_target(
        target,
        Options(
            host=host,
            port=port,
            workers=workers,
            watched=tuple(reload_dir or [Path()]) if reload else (),
            app_dir=app_dir,
            settings={
                "graceful_timeout": graceful_timeout,
                "log_level": log_level,
                **({} if uds is None else {"uds": str(uds)}),
            },
        ),
    )
