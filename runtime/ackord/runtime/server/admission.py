"""Admissions: a client's CONNECT until it is answered."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from ackord.runtime.containment import Step, contain, is_being_cancelled
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.values import encode_json
from ackord.runtime.server.contract_check import check_contract
from ackord.runtime.server.contracts import SocketConnection
from ackord.runtime.server.joining import make_socket
from ackord.runtime.server.leaving import leave
from ackord.runtime.server.namespaces import Namespaces
from ackord.runtime.server.refusal import FAILED, INVALID_NAMESPACE, RefusalReply
from ackord.runtime.server.socket import Socket


class AdmittingConnection(SocketConnection, Protocol):
    """A connection, as its admissions use it."""

    async def catch_up(self, socket: Socket) -> None:
        """Write the events that a client missed, as far as that takes longer than a turn of the
        event loop.
        """
        ...

    def let_in(self, socket: Socket, admission: Admission | None = None) -> None:
        """Answer CONNECT: the socket has joined."""
        ...

    def refuse(self, name: str, payload: str, admission: Admission | None = None) -> None:
        """Answer a CONNECT by CONNECT_ERROR."""
        ...

    def admission_closed(self, admission: Admission) -> None:
        """Called when nothing of an admission runs any more."""
        ...


class Admission:
    """One CONNECT that waits for the predicate, the middlewares or the connect hook of a namespace;
    the namespace is kept meanwhile.

    It ends in exactly one of three ways, also if the application's code raises or doesn't end: the
    socket joins, the client gets CONNECT_ERROR, or the admission was closed and nothing is
    answered.
    """

    __slots__ = (
        "_auth",
        "_auth_text",
        "_connection",
        "_namespaces",
        "_socket",
        "_task",
        "_wanted",
        "name",
    )

    def __init__(
        self,
        namespaces: Namespaces[Socket],
        connection: AdmittingConnection,
        name: str,
        auth: dict[str, Any],
        auth_text: str | None,
    ) -> None:
        """Begin."""
        self.name = name
        self._namespaces = namespaces
        self._connection = connection
        self._auth = auth
        self._auth_text = auth_text
        self._socket: Socket | None = None
        self._wanted = True
        self._task = namespaces.environment.tasks.start(self._run())
        self._task.add_done_callback(self._done)

    def close(self) -> None:
        """Stop without an answer: the client has gone, left, or sent another CONNECT."""
        self._wanted = False
        self._close_socket("transport close")
        self._task.cancel()

    def refuse(self, payload: str) -> None:
        """Answer with CONNECT_ERROR now, because the namespace is removed for another one."""
        self._decide(payload)
        self._task.cancel()

    def discard(self) -> None:
        """Forget the socket: the event loop has ended."""
        self._wanted = False
        if self._socket is not None:
            self._socket._discard()

    async def _run(self) -> None:
        refusal = FAILED
        try:
            async with asyncio.timeout(self._namespaces.environment.limits.connect_timeout):
                refusal = await self._ask()
            if not refusal and self._socket is not None:
                await self._connection.catch_up(self._socket)
        except RefusalReply as error:
            refusal = error.payload()
        except BaseException as error:
            contain(error)
            if isinstance(error, asyncio.CancelledError) and is_being_cancelled():
                self._decide(FAILED)
                raise
            self._report(error)
        self._decide(refusal)

    async def _ask(self) -> str:
        """Find the namespace, then ask its middlewares; return the payload of CONNECT_ERROR, or
        nothing for a welcome.
        """
        namespace = await self._namespaces.resolve(
            self.name, self._auth, self._connection.engine.request.client
        )
        if namespace is None:
            return INVALID_NAMESPACE
        if not self._wanted:
            return FAILED
        if namespace.recovery is not None:
            await namespace.recovery.fetch(self._auth, self._connection.engine.request.client)
            if not self._wanted:
                return FAILED
        socket = self._socket = make_socket(self._connection, namespace, self._auth)
        namespace.admissions.add(self)
        if namespace.parent is not None and not namespace.sockets:
            self._namespaces.note_pending(namespace)
        refusal = check_contract(namespace, self._connection)
        if refusal:
            return refusal
        await namespace.until_started()
        auth_text = self._auth_text
        if namespace.recovery is not None:
            if socket.recovered and namespace.recovery.skip_middlewares:
                return ""
            auth_text = (
                None if auth_text is None else encode_json(self._auth)
            )  # without `pid` and `offset`
        await namespace.admit(socket, auth_text)
        return ""

    def _report(self, error: BaseException) -> None:
        if not self._wanted:
            return
        details = (
            f" (in namespace {quoted(self.name)}; the client is refused with the code 'internal')"
        )
        self._namespaces.environment.log.crash(
            "A predicate, middleware or connect hook", error, details
        )
        if isinstance(error, Exception):
            self._namespaces.environment.errors.report(self._socket, "connect", error)

    def _decide(self, refusal: str) -> None:
        """Answer, unless the admission was closed."""
        if not self._wanted:
            return
        self._wanted = False
        socket = self._socket
        if socket is not None and not refusal:
            self._connection.let_in(socket, self)
            self._close_socket(None)
        else:
            self._close_socket("server namespace disconnect")
            self._connection.refuse(self.name, refusal or FAILED, self)

    def _close_socket(self, reason: str | None) -> None:
        """Release the namespace, and close a socket that doesn't join."""
        socket, self._socket = self._socket, None
        if socket is None:
            return
        socket._namespace.admissions.discard(self)
        if reason is not None:
            with Step("end a socket that wasn't let in", self._namespaces.environment.log):
                leave(socket, reason)
        with Step("close an unused namespace", self._namespaces.environment.log):
            socket._namespace.close_if_idle()

    def _done(self, _: object) -> None:
        self._connection.admission_closed(self)
