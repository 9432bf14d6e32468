"""The time between a client's CONNECT and its answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ackord.runtime.containment import Step, contain, is_being_cancelled
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.values import encode_json
from ackord.runtime.server.refusal import FAILED, INVALID_NAMESPACE, RefusalReply

if TYPE_CHECKING:
    from ackord.runtime.server.member import Member
    from ackord.runtime.server.memberships import Memberships
    from ackord.runtime.server.server import Server


class Admission:
    """One CONNECT that waits for the predicate, the middlewares or the connect hook of a namespace,
    which is kept for it meanwhile.

    It ends in one of three ways, whatever the application's code raises, and however long it takes:
    the connection lets the socket in, or tells the client why not, or the admission was given up
    and nobody is answered any more.
    """

    __slots__ = (
        "_auth",
        "_auth_text",
        "_connection",
        "_server",
        "_socket",
        "_task",
        "_wanted",
        "name",
    )

    def __init__(
        self,
        server: Server,
        connection: Memberships,
        name: str,
        auth: dict[str, Any],
        auth_text: str | None,
    ) -> None:
        """Begin."""
        self.name = name
        self._server = server
        self._connection = connection
        self._auth = auth
        self._auth_text = auth_text
        self._socket: Member | None = None
        self._wanted = True
        self._task = server.tasks.start(self._run())
        self._task.add_done_callback(self._done)

    def give_up(self) -> None:
        """Learn that nobody waits for the answer: the client has gone, left, or begun anew."""
        self._wanted = False
        self._release("transport close")
        self._task.cancel()

    def refuse(self, payload: str) -> None:
        """Answer now, by CONNECT_ERROR: the namespace has to go for another one."""
        self._decide(payload)
        self._task.cancel()

    def discard(self) -> None:
        """Forget the socket: the event loop has ended."""
        self._wanted = False
        if self._socket is not None:
            self._socket.discard()

    async def _run(self) -> None:
        refusal = FAILED
        try:
            async with asyncio.timeout(self._server.limits.connect_timeout):
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
        namespace = await self._server.namespaces.resolve(
            self.name, self._auth, self._connection.engine.request.client
        )
        if namespace is None:
            return INVALID_NAMESPACE
        if not self._wanted:
            return FAILED
        socket = self._socket = self._connection.make_socket(namespace, self._auth)
        namespace.admissions.add(self)
        if namespace.parent is not None and not namespace.sockets:
            self._server.namespaces.note_pending(namespace)
        auth_text = self._auth_text
        if namespace.recovery is not None:
            if socket.recovered and namespace.recovery.skip_middlewares:
                return ""
            auth_text = (
                None if auth_text is None else encode_json(self._auth)
            )  # without what was there for the recovery
        await namespace.admit(socket, auth_text)
        return ""

    def _report(self, error: BaseException) -> None:
        if not self._wanted:
            return
        details = (
            f" (in namespace {quoted(self.name)}; the client is refused with the code 'internal')"
        )
        self._server.log.crash("A predicate, middleware or connect hook", error, details)
        if isinstance(error, Exception):
            self._server.report(self._socket, "connect", error)

    def _decide(self, refusal: str) -> None:
        """Answer, unless nobody waits for it any more."""
        if not self._wanted:
            return
        self._wanted = False
        socket = self._socket
        if socket is not None and not refusal:
            self._connection.let_in(socket, self)
            self._release(None)
        else:
            self._release("server namespace disconnect")
            self._connection.refuse(self.name, refusal or FAILED, self)

    def _release(self, reason: str | None) -> None:
        """Keep the namespace no longer; a socket that isn't let in ends for a reason."""
        socket, self._socket = self._socket, None
        if socket is None:
            return
        socket.namespace.admissions.discard(self)
        if reason is not None:
            with Step("end a socket that wasn't let in", self._server.log):
                socket.end(reason)
        with Step("let an unused namespace go", self._server.log):
            socket.namespace.dispose_if_unused()

    def _done(self, _: object) -> None:
        self._connection.note_end(self)
