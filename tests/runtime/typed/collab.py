# ruff: noqa: ASYNC109  # generated code has the timeout of Socket.IO
"""A small contract, as `ackord generate` writes one, in a single module: what the tests of the
typed layer talk about.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, NewType, TypeAlias, Unpack

from ackord.runtime.stubs import v1 as _v1
from pydantic import Field

_v1.check(api=(1, 0), source="collab.yaml")

DocId = NewType("DocId", str)
_v1.constrain(DocId, Field(pattern="^[a-z0-9-]{1,8}$"))


class Role(_v1.OpenEnum):
    OWNER = "owner"
    VIEWER = "viewer"


class Text(_v1.Model, frozen=True):
    kind: Literal["text"] = "text"
    text: Annotated[str, Field(min_length=1, max_length=10)]


class Image(_v1.Model, frozen=True):
    kind: Literal["img"] = "img"
    data: _v1.Bytes
    mime: _v1.Maybe[str] = None


Body: TypeAlias = Annotated[Text | Image, Field(discriminator="kind")]


class Line(_v1.Model, frozen=True):
    id: int
    sent_at: _v1.Datetime
    body: Body


class CollabAuth(_v1.Model, frozen=True):
    token: str


class CollabSession(_v1.Session):
    user: str


class Counters(_v1.Session):
    seen: int = 0


class SendAck(_v1.Model, frozen=True):
    id: int


class RoomFull(_v1.Error, frozen=True):
    """No more than this many fit into a document.

    Try another one.
    """

    code: ClassVar[Literal["room_full"]] = "room_full"
    __message__: ClassVar[str] = "No more than this many fit into a document."
    limit: int


class Banned(_v1.Error, frozen=True):
    code: ClassVar[Literal["banned"]] = "banned"
    until: _v1.Datetime


class ReadOnly(_v1.Error, frozen=True):
    """Nobody may write."""

    code: ClassVar[Literal["read_only"]] = "read_only"
    __message__: ClassVar[str] = "Nobody may write."


@dataclass(frozen=True, slots=True)
class DocumentRoom(_v1.Room):
    doc: DocId

    @property
    @_v1.override
    def name(self) -> str:
        return self._format("document:{}", self.doc)


@dataclass(frozen=True, slots=True)
class SectionRoom(_v1.Room):
    doc: str
    section: int

    @property
    @_v1.override
    def name(self) -> str:
        return self._format("section:{}:{}", self.doc, self.section)


@dataclass(frozen=True, slots=True)
class LobbyRoom(_v1.Room):
    @property
    @_v1.override
    def name(self) -> str:
        return self._format("lobby")


SendResult: TypeAlias = SendAck | RoomFull | ReadOnly

COLLAB_SEND: _v1.Event[SendResult] = _v1.Event(
    "send",
    handler="on_send",
    args=(_v1.Arg("doc", DocId), _v1.Arg("body", Body), _v1.Arg("urgent", bool, default=False)),
    ack=SendAck,
    errors=(RoomFull, ReadOnly),
    style="result",
    timeout=5.0,
)
COLLAB_COUNT: _v1.Event[int] = _v1.Event(
    "count", handler="on_count", args=(_v1.Arg("doc", DocId, optional=True),), ack=int
)
COLLAB_UPLOAD: _v1.Event[bytes] = _v1.Event(
    "upload",
    handler="on_upload",
    args=(_v1.Arg("chunk", _v1.Bytes),),
    ack=_v1.Bytes,
    concurrent=True,
)
COLLAB_LOCK: _v1.Event[ReadOnly | None] = _v1.Event(
    "lock", handler="on_lock", ack=None, errors=(ReadOnly,), style="result"
)
COLLAB_TYPING: _v1.Event[None] = _v1.Event(
    "typing", handler="on_typing", args=(_v1.Arg("active", bool),)
)
COLLAB_POSTED: _v1.Event[None] = _v1.Event(
    "posted", handler="on_posted", args=(_v1.Arg("line", Line),)
)
COLLAB_MOVED: _v1.Event[None] = _v1.Event(
    "moved", handler="on_moved", args=(_v1.Arg("doc", DocId), _v1.Arg("x", int))
)
COLLAB_PINGED: _v1.Event[None] = _v1.Event("pinged", handler="on_pinged")
COLLAB_CONFIRM: _v1.Event[bool] = _v1.Event(
    "confirm", handler="on_confirm", args=(_v1.Arg("question", str),), ack=bool
)
COLLAB = _v1.NamespaceContract(
    "/collab",
    contract="collab",
    auth=CollabAuth,
    session=CollabSession,
    connect_errors=(Banned, ReadOnly),
    client_to_server=(COLLAB_SEND, COLLAB_COUNT, COLLAB_UPLOAD, COLLAB_LOCK, COLLAB_TYPING),
    server_to_client=(COLLAB_POSTED, COLLAB_MOVED, COLLAB_PINGED, COLLAB_CONFIRM),
)
QUIET_ASK: _v1.Event[int] = _v1.Event("ask", handler="on_ask", args=(_v1.Arg("x", int),), ack=int)
QUIET = _v1.NamespaceContract(
    "/quiet",
    contract="collab",
    session=Counters,
    client_to_server=(QUIET_ASK,),
    error_replies=False,
)


class CollabClientEmitter(_v1.ClientEmitter):
    def posted(self, line: Line) -> None:
        self._emit(COLLAB_POSTED, line)

    def pinged(self) -> None:
        self._emit(COLLAB_PINGED)

    def moved(self, doc: DocId, x: int) -> None:
        self._emit(COLLAB_MOVED, doc, x)

    async def confirm(self, question: str, *, timeout: float = 20.0) -> bool:
        return await self._request(COLLAB_CONFIRM, question, timeout=timeout)


class CollabBroadcastEmitter(_v1.BroadcastEmitter):
    def posted(self, line: Line) -> None:
        self._emit(COLLAB_POSTED, line)

    def pinged(self) -> None:
        self._emit(COLLAB_PINGED)

    def moved(self, doc: DocId, x: int) -> None:
        self._emit(COLLAB_MOVED, doc, x)


class CollabContext(_v1.Context[CollabSession]):
    @property
    def client(self) -> CollabClientEmitter:
        return CollabClientEmitter(self._client)

    @property
    def all(self) -> CollabBroadcastEmitter:
        return CollabBroadcastEmitter(self._all)

    @property
    def others(self) -> CollabBroadcastEmitter:
        return CollabBroadcastEmitter(self._others)

    def to(self, room: DocumentRoom, /, *rooms: DocumentRoom) -> CollabBroadcastEmitter:
        return CollabBroadcastEmitter(self._to(room, *rooms))


class CollabNamespace(_v1.Namespace[CollabContext], ABC):
    path = "/collab"
    contract = COLLAB
    context_type = CollabContext

    async def on_connect(self, ctx: CollabContext, auth: CollabAuth) -> Banned | ReadOnly | None:
        return None

    async def on_disconnect(self, ctx: CollabContext, reason: str) -> None:
        return None

    @abstractmethod
    async def on_send(
        self, ctx: CollabContext, doc: DocId, body: Body, urgent: bool
    ) -> SendResult: ...
    @abstractmethod
    async def on_count(self, ctx: CollabContext, doc: DocId | None) -> int: ...
    @abstractmethod
    async def on_upload(self, ctx: CollabContext, chunk: bytes) -> bytes: ...
    @abstractmethod
    async def on_lock(self, ctx: CollabContext) -> ReadOnly | None: ...
    @abstractmethod
    async def on_typing(self, ctx: CollabContext, active: bool) -> None: ...

    @property
    def all(self) -> CollabBroadcastEmitter:
        return CollabBroadcastEmitter(self._all)

    def to(self, room: DocumentRoom, /, *rooms: DocumentRoom) -> CollabBroadcastEmitter:
        return CollabBroadcastEmitter(self._to(room, *rooms))

    def except_(self, *rooms: _v1.Room) -> CollabBroadcastEmitter:
        return CollabBroadcastEmitter(self._except(*rooms))

    def client(self, sid: str) -> CollabClientEmitter:
        return CollabClientEmitter(self._client(sid))


class QuietContext(_v1.Context[Counters]):
    pass


class QuietNamespace(_v1.Namespace[QuietContext], ABC):
    path = "/quiet"
    contract = QUIET
    context_type = QuietContext

    @abstractmethod
    async def on_ask(self, ctx: QuietContext, x: int) -> int: ...


class CollabConnectRefusedError(_v1.ConnectRefusedError[Banned | ReadOnly | _v1.UnknownError]):
    pass


class CollabHandlers(_v1.ClientHandlers):
    @_v1.unhandled
    async def on_posted(self, line: Line) -> None:
        return None

    @_v1.unhandled
    async def on_moved(self, doc: DocId, x: int) -> None:
        return None

    @_v1.unhandled
    async def on_pinged(self) -> None:
        return None

    @_v1.unhandled
    async def on_confirm(self, question: str) -> bool:
        raise NotImplementedError


class CollabClient(_v1.Client):
    def __init__(
        self,
        server: str | _v1.Manager,
        *,
        auth: _v1.Auth[CollabAuth],
        handlers: CollabHandlers | None = None,
        **options: Unpack[_v1.ClientOptions],
    ) -> None:
        super().__init__(
            COLLAB,
            server,
            auth=auth,
            handlers=handlers,
            refused=CollabConnectRefusedError,
            **options,
        )
        self.on_posted: _v1.ClientEvent[[Line], None, Line] = self._incoming(COLLAB_POSTED)
        self.on_moved: _v1.ClientEvent[[DocId, int], None, tuple[DocId, int]] = self._incoming(
            COLLAB_MOVED
        )
        self.on_pinged: _v1.ClientEvent[[], None, None] = self._incoming(COLLAB_PINGED)
        self.on_confirm: _v1.ClientEvent[[str], bool, str] = self._incoming(COLLAB_CONFIRM)

    async def send(
        self, doc: DocId, body: Body, urgent: bool = False, *, timeout: float = 5.0
    ) -> SendResult | _v1.UnknownError:
        return await self._request_result(COLLAB_SEND, doc, body, urgent, timeout=timeout)

    async def count(self, doc: DocId | None = None, *, timeout: float = 20.0) -> int:
        return await self._request(COLLAB_COUNT, doc, timeout=timeout)

    async def upload(self, chunk: bytes, *, timeout: float = 20.0) -> bytes:
        return await self._request(COLLAB_UPLOAD, chunk, timeout=timeout)

    async def lock(self, *, timeout: float = 20.0) -> ReadOnly | _v1.UnknownError | None:
        return await self._request_result(COLLAB_LOCK, timeout=timeout)

    def typing(self, active: bool) -> None:
        self._emit(COLLAB_TYPING, active)
