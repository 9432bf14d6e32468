"""How a client opens its connections: by which transport, within which time, with which cookies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final, Protocol

from ackord.runtime.engine.client import Connection, ConnectionOptions
from ackord.runtime.engine.client_address import Address, without_secrets
from ackord.runtime.engine.client_cookies import Cookies
from ackord.runtime.engine.client_logged import LoggedConnection
from ackord.runtime.engine.client_options import ClientSettings, TransportName
from ackord.runtime.engine.client_transport import (
    ClientPolling,
    ClientTransport,
    ClientWebSocket,
    Connector,
    TransportLostError,
    TransportReceiver,
)
from ackord.runtime.engine.client_upgrade import upgrade
from ackord.runtime.errors import DisconnectedError, ProtocolError
from ackord.runtime.logs.packets import LOGGER, PacketLog
from ackord.runtime.logs.text import masked_url
from ackord.runtime.protocol.engineio.client_session import ClientSession
from ackord.runtime.protocol.engineio.handshake import POLLING, WEBSOCKET

_log = logging.getLogger("ackord.runtime.client")

_NO_ANSWER: Final = "no answer in time"


class Requests:
    """The requests of one client: their URLs, headers and cookies."""

    def __init__(self, address: Address, headers: Mapping[str, str]) -> None:
        self.address = address
        self._headers = headers
        self.cookies = Cookies()

    def headers(self) -> dict[str, str]:
        """Return the headers of a request: those of the application, and the cookies."""
        headers = dict(self._headers)
        cookie = self.cookies.header(self.address.http)
        if cookie is not None:
            name = next((each for each in headers if each.lower() == "cookie"), "Cookie")
            headers[name] = f"{headers[name]}; {cookie}" if name in headers else cookie
        return headers


class PollingOpener(Protocol):
    """Makes long-polling of a `Connector`; `ackord.runtime.polling.client` has it."""

    def __call__(
        self,
        connector: Connector,
        requests: Requests,
        receiver: TransportReceiver,
        settings: ClientSettings,
    ) -> ClientPolling:
        """Begin to wait for the open packet, by the first GET."""
        ...


class EngineClient:
    """Opens connections to one server, one after another.

    Between connections it keeps the cookies of the server, and which transport has worked.
    """

    def __init__(
        self,
        address: Address,
        settings: ClientSettings,
        options: ConnectionOptions,
        connector: Connector,
        open_polling: PollingOpener,
    ) -> None:
        self._requests = Requests(address, settings.headers)
        self._settings = settings
        self._options = options
        self._connector = connector
        self._open_polling = open_polling
        self._preferred: TransportName | None = None
        """Which transport is tried first, where another than the first one worked."""

    def add_to_query(self, name: str, value: str) -> None:
        """Add a parameter to the query string of the connections from now on."""
        self._requests.address.add_to_query(name, value)

    async def open(self) -> Connection:
        """Open a connection by the first transport that works, and wait for the open packet.

        Raises:
            DisconnectedError: The network or the time ended it, or the server refused it.
            ProtocolError: What answers speaks no Engine.IO, or another version.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.timeout
        names = self._order()
        failures: dict[str, str] = {}
        for index, name in enumerate(names):
            # A transport that gets no answer must leave time for the others.
            until = loop.time() + (deadline - loop.time()) / (len(names) - index)
            try:
                connection = await self._open(name, until, may_upgrade=not failures)
            except TimeoutError:
                failures[name] = _NO_ANSWER
            except TransportLostError as error:
                if error.reason == "parse error":
                    raise self._no_engine(error) from error
                failures[name] = error.description
                if error.is_final:
                    break
            except ProtocolError as error:
                raise self._no_engine(error) from error
            else:
                if failures:
                    _log.debug("%s is used, for: %s", name, _join(failures))
                    self._preferred = name
                return connection
        self._preferred = None
        raise DisconnectedError(_explain(failures, self._settings.timeout))

    def _no_engine(self, error: Exception) -> ProtocolError:
        where = without_secrets(self._requests.address.http)
        return ProtocolError(f"{where} doesn't answer as Engine.IO does: {error}")

    def _order(self) -> list[TransportName]:
        names = list(self._settings.transports)
        preferred = self._preferred
        if preferred in names:
            names.remove(preferred)
            names.insert(0, preferred)
        return names if self._settings.try_all_transports else names[:1]

    async def _open(self, name: TransportName, until: float, *, may_upgrade: bool) -> Connection:
        """Open a connection by one transport.

        Raises:
            TimeoutError: No open packet came in time.
            TransportLostError: The transport couldn't be opened, or was lost before it.
            ProtocolError: The server's first packet is no open packet.
        """
        now = asyncio.get_running_loop().time()
        settings = self._settings
        polling: ClientPolling | None = None
        transport: ClientTransport | None = None

        async def move(connection: Connection) -> None:
            if polling is not None:
                await self._upgrade(connection, polling)

        is_logged = LOGGER.isEnabledFor(logging.DEBUG)
        may_upgrade = (
            may_upgrade
            and name == POLLING
            and settings.upgrade
            and WEBSOCKET in settings.transports
        )
        connection = (LoggedConnection if is_logged else Connection)(
            ClientSession(now, open_timeout=until - now, transport=name),
            self._options,
            move if may_upgrade else None,
        )
        if isinstance(connection, LoggedConnection):
            url = masked_url(self._requests.address.url(name))
            connection.packets = PacketLog(f"The connection to {url}", is_server=False)
        try:
            async with asyncio.timeout_at(until):
                if name == POLLING:
                    transport = polling = self._open_polling(
                        self._connector, self._requests, connection, settings
                    )
                else:
                    transport = await self._open_websocket(None, connection)
                connection.attach(transport)
                await self._wait_opened(connection, name)
                if polling is not None:
                    polling.opened(connection.opened)
        except BaseException:
            connection.session.close("transport error")
            if transport is not None:
                transport.close(abort=True)
                await transport.wait_closed()
            raise
        return connection

    async def _wait_opened(self, connection: Connection, name: TransportName) -> None:
        try:
            await connection.wait_opened()
        except TransportLostError as error:
            if name == POLLING or error.reason == "parse error":
                raise  # the address is in the error, or comes into it
            raise TransportLostError(
                error.reason,
                f"the connection to {without_secrets(self._requests.address.http)} ended before "
                f"the server opened a session: {error.description}",
                is_final=error.is_final,
            ) from error

    async def _open_websocket(
        self, sid: str | None, receiver: TransportReceiver
    ) -> ClientWebSocket:
        requests = self._requests
        websocket = await self._connector.open_websocket(
            requests.address.url(WEBSOCKET, sid), requests.headers(), receiver
        )
        requests.cookies.store(requests.address.http, websocket.response_headers)
        return websocket

    async def _upgrade(self, connection: Connection, polling: ClientPolling) -> None:
        try:
            await upgrade(connection, polling, self._open_websocket, timeout=self._settings.timeout)
        finally:  # the connection may end before the last request has
            if self._settings.remember_upgrade and connection.transport == WEBSOCKET:
                self._preferred = WEBSOCKET


def _explain(failures: Mapping[str, str], timeout: float) -> str:
    if all(each == _NO_ANSWER for each in failures.values()):
        return f"the server did not open a session within {timeout:g} seconds"
    if len(failures) == 1:
        return next(iter(failures.values()))
    return f"no transport works: {_join(failures)}"


def _join(failures: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in failures.items())
