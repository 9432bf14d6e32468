"""The namespaces of one connection: those that it has joined, those that it wants to join, and
those that it had to leave.
"""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from ackord.runtime.bounds.memory import Part
from ackord.runtime.containment import Step, contain
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.complexity import weigh
from ackord.runtime.protocol.socketio.packet import (
    encode_connect,
    encode_connect_error,
    encode_disconnect,
    namespace_prefix,
)
from ackord.runtime.server.admission import Admission
from ackord.runtime.server.member import Member
from ackord.runtime.server.refusal import (
    FAILED,
    INVALID_NAMESPACE,
    TOO_MANY_NAMESPACES,
    too_complex,
)
from ackord.runtime.server.replay import StalledError, replay, write
from ackord.runtime.sockets.backlog import WEIGHT_PER_TURN, Backlog
from ackord.runtime.sockets.payloads import decode_object

if TYPE_CHECKING:
    from ackord.runtime.server.namespace import Namespace
    from ackord.runtime.server.server import Server

_SID_BYTES = 15
MEMBERSHIP_WEIGHT: Final = WEIGHT_PER_TURN // 7
"""What a CONNECT or a DISCONNECT is charged for, so that a read may hold thousands of them: each
calls listeners and middlewares, may make a namespace, and takes as long as fifty events.
"""
_LISTENERS: Final = 10
"""Listeners of the life cycle that may run for each namespace that a connection may join."""


class Memberships(ABC):
    """A connection as its sockets and admissions know it: each CONNECT is answered here, and each
    namespace is left here.
    """

    __slots__ = (
        "_admissions",
        "_connect_timer",
        "_left",
        "_listening",
        "_pending",
        "_server",
        "_sockets",
        "backlog",
        "engine",
        "loop",
    )

    def __init__(self, server: Server, engine: EngineSocket) -> None:
        limits = server.limits
        self._server = server
        self.engine = server.transcoder.wrap(engine)
        self.backlog = Backlog(limits.queued_events, limits.queued_bytes, self)
        self.loop = asyncio.get_running_loop()
        self._sockets: dict[str, Member] = {}
        self._pending: dict[str, Admission] = {}
        self._admissions: set[Admission] = set()
        self._left: dict[str, None] | None = None  # names of namespaces, the oldest departure first
        # tasks of listeners of the life cycle that run: a client may join and leave as fast as it
        # can write
        self._listening = 0
        self._connect_timer: asyncio.TimerHandle | None = None
        self._start_connect_timer()

    @abstractmethod
    def shut(self, socket_reason: str, engine_reason: str) -> None:
        """End the sockets, then the connection."""

    # What sockets ask of their connection

    def forget(self, socket: Member) -> None:
        """Let a socket go whose namespace was left."""
        if self._sockets.get(socket.namespace.name) is socket:
            del self._sockets[socket.namespace.name]

    def leave(self, namespace: Namespace) -> None:
        """Tell the client that it was put out of a namespace; what it sent before it learns of that
        is ignored.
        """
        left = self._left
        if left is None:
            left = self._left = {}
        left.pop(namespace.name, None)
        left[namespace.name] = None
        if len(left) > self._server.limits.namespaces:
            # No more can have been joined at a time, and clients may make up any number of names.
            del left[next(iter(left))]
        with Step("tell a client that it was put out of a namespace", self._server.log):
            self.engine.send(encode_disconnect(namespace.prefix))

    def disconnect(self) -> None:
        """Leave all namespaces, then end the connection."""
        for socket in tuple(self._sockets.values()):
            with Step("tell a client that it was put out of a namespace", self._server.log):
                self.engine.send(encode_disconnect(socket.namespace.prefix))
        self.shut("server namespace disconnect", "forced server close")

    def count_tasks(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Take listeners of the life cycle into account, as long as they run."""
        for task in tasks:
            self._listening += 1
            task.add_done_callback(self._count_down)

    def _count_down(self, _: object) -> None:
        self._listening -= 1

    # Memory

    def hold_events(self, size: int) -> None:
        """See `ackord.runtime.sockets.backlog.Holder.hold_events`."""
        self.engine.hold(Part.EVENTS, size, self._drop_events)

    def _drop_events(self) -> None:
        """Drop what waits for handlers: all clients together hold too much, and this one the
        most.

        Events of sockets that have ended are among them.
        """
        for socket in self._sockets.values():
            socket.drop_events()
        self.backlog.drop_rests()

    # What an admission asks of its connection

    def make_socket(self, namespace: Namespace, auth: dict[str, Any]) -> Member:
        """Make the socket of a client that wants to join."""
        sid = secrets.token_urlsafe(_SID_BYTES)
        if namespace.recovery is None:
            return Member(sid, namespace, self, auth)
        recovery = namespace.recovery
        session = recovery.claim(auth) or recovery.make_session(sid, self.engine.request.client)
        try:
            socket = Member(session.sid, namespace, self, auth, session)
            recovery.attach(session, socket)
            if session.claimed:
                socket.recover()
        except BaseException:  # the adapter, or what makes a socket's data
            recovery.refuse(session, "transport close")
            raise
        return socket

    async def catch_up(self, socket: Member) -> None:
        """Write what a client missed, as far as that takes longer than a turn of the event loop."""
        namespace, session = socket.namespace, socket.recovery_session
        if namespace.recovery is None or session is None or not namespace.recovery.missing(session):
            return
        # The client has been recognized: how long it takes now is for its network to say.
        self._stop_connect_timer()
        try:
            await replay(
                self.engine,
                namespace.recovery,
                session,
                namespace.prefix,
                self._server.engine.options.max_buffered,
            )
        except StalledError:
            self.shut("transport close", "transport close")
        finally:
            if not self._sockets and self.engine.is_open:
                self._start_connect_timer()

    def let_in(self, socket: Member, admission: Admission | None = None) -> None:
        """Answer a CONNECT by a welcome; or by a refusal, if even now something fails."""
        namespace = socket.namespace
        try:
            self._join(namespace, socket)
        except BaseException as error:  # noqa: BLE001  # an adapter or a parser of the application
            self._sockets.pop(namespace.name, None)
            self._fail_to_join(namespace, socket, error)
            self.refuse(namespace.name, FAILED, admission)
            socket.end("server namespace disconnect")
            namespace.remove(socket)
            return
        if admission is not None:
            self._forget_admission(namespace.name, admission)
        socket.begin()
        self.count_tasks(namespace.announce(socket))
        socket.open_events()

    def refuse(self, name: str, payload: str, admission: Admission | None = None) -> None:
        """Answer a CONNECT by CONNECT_ERROR."""
        if admission is not None:
            self._forget_admission(name, admission)
        prefix = namespace_prefix(name)
        for each in (payload, FAILED):
            try:
                self.engine.send(encode_connect_error(prefix, each))
            except BaseException as error:  # noqa: BLE001  # a parser of the application
                contain(error)
                self._server.log.crash("Writing a refusal to join a namespace", error)
            else:
                break

    def note_end(self, admission: Admission) -> None:
        """Learn that nothing of an admission runs any more; until then it counts, even if it was
        given up.
        """
        self._admissions.discard(admission)

    def discard(self) -> None:
        """Forget the sockets, and those that were to join: the event loop has ended."""
        for socket in self._sockets.values():
            socket.discard()
        for admission in self._admissions:
            admission.discard()

    # Joining and leaving

    def _connect(self, name: str, payload: str) -> None:
        complexity = self._server.complexity
        self.backlog.spend(MEMBERSHIP_WEIGHT)
        if len(payload) > complexity.short:
            self.backlog.spend(weigh(payload))
            excess = complexity.excess(payload)
            if excess is not None:
                self._give_up(name)
                self.refuse(name, too_complex(excess))
                return
        auth = decode_object(payload)
        self._give_up(
            name
        )  # the client began anew, as npm's does by `connect(); disconnect(); connect()`
        namespace = self._server.namespaces.find(name)
        if namespace is None and not self._server.namespaces.may_grow:
            self.refuse(name, INVALID_NAMESPACE)
        elif self._has_too_many:
            self._server.log.write_warning(
                "namespaces",
                None,
                f"A client at {quoted(self.engine.request.address)} wants to join more than Limits.namespaces "
                f"({self._server.limits.namespaces}), or more often than listeners of "
                "'connection' and 'disconnect' come to an end, and is refused.",
            )
            self.refuse(name, TOO_MANY_NAMESPACES)
        elif (
            namespace is not None
            and namespace.admits_at_once
            and (namespace.recovery is None or not namespace.recovery.knows(auth))
        ):
            self._admit_at_once(namespace, auth)
        else:
            admission = self._pending[name] = Admission(
                self._server, self, name, auth, payload or None
            )
            self._admissions.add(admission)

    @property
    def _has_too_many(self) -> bool:
        most = self._server.limits.namespaces
        return (
            len(self._sockets) + len(self._admissions) >= most
            or self._listening >= most * _LISTENERS
        )

    def _admit_at_once(self, namespace: Namespace, auth: dict[str, Any]) -> None:
        try:
            socket = self.make_socket(namespace, auth)
        except BaseException as error:  # noqa: BLE001  # what makes a socket's data
            self._fail_to_join(namespace, None, error)
            self.refuse(namespace.name, FAILED)
        else:
            self.let_in(socket)

    def _fail_to_join(
        self, namespace: Namespace, socket: Member | None, error: BaseException
    ) -> None:
        contain(error)
        where = namespace.name if namespace.parent is None else namespace.parent.name
        self._server.log.crash(
            f"Letting a client into namespace {quoted(where)}",
            error,
            " (the client is refused with the code 'internal')",
        )
        if isinstance(error, Exception):
            self._server.report(socket, "connect", error)

    def _give_up(self, name: str) -> bool:
        """Give up a CONNECT that isn't answered yet; tell whether there was one."""
        admission = self._pending.pop(name, None)
        if admission is None:
            return False
        admission.give_up()
        return True

    def _forget_admission(self, name: str, admission: Admission) -> None:
        if self._pending.get(name) is admission:
            del self._pending[name]

    def _join(self, namespace: Namespace, socket: Member) -> None:
        if namespace.recovery is not None:
            namespace.recovery.check(socket)
        self._sockets[namespace.name] = socket
        namespace.add(socket)
        self._welcome(namespace, socket)
        self._stop_connect_timer()
        if self._left is not None:
            self._left.pop(namespace.name, None)

    def _welcome(self, namespace: Namespace, socket: Member) -> None:
        """Answer CONNECT; what a client missed comes first, as in the reference: it holds events
        back until it is connected.
        """
        session = socket.recovery_session
        if session is None or namespace.recovery is None:
            self.engine.send(encode_connect(namespace.prefix, f'{{"sid":"{socket.id}"}}'))
            return
        for event in namespace.recovery.join(session, socket):
            write(self.engine, namespace.prefix, event)
        self.engine.send(
            encode_connect(namespace.prefix, f'{{"sid":"{socket.id}","pid":"{session.pid}"}}')
        )

    def _start_connect_timer(self) -> None:
        self._connect_timer = self.loop.call_later(
            self._server.limits.connect_timeout, self._connect_timed_out
        )

    def _stop_connect_timer(self) -> None:
        timer, self._connect_timer = self._connect_timer, None
        if timer is not None:
            timer.cancel()

    def _connect_timed_out(self) -> None:
        self._connect_timer = None
        self.shut("forced server close", "forced server close")

    def _was_left(self, name: str | None) -> bool:
        return self._left is not None and name in self._left

    def _leave_all(self, reason: str, description: str | None) -> None:
        """End the sockets, and what was to become one."""
        if self._connect_timer is not None:
            with Step(
                "stop the timer of a connection that has joined no namespace", self._server.log
            ):
                self._stop_connect_timer()
        for name in tuple(self._pending):
            with Step("give up an unanswered CONNECT", self._server.log):
                self._give_up(name)
        for socket in tuple(self._sockets.values()):
            with Step("end a socket", self._server.log):
                socket.end(reason, description)
