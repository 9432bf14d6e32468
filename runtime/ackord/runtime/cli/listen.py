"""``ackord listen``."""

from __future__ import annotations

from typing import Annotated

import typer
from ackord.runtime.cli.options import (
    Auth,
    Contract,
    EnginePath,
    Headers,
    Namespace,
    Query,
    Transports,
    Url,
)

verb = typer.Typer(add_completion=False, rich_markup_mode=None)

_EPILOG = (
    "Example: ackord listen http://127.0.0.1:8000 /chat message_posted --count 1\n\n"
    "Exit codes: 0 the end that was asked for, or Ctrl-C; 100 the connection was refused, or an "
    "event isn't as the contract declares; 1 no connection, or fewer events than --count; "
    "2 wrong usage."
)


@verb.command(epilog=_EPILOG)
def listen(  # noqa: PLR0917  # typer gives them by name
    url: Url,
    namespace: Namespace,
    events: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EVENT", help="Print only events of these names.", show_default=False
        ),
    ] = None,
    contract: Contract = None,
    count: Annotated[
        int | None,
        typer.Option("--count", "-n", min=1, metavar="N", help="End after this many events."),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option("--for", min=0.001, metavar="SECONDS", help="End after this time."),
    ] = None,
    reconnect: Annotated[
        bool,
        typer.Option(
            "--reconnect/--no-reconnect", help="Connect again when the connection is lost."
        ),
    ] = True,
    timeout: Annotated[
        float,
        typer.Option("--timeout", "-t", metavar="SECONDS", min=0.001, help="For connecting."),
    ] = 20.0,
    auth: Auth = None,
    header: Headers = None,
    query: Query = None,
    path: EnginePath = "/socket.io/",
    transport: Transports = None,
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
        events or [],
        count=count,
        duration=duration,
        reconnect=reconnect,
        timeout=timeout,
        contract=contract,
        auth=auth,
        headers=header or [],
        query=query or [],
        path=path,
        transports=[each.value for each in transport or ()],
    )
