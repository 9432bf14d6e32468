"""What opens the Engine.IO connections of a `Manager`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ackord.runtime.client.network import NetworkConnector
from ackord.runtime.engine.client import ConnectionOptions
from ackord.runtime.engine.client_address import Address
from ackord.runtime.engine.client_opening import EngineClient
from ackord.runtime.engine.client_options import make_settings
from ackord.runtime.polling.client import open_polling
from ackord.runtime.protocol.socketio.parser import Parser


def make_engine_client(
    url: str, options: Mapping[str, Any], *, parser: Parser, max_attachments: int
) -> EngineClient:
    """Take the options of a `Manager`, whose names and kinds were checked.

    Raises:
        UsageError: `url` isn't a server's URL, or an option can't work.
    """
    settings = make_settings(options)
    return EngineClient(
        Address(url, path=settings.path, query=settings.query),
        settings,
        ConnectionOptions(
            close_timeout=settings.close_timeout,
            max_buffered=settings.max_buffered,
            max_attachments=max_attachments,
            parser=parser,
        ),
        settings.connector or NetworkConnector(settings),
        open_polling,
    )
