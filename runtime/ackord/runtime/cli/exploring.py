"""What ``ackord explore`` does."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ackord.runtime.cli.contract_files import generate_files
from ackord.runtime.cli.outcome import FAILED, WRONG_USAGE, fail
from ackord.runtime.cli.peer import read_pairs
from ackord.runtime.cli.values import write_line
from ackord.runtime.errors import UsageError
from ackord.runtime.hosting.explorer.app import ExplorerApp, Place

_TOKEN_BYTES: Final = 24


def explore(
    schema: Path, url: str, *, port: int, read_only: bool, headers: Sequence[str], path: str
) -> None:
    """Serve the explorer on this machine until Ctrl-C."""
    try:
        import uvicorn  # noqa: PLC0415  # needs the extra
        from ackord.runtime.cli.proxy.app import ProxyApp  # noqa: PLC0415
        from ackord.runtime.cli.proxy.upstream import MAX_MESSAGE, Upstream, parse_url  # noqa: PLC0415
        from ackord.runtime.cli.reaching import check_server  # noqa: PLC0415
    except ModuleNotFoundError as error:
        fail(f"explore needs the package {error.name}: pip install 'ackord[cli,client,server]'")
    path = f"/{path.strip('/')}/"
    pairs = list(read_pairs(headers, ":", "--header", "'Name: value'").items())
    try:
        upstream = Upstream(parse_url(url), path, pairs)
    except UsageError as problem:
        fail(str(problem), WRONG_USAGE)
    contract = _load(schema)
    check_server(upstream)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    place = Place(page="", socketio=path, server=(upstream.url, path))
    explorer = ExplorerApp(lambda: [contract], place, read_only=read_only)
    app: Any = ProxyApp(upstream, explorer, token)
    listener = _listen(port)
    name = f"http://127.0.0.1:{listener.getsockname()[1]}/{token}/"
    write_line(f"The explorer of {upstream.url} is at {name} (Ctrl-C stops it)")
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        return


def _load(schema: Path) -> dict[str, Any]:
    contract: dict[str, Any] = json.loads(generate_files(schema, "explore")["contract.json"])
    return contract


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        fail(f"can't listen on 127.0.0.1:{port}: {error.strerror}", FAILED)
