"""``ackord call``."""

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
    'Example: ackord call http://127.0.0.1:8000 /chat say \'"lobby"\' \'{"text": "hi"}\'\n\n'
    "Exit codes: 0 answered, 100 an error was answered or the connection refused, "
    "1 no connection or no valid answer, 2 wrong usage."
)


@verb.command(epilog=_EPILOG)
def call(  # noqa: PLR0917  # typer gives them by name
    url: Url,
    namespace: Namespace,
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="The name of the event.", show_default=False)
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARGUMENT",
            help="JSON, as 5 or '\"text\"'; @FILE for bytes; - for JSON from standard input, "
            "@- for bytes from there. Before a negative number write --.",
            show_default=False,
        ),
    ] = None,
    contract: Contract = None,
    no_ack: Annotated[
        bool, typer.Option("--no-ack", help="Ask for no acknowledgement, and wait for none.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            "-t",
            metavar="SECONDS",
            min=0.001,
            help="For connecting, and then for the answer; 20, or what the contract says.",
            show_default=False,
        ),
    ] = None,
    auth: Auth = None,
    header: Headers = None,
    query: Query = None,
    path: EnginePath = "/socket.io/",
    transport: Transports = None,
) -> None:
    """Send one event, and print the acknowledgement as JSON.

    One value is printed as it is, several as an array, none as null.
    A binary value is printed, and may be written, as {"$base64": "aGk="}.
    """
    from ackord.runtime.cli.calling import send_call  # noqa: PLC0415  # takes a while to import

    send_call(
        url,
        namespace,
        event,
        arguments or [],
        wants_ack=not no_ack,
        timeout=timeout,
        contract=contract,
        auth=auth,
        headers=header or [],
        query=query or [],
        path=path,
        transports=[each.value for each in transport or ()],
    )
