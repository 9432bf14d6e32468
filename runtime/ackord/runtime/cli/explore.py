"""``ackord explore``."""

from __future__ import annotations

from pathlib import Path

import click
from ackord.runtime.cli import options

_EPILOG = (
    "Example: ackord explore chat.yaml --url http://127.0.0.1:8000\n\n"
    "Exit codes: 0 stopped by Ctrl-C; 1 the server can't be reached; 2 wrong usage, or a contract "
    "that can't be read."
)


@click.command("explore", epilog=_EPILOG)
@click.argument(
    "schema",
    type=click.Path(path_type=Path),
    help="The contract: a schema file or a contract.json.",
)
@click.option("--url", "-u", required=True, help="The server, as http://127.0.0.1:8000.")
@click.option(
    "--port",
    "-p",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default="a free one",
    help="The port to listen on, on this machine only.",
)
@click.option(
    "--read-only", is_flag=True, help="The page sends no events; the proxy would pass them on."
)
@options.headers
@options.engine_path
def verb(
    *, schema: Path, url: str, port: int, read_only: bool, headers: tuple[str, ...], path: str
) -> None:
    """Read and try a contract in the browser, with any Socket.IO server.

    The URL that is printed holds a token: without it, nothing is passed on to the server.
    """
    from ackord.runtime.cli.exploring import explore  # noqa: PLC0415  # takes a while to import

    explore(schema, url, port=port, read_only=read_only, headers=headers, path=path)
