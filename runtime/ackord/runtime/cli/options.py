"""The options that both verbs have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_CONNECTION = "Connection"

Url = Annotated[
    str,
    typer.Argument(metavar="URL", help="The server, as http://127.0.0.1:8000.", show_default=False),
]
Namespace = Annotated[
    str, typer.Argument(metavar="NAMESPACE", help="The namespace: / or /chat.", show_default=False)
]
Auth = Annotated[
    str | None,
    typer.Option(
        "--auth",
        "-a",
        metavar="JSON",
        help="The payload of CONNECT, a JSON object; @FILE reads a file, - standard input.",
        rich_help_panel=_CONNECTION,
    ),
]
Headers = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        "-H",
        metavar="'NAME: VALUE'",
        help="A header of the handshake; may be repeated.",
        rich_help_panel=_CONNECTION,
    ),
]
Query = Annotated[
    list[str] | None,
    typer.Option(
        "--query",
        "-q",
        metavar="NAME=VALUE",
        help="Added to the query string of the handshake; may be repeated.",
        rich_help_panel=_CONNECTION,
    ),
]
EnginePath = Annotated[
    str,
    typer.Option(
        "--path",
        metavar="PATH",
        help="Where the server serves Socket.IO.",
        rich_help_panel=_CONNECTION,
    ),
]


class Transport(StrEnum):
    """A transport of Engine.IO, as typer takes a choice."""

    WEBSOCKET = "websocket"
    POLLING = "polling"


Transports = Annotated[
    list[Transport] | None,
    typer.Option(
        "--transport",
        help="A transport that may be used; may be repeated, in the order of trying.",
        show_default="websocket, then polling",
        rich_help_panel=_CONNECTION,
    ),
]
Contract = Annotated[
    Path | None,
    typer.Option(
        "--contract",
        "-c",
        metavar="FILE",
        help="A schema file or a contract.json: check everything against it.",
    ),
]
