"""The end of a socket is told once, and each step of it happens, whatever the application's code
raises in another.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from ackord.runtime.adapters import MemoryAdapter
from ackord.runtime.adapters.base import LocalNamespace
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Server, Socket
from ackord.runtime.server.namespace import core_of
from typing_extensions import override

from tests.runtime.server.stage import Stage, play

ERRORS: Sequence[type[BaseException]] = (
    ValueError,
    SystemExit,
    GeneratorExit,
    asyncio.CancelledError,
)


class Culprit:
    """The one function of the application that raises, once it is armed."""

    def __init__(self, place: str, error: type[BaseException]) -> None:
        self._place = place
        self._error = error
        self.is_armed = False
        self.raised = 0

    def is_at(self, place: str) -> bool:
        """Tell whether this is the place."""
        return self.is_armed and place == self._place

    def pass_by(self, place: str) -> None:
        """Raise if this is the place."""
        if self.is_at(place):
            self.raised += 1
            raise self._error()


class Adapter(MemoryAdapter):
    """An adapter of the application, which may fail in each of its methods."""

    __slots__ = ("_culprit",)

    def __init__(self, namespace: LocalNamespace, culprit: Culprit) -> None:
        super().__init__(namespace)
        self._culprit = culprit
        self.on("leave-room", lambda _room, _sid: culprit.pass_by("room listener"))

    @override
    def socket_rooms(self, sid: str) -> frozenset[str]:
        self._culprit.pass_by("adapter.socket_rooms")
        return super().socket_rooms(sid)

    @override
    def del_all(self, sid: str) -> None:
        super().del_all(sid)
        self._culprit.pass_by("adapter.del_all")

    @override
    async def close(self) -> None:
        await super().close()
        self._culprit.pass_by("adapter.close")


class Parser(MsgpackParser):
    """A parser of the application, which may fail at a DISCONNECT."""

    def __init__(self, culprit: Culprit) -> None:
        super().__init__()
        self._culprit = culprit

    @override
    def encode(self, text: str, attachments: Sequence[bytes]) -> bytes:
        if text.startswith("41"):
            self._culprit.pass_by("parser")
        return super().encode(text, attachments)


def report(culprit: Culprit, _: Socket | None, __: str, ___: Exception) -> None:
    culprit.pass_by("error hook")


def serve(culprit: Culprit, told: Counter[str]) -> Server:
    """Make a server whose application does something at each step of an end."""
    server = Server(
        adapter=lambda namespace: Adapter(namespace, culprit),
        parser=Parser(culprit),
        connection_state_recovery=ConnectionStateRecovery(max_disconnection_duration=10),
        cancel_on_disconnect=True,
    )
    server.on_error(partial(report, culprit))

    async def hook(_: Socket, __: str) -> None:
        told["hook"] += 1
        culprit.pass_by("disconnect hook")

    def connected(socket: Socket) -> None:
        socket.join("room")

        def plain(event: str, _: str) -> None:
            told[event] += 1
            culprit.pass_by(f"{event} listener")
            if culprit.is_at("error hook"):
                raise LookupError  # for the error hook to hear of

        async def later(event: str, _: str) -> None:
            await asyncio.sleep(0)
            told[event] += 1
            culprit.pass_by(f"async {event} listener")

        for event in ("disconnecting", "disconnect"):
            socket.on(event, partial(plain, event))
            socket.on(event, partial(later, event))
        socket.timeout(60).emit("question", ack=lambda *_: answered())
        socket.on("stuck", stuck)

    def answered() -> None:
        told["ack"] += 1
        culprit.pass_by("ack callback")

    async def stuck() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told["handler"] += 1
            culprit.pass_by("handler")

    for namespace in (server.of("/"), server.of("/other")):
        namespace.on("connection", connected)
        namespace.set_disconnect_hook(hook)
    return server


PLACES = (
    "nowhere",
    "adapter.socket_rooms",
    "adapter.del_all",
    "adapter.close",
    "room listener",
    "disconnecting listener",
    "async disconnecting listener",
    "disconnect listener",
    "async disconnect listener",
    "disconnect hook",
    "error hook",
    "ack callback",
    "handler",
    "parser",
)
ENDS = ("cut", "leave", "disconnect", "close", "stop")


async def end(way: str, stage: Stage, peer: Any, sockets: list[Socket]) -> None:
    """End a connection's two sockets in one of the ways."""
    if way == "cut":
        await peer.close()
    elif way == "leave":
        parser = MsgpackParser()
        await peer.send(parser.encode("41", ()), parser.encode("41/other,", ()))
    elif way == "disconnect":
        for socket in sockets:
            socket.disconnect()
    elif way == "close":
        sockets[0].disconnect(close=True)
    else:
        await stage.server.close()
    await asyncio.sleep(12)


@pytest.mark.parametrize("way", ENDS)
@pytest.mark.parametrize("place", PLACES)
def test_an_end_is_told_once_and_nothing_is_left_whatever_is_raised_on_the_way(
    place: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Half of the errors each time: over all cases each place and each way meets each error.
    for error in ERRORS[(PLACES.index(place) + ENDS.index(way)) % 2 :: 2]:
        culprit, told = Culprit(place, error), Counter[str]()
        server = serve(culprit, told)

        async def scenario(
            stage: Stage, culprit: Culprit = culprit, told: Counter[str] = told
        ) -> None:
            server, parser = stage.server, MsgpackParser()
            namespaces = (server.main, server.of("/other"))
            peer = await stage.open()
            await peer.send(parser.encode("40", ()), parser.encode("40/other,", ()))
            await asyncio.sleep(1)
            await peer.send(
                parser.encode('42["stuck"]', ()), parser.encode('42/other,["stuck"]', ())
            )
            await asyncio.sleep(1)
            culprit.is_armed = True
            await end(
                way,
                stage,
                peer,
                [socket for namespace in namespaces for socket in namespace.sockets.values()],
            )
            assert told == {"disconnecting": 4, "disconnect": 4, "hook": 2, "ack": 2, "handler": 2}
            assert [namespace.sockets for namespace in namespaces] == [{}, {}]
            assert [
                namespace.adapter.sids
                for namespace in namespaces
                if isinstance(namespace.adapter, Adapter)
            ] == [{}, {}]
            assert [
                recovery.waits
                for namespace in namespaces
                if (recovery := core_of(namespace).recovery) is not None
            ] == [False, False]
            assert len(server.environment.tasks) == 0
            if way not in {"disconnect", "leave"}:
                assert server.connections == frozenset()
                assert server.engine.sessions == 0

        caplog.clear()
        with caplog.at_level(logging.ERROR):
            play(server, scenario)
        assert (culprit.raised == 0) == (
            place == "nowhere" or (place == "parser" and way not in {"disconnect", "close"})
        )
        logged = [record.exc_info[0] for record in caplog.records if record.exc_info is not None]
        if (place, error) != ("handler", asyncio.CancelledError):  # which is what it was ended by
            assert culprit.raised == 0 or {error, InvalidPayloadError}.intersection(
                logged
            )  # the latter says that a parser raised
