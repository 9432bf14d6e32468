"""The server that a verb talks to: from options to a socket, and from its errors to exit codes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from ackord.runtime.cli.outcome import ERROR_ANSWERED, FAILED, WRONG_USAGE, fail, say
from ackord.runtime.cli.values import read_auth, show, write_line
from ackord.runtime.client.manager import Manager
from ackord.runtime.client.socket import ClientSocket
from ackord.runtime.engine.client_options import TransportName
from ackord.runtime.errors import AckordError, ConnectRefusedError, UsageError
from ackord.runtime.logs.text import masked_url
from ackord.runtime.protocol.socketio.values import encode_json

if TYPE_CHECKING:
    from ackord.runtime.cli.contract import DescribedNamespace


class Peer:
    """A namespace of a server, with the contract that describes it, if one is given."""

    def __init__(
        self,
        url: str,
        namespace: str,
        *,
        auth: str | None,
        headers: Sequence[str],
        query: Sequence[str],
        path: str,
        transports: Sequence[TransportName],
        timeout: float,
        contract: Path | None,
        reconnection: bool,
    ) -> None:
        """Read the options; exit if one of them can't be used."""
        payload = read_auth(auth)
        self.described: DescribedNamespace | None = None
        if contract is not None:
            # Takes half as long as all other imports.
            from ackord.runtime.cli.contract import load_namespace  # noqa: PLC0415

            self.described = load_namespace(contract, namespace)
            self.described.check_auth(None if payload is None else encode_json(payload))
        self._url = url
        try:
            manager = Manager(
                url,
                headers=read_pairs(headers, ":", "--header", "'Name: value'"),
                query=read_pairs(query, "=", "--query", "name=value"),
                path=path,
                transports=transports or ("websocket", "polling"),
                timeout=timeout,
                reconnection=reconnection,
            )
            self.socket = manager.socket(namespace, auth=payload)
        except UsageError as error:
            self.fail(error)
        if self.described is not None and self.described.contract_name is not None:
            manager.announce(self.described.contract_name)

    async def connect(self) -> ClientSocket:
        """Join the namespace; exit if that fails."""
        try:
            await self.socket.connect()
        except AckordError as error:
            self.fail(error)
        self.compare_versions()
        return self.socket

    def compare_versions(self) -> None:
        """Say that the server has another major version of the contract."""
        ours = None if self.described is None else self.described.contract_name
        theirs = self.socket.server_contract
        if ours is not None and theirs is not None and theirs.major != ours.major:
            say(f"the server has the contract {theirs}, and the file has {ours}")

    def fail(self, error: AckordError) -> NoReturn:
        """Say what has happened, and exit with the code for that."""
        text = str(error).replace(repr(self._url), repr(masked_url(self._url)))
        if isinstance(error, ConnectRefusedError):
            payload = {"message": error.message, "data": error.data}
            write_line(show(payload if error.data is not None else {"message": error.message}))
            fail(f"the server refused the connection: {text}", ERROR_ANSWERED)
        is_usage = isinstance(error, UsageError) and not isinstance(
            error.__cause__, ModuleNotFoundError
        )
        fail(text, WRONG_USAGE if is_usage else FAILED)


def run(main: Coroutine[Any, Any, None], *, interrupted: int) -> None:
    """Run a verb; exit with `interrupted` after Ctrl-C."""
    try:
        asyncio.run(main)
    except KeyboardInterrupt:
        raise click.exceptions.Exit(interrupted) from None
    except BrokenPipeError:  # nobody reads on, as after `head`
        fail("nobody reads standard output any more")


def read_pairs(texts: Sequence[str], sign: str, option: str, form: str) -> dict[str, str]:
    """Return the names and values that an option was given; exit if one has no `sign`."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, found, value = text.partition(sign)
        if not found:  # the text may be a secret
            fail(f"{option} looks like {form}", WRONG_USAGE)
        if name in pairs:
            fail(f"{option}: {name!r} is given twice", WRONG_USAGE)
        pairs[name] = value.strip() if sign == ":" else value
    return pairs
