"""``ackord listen``."""

from __future__ import annotations

from pathlib import Path

import click
from ackord.runtime.cli import options

_EPILOG = (
    "Example: ackord listen http://127.0.0.1:8000 /chat message_posted --emit 'join \"lobby\"'\n\n"
    "Exit codes: 0 the end that was asked for, or Ctrl-C; 100 the connection or an event of --emit "
    "was refused, or an event isn't as the contract declares; 1 no connection, or fewer events "
    "than --count; 2 wrong usage."
)


@click.command("listen", epilog=_EPILOG)
@options.url
@options.namespace
@click.argument("events", metavar="[EVENT]...", nargs=-1, help="Print only events of these names.")
@options.contract
@click.option(
    "--emit",
    "-e",
    "opening",
    metavar="'EVENT [JSON]...'",
    multiple=True,
    help="Send this event first, with these arguments, such as one that enters a room; again when "
    "the connection was lost. May be repeated.",
)
@click.option(
    "--count",
    "-n",
    metavar="N",
    type=click.IntRange(min=1),
    help="End after this many events.",
)
@click.option(
    "--for", "duration", metavar="SECONDS", type=options.SECONDS, help="End after this time."
)
@click.option(
    "--reconnect/--no-reconnect",
    default=True,
    help="Connect again when the connection is lost.",
)
@click.option(
    "--timeout",
    "-t",
    metavar="SECONDS",
    type=options.SECONDS,
    default=20.0,
    help="For connecting, and for the answer to each event of --emit.",
)
@options.auth
@options.headers
@options.query
@options.engine_path
@options.transports
def verb(
    *,
    url: str,
    namespace: str,
    events: tuple[str, ...],
    contract: Path | None,
    opening: tuple[str, ...],
    count: int | None,
    duration: float | None,
    reconnect: bool,
    timeout: float,
    auth: str | None,
    headers: tuple[str, ...],
    query: tuple[str, ...],
    path: str,
    transports: tuple[options.Transport, ...],
) -> None:
    """Print a server's events, each as a line of JSON.

    A line is {"event": "posted", "args": ["hi", 5]}, with binary values as {"$base64": "aGk="}.
    Standard error says what happens to the connection.
    Events that ask for an acknowledgement are answered with the error unknown_event.
    """
    from ackord.runtime.cli.listening import print_events  # noqa: PLC0415  # takes a while to import

    print_events(
        url,
        namespace,
        events,
        opening=opening,
        count=count,
        duration=duration,
        reconnect=reconnect,
        timeout=timeout,
        contract=contract,
        auth=auth,
        headers=headers,
        query=query,
        path=path,
        transports=transports,
    )
