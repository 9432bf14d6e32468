"""``ackord call``."""

from __future__ import annotations

from pathlib import Path

import click
from ackord.runtime.cli import options
from ackord.runtime.cli.negative_numbers import NumbersCommand, without_blank

_EPILOG = (
    'Example: ackord call http://127.0.0.1:8000 /chat say \'"lobby"\' \'{"text": "hi"}\'\n\n'
    "Exit codes: 0 answered, 100 an error was answered or the connection refused, "
    "1 no connection or no valid answer, 2 wrong usage."
)


@click.command("call", cls=NumbersCommand, epilog=_EPILOG)
@options.url
@options.namespace
@click.argument("event", callback=without_blank, help="The name of the event.")
@click.argument(
    "arguments",
    metavar="[ARGUMENT]...",
    nargs=-1,
    help="JSON, as 5 or '\"text\"'; @FILE for bytes; - for JSON from standard input, @- for bytes "
    "from there.",
)
@options.contract
@click.option("--no-ack", is_flag=True, help="Ask for no acknowledgement, and wait for none.")
@click.option(
    "--timeout",
    "-t",
    metavar="SECONDS",
    type=options.SECONDS,
    help="For connecting, and then for the answer; 20, or what the contract says.",
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
    event: str,
    arguments: tuple[str, ...],
    contract: Path | None,
    no_ack: bool,
    timeout: float | None,
    auth: str | None,
    headers: tuple[str, ...],
    query: tuple[str, ...],
    path: str,
    transports: tuple[options.Transport, ...],
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
        arguments,
        wants_ack=not no_ack,
        timeout=timeout,
        contract=contract,
        auth=auth,
        headers=headers,
        query=query,
        path=path,
        transports=transports,
    )
