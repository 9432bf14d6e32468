"""A context without a client, for unit tests of handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

from ackord.runtime.adapters.base import BroadcastFlags, Target
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.errors import AckordError, UsageError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server.handshake import make_handshake
from ackord.runtime.server.namespace import Namespace as UntypedNamespace
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.server.parent import ParentNamespace
from ackord.runtime.server.server import Server
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.testing.stage import Sent, Stage, UnansweredError
from ackord.runtime.typed.context import Context
from ackord.runtime.typed.emitters import room_names
from ackord.runtime.typed.model import UnknownError
from ackord.runtime.typed.namespace import Namespace
from ackord.runtime.typed.params import Params
from ackord.runtime.typed.room import Room

ContextT = TypeVar("ContextT", bound=Context[Any])
AnswerT = TypeVar("AnswerT")


class FakeContext(Generic[ContextT]):
    """The context of a client that doesn't exist: what handlers do with it is recorded.

    ::

        chat = Chat()
        fake = FakeContext(chat, data=ChatSession(name=UserName("ada")))
        await chat.on_send_message(fake.ctx, room, body)
        fake.expect(lambda ctx: ctx.to(ChatRoom(room)).message_posted(message))

    What is sent is validated and encoded, as a server does it. What the namespace sends itself
    (``self.to(room)``) is recorded as well, by all fakes of that namespace together.
    """

    def __init__(
        self,
        namespace: Namespace[ContextT],
        *,
        data: Any = None,
        rooms: Iterable[Room] = (),
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        sid: str = "fake",
        recovered: bool = False,
    ) -> None:
        """Take the namespace whose handlers are tested; it can't be registered with a server.

        Args:
            namespace: The namespace.
            data: The session; by default that of a new connection, if its fields have defaults.
            rooms: The rooms that the client is in.
            params: The parameters of a dynamic namespace.
            headers: The headers of the client's request.
            sid: The client's id; fakes of one namespace need different ones.
            recovered: Whether the client has recovered an earlier connection.
        """
        contract = namespace.contract
        stage, untyped = _stage_of(namespace, params)
        make = contract.session_default
        self.socket = FakeSocket(sid, untyped, stage, headers or {}, recovered=recovered)
        """What stands for the untyped socket."""
        untyped.sockets[sid] = cast("Any", self.socket)
        self.socket.data = make() if data is None and make is not None else data
        self.socket.join(room_names(tuple(rooms)))
        context: Any = namespace.context_type(cast("Any", self.socket), contract)
        self.ctx: ContextT = context
        """The context for the handlers."""
        self._stage = stage
        self._expected = len(stage.sent)

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What the handlers have sent, in order."""
        return tuple(self._stage.sent)

    @property
    def rooms(self) -> frozenset[str]:
        """Names of the rooms that the client is in, without that of its own id."""
        return self.socket.rooms - {self.socket.id}

    def answer(
        self,
        question: Callable[[ContextT], Awaitable[AnswerT]],
        *answers: AnswerT | AckordError,
    ) -> None:
        """Answer events of the kind that `question` sends, whatever their arguments: with one
        answer after the other, and with the last one from then on. An exception is raised.
        """
        if not answers:
            raise UsageError("give at least one answer")
        with self._stage.rehearse():
            name = _ask(question(self.ctx))
        self._stage.answers[name] = list(answers)

    def expect(self, *calls: Callable[[ContextT], object]) -> None:
        """Check that the handlers have sent exactly what these functions send, since the last
        `expect`, in this order.

        Raises:
            AssertionError: they have sent something else.
        """
        with self._stage.rehearse() as expected:
            for call in calls:
                result: Any = call(self.ctx)
                if isinstance(result, Coroutine):  # an event that asks
                    _ask(cast("Awaitable[Any]", result))
        found = self._stage.sent[self._expected :]
        self._expected = len(self._stage.sent)
        if found != expected:
            raise AssertionError(f"expected {_lines(expected)}, but was sent: {_lines(found)}")


class FakeSocket:
    """What a context needs of a socket."""

    def __init__(
        self,
        sid: str,
        namespace: UntypedNamespace,
        stage: Stage,
        headers: Mapping[str, str],
        *,
        recovered: bool,
    ) -> None:
        self.id = sid
        self.namespace = namespace
        self.handshake = make_handshake(_request(headers), {}, 0.0)
        self.recovered = recovered
        self.client_contract = None
        self.data: Any = None
        self.disconnected: bool | None = None
        """Set by `disconnect`: whether the connection was to be closed as well."""
        self._stage = stage
        self.join([sid])

    @property
    def rooms(self) -> frozenset[str]:
        """Names of the rooms that the client is in."""
        return self.namespace.adapter.socket_rooms(self.id)

    def join(self, rooms: list[str]) -> None:
        """Enter rooms."""
        self.namespace.adapter.add_all(self.id, rooms)

    def leave(self, rooms: list[str]) -> None:
        """Leave rooms."""
        for room in rooms:
            self.namespace.adapter.del_(self.id, room)

    def disconnect(self, close: bool) -> None:
        """Note that a handler ends the connection."""
        self.disconnected = close

    @property
    def broadcast(self) -> BroadcastOperator:
        """All clients but this one."""
        return BroadcastOperator(core_of(self.namespace)).except_(self.id)

    def to(self, rooms: list[str]) -> BroadcastOperator:
        """The clients in these rooms but this one."""
        return self.broadcast.to(rooms)

    def except_(self, rooms: list[str]) -> BroadcastOperator:
        """The clients but this one and those in these rooms."""
        return self.broadcast.except_(rooms)

    def send_event(self, event: EncodedEvent, *, volatile: bool = False) -> None:
        """Record an event to this client."""
        self._stage.record(event, Target(frozenset({self.id})), BroadcastFlags(volatile=volatile))

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], Any],
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  # nothing takes time here
    ) -> Any:
        """Record an event to this client, and return the answer that the test has given."""
        self.send_event(event)
        answer = self._stage.answer(event.name)
        if isinstance(answer, UnknownError):
            return answer
        return decode(self._stage.find(event).reply.encode(answer))


def _stage_of(namespace: Namespace[Any], params: Params | None) -> tuple[Stage, UntypedNamespace]:
    """Return where a namespace sends to, and its untyped namespace, of a server without clients."""
    try:
        untyped = namespace.socket_namespace
    except UsageError:
        stage = Stage(namespace.contract)
        Server(adapter=stage.make_adapter).register(namespace)
        untyped = namespace.socket_namespace
    made_by = getattr(core_of(untyped).environment.membership.make_adapter, "__self__", None)
    if not isinstance(made_by, Stage):
        raise UsageError("this namespace is registered with a server: make another one to test it")
    if not isinstance(untyped, ParentNamespace):
        return made_by, untyped
    if params is None:
        raise UsageError(f"{untyped.name} is a dynamic namespace: give the fake its params")
    if params.path not in untyped.children:
        untyped.make_child(params.path, {})
    return made_by, untyped.children[params.path]


def _ask(call: Awaitable[Any]) -> str:
    """Begin a call that asks a client, and return the event's name; nobody answers it."""
    try:
        cast("Coroutine[Any, Any, Any]", call).send(None)
    except UnansweredError as question:
        return question.event
    raise UsageError("the function must send one event that has an acknowledgement")


def _request(headers: Mapping[str, str]) -> EngineRequest:
    return EngineRequest(
        url="/socket.io/?EIO=4&transport=websocket",
        query={"EIO": "4", "transport": "websocket"},
        headers={name.lower(): value for name, value in headers.items()},
        address="127.0.0.1",
        client="127.0.0.1",
        secure=False,
    )


def _lines(sent: list[Sent]) -> str:
    return "".join(f"\n  {each}" for each in sent) or "\n  nothing"
