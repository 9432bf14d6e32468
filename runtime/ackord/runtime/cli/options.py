"""The arguments and options that both verbs of the client have, as decorators."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any, Literal

import click
from typing_extensions import override

Transport = Literal["websocket", "polling"]

url = click.argument("url", help="The server, as http://127.0.0.1:8000.")
namespace = click.argument("namespace", help="The namespace: / or /chat.")
contract = click.option(
    "--contract",
    "-c",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A schema file or a contract.json: check everything against it.",
)
auth = click.option(
    "--auth",
    "-a",
    metavar="JSON",
    help="The payload of CONNECT, a JSON object; @FILE reads a file, - standard input.",
)
headers = click.option(
    "--header",
    "-H",
    "headers",
    metavar="'NAME: VALUE'",
    multiple=True,
    help="A header of the handshake; may be repeated.",
)
query = click.option(
    "--query",
    "-q",
    metavar="NAME=VALUE",
    multiple=True,
    help="Added to the query string of the handshake; may be repeated.",
)
engine_path = click.option(
    "--path",
    metavar="PATH",
    default="/socket.io/",
    help="Where the server serves Socket.IO.",
)
transports = click.option(
    "--transport",
    "transports",
    type=click.Choice(["websocket", "polling"]),
    multiple=True,
    show_default="websocket, then polling",
    help="A transport that may be used; may be repeated, in the order of trying.",
)


class Seconds(click.FloatRange):
    """A number of seconds. NaN is refused, which click accepts because NaN is below no minimum."""

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds: float = super().convert(value, param, ctx)
        if isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return seconds


SECONDS = Seconds(min=0.001)
