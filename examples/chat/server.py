"""The chat's server: ``python -m examples.chat.server --port 8000``, or ``uvicorn
examples.chat.server:app``.

The generated `ChatNamespace` says which methods there must be, and what they take and answer;
everything that arrives here is validated.
"""

from __future__ import annotations

import argparse
import itertools
import os
import socket
import sys
from datetime import UTC, datetime
from typing import Final

from ackord.runtime.hosting import configure
from ackord.runtime.server import Server
from typing_extensions import override

from examples.chat.contract import (
    AckordError,
    Body,
    ChatAuth,
    ChatContext,
    ChatNamespace,
    ChatRoom,
    ChatSession,
    JoinAck,
    JoinResult,
    Message,
    NameTaken,
    NotInRoom,
    RoomName,
    SendMessageAck,
    SendMessageResult,
    SlowConsumerError,
    TooManyRooms,
    UserName,
)
from examples.chat.history import History
from examples.chat.pages import Pages

MOST_ROOMS: Final = 8
"""How many rooms one may be in at a time."""
ANSWER_WITHIN: Final = 2.0
"""Seconds within which a connection must show that it is alive to keep its name."""


class Chat(ChatNamespace):
    """Names, rooms and messages; all in memory."""

    def __init__(self, answer_within: float = ANSWER_WITHIN) -> None:
        super().__init__()
        self._answer_within = answer_within
        self._people: dict[UserName, ChatContext] = {}
        self._rooms: dict[RoomName, set[UserName]] = {}
        self._history = History()
        self._ids = itertools.count(1)

    @override
    async def on_connect(self, ctx: ChatContext, auth: ChatAuth) -> NameTaken | None:
        """Give the name to whoever asks first; a connection that doesn't answer any more loses
        it.
        """
        while (holder := self._people.get(auth.name)) is not None:
            if await _is_alive(holder, self._answer_within):
                return NameTaken(name=auth.name)
            self._forget(holder)
            holder.disconnect()
        ctx.data = ChatSession(name=auth.name)
        self._people[auth.name] = ctx
        return None

    @override
    async def on_disconnect(self, ctx: ChatContext, reason: str) -> None:
        self._forget(ctx)

    @override
    async def on_join(self, ctx: ChatContext, room: RoomName) -> JoinResult:
        name = ctx.data.name
        if room not in ctx.data.rooms:
            if len(ctx.data.rooms) >= MOST_ROOMS:
                return TooManyRooms(limit=MOST_ROOMS)
            opened = room not in self._rooms
            self._rooms.setdefault(room, set()).add(name)
            ctx.data.rooms.append(room)
            ctx.join(ChatRoom(room))
            if opened:
                ctx.others.announcement(f"{name} opened #{room}")
            ctx.to(ChatRoom(room)).member_joined(room, name)
        return JoinAck(members=sorted(self._rooms[room]), history=self._history.of(room))

    @override
    async def on_leave(self, ctx: ChatContext, room: RoomName) -> bool:
        if room not in ctx.data.rooms:
            return False
        ctx.leave(ChatRoom(room))
        self._leave(ctx, room)
        return True

    @override
    async def on_send_message(
        self, ctx: ChatContext, room: RoomName, body: Body
    ) -> SendMessageResult:
        if room not in ctx.data.rooms:
            return NotInRoom(room=room)
        message = Message(
            id=next(self._ids),
            room=room,
            author=ctx.data.name,
            sent_at=datetime.now(UTC),
            body=body,
        )
        self._history.add(message)
        ctx.to(ChatRoom(room)).message_posted(message)
        return SendMessageAck(id=message.id, sent_at=message.sent_at)

    @override
    async def on_typing(self, ctx: ChatContext, room: RoomName, active: bool) -> None:
        if room in ctx.data.rooms:
            ctx.to(ChatRoom(room)).typing_changed(room, ctx.data.name, active)

    @override
    async def on_rooms(self, ctx: ChatContext) -> dict[str, int]:
        return {room: len(members) for room, members in self._rooms.items()}

    def _forget(self, ctx: ChatContext) -> None:
        """Free the name of `ctx` and take it out of its rooms; does nothing if that has been
        done.
        """
        holder = self._people.get(ctx.data.name)
        if holder is None or holder.sid != ctx.sid:
            return
        del self._people[ctx.data.name]
        for room in list(ctx.data.rooms):
            self._leave(ctx, room)

    def _leave(self, ctx: ChatContext, room: RoomName) -> None:
        name = ctx.data.name
        ctx.data.rooms.remove(room)
        members = self._rooms[room]
        members.discard(name)
        if not members:
            del self._rooms[room]
        self.to(ChatRoom(room)).member_left(room, name)


async def _is_alive(ctx: ChatContext, answer_within: float) -> bool:
    try:
        return await ctx.client.still_there(
            "Somebody else asks for your name.", timeout=answer_within
        )
    except SlowConsumerError:
        return True  # it is asked already: too many want its name at once
    except AckordError:
        return False


def make_server() -> Server:
    """Make the Socket.IO server."""
    server = Server()
    server.register(Chat())
    return server


app = make_server().asgi(Pages(), explorer=True)
"""The Socket.IO server, its explorer and, at all other paths, the page."""


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.chat.server", description="Serve the chat and its web page."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=8000,
        help="port to listen on; 0 takes a free one (default: %(default)s)",
    )
    arguments = parser.parse_args()
    try:
        listener = socket.create_server((arguments.host, arguments.port))
    except OSError as error:
        print(
            f"error: can't listen on {arguments.host}:{arguments.port}: "
            f"{os.strerror(error.errno or 0)}; try another port: make demo "
            f"PORT={arguments.port + 1}",
            file=sys.stderr,
        )
        return 1
    url = f"http://{arguments.host}:{listener.getsockname()[1]}"
    print(f"The chat is at {url}/  (Ctrl-C ends it)")
    print(f"The explorer, to read and try its contract, is at {url}/explorer", flush=True)
    try:
        configure(app, graceful_timeout=1).run(sockets=[listener])
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
