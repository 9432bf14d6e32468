"""Whatever clients and the application do in whatever order, the engine raises nothing, ends each
session once and keeps nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.testing.clock import run
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.engine.harness import Recorder, Request, Site, WebSocket

BODIES = [b"4a", b"4a\x1eb/w==\x1e3", b"1", b"2", b"", b"x", b"4a\x1e1\x1e4b", b"\xff", b"4" * 300]
MESSAGES: list[str | bytes] = [
    "4a",
    b"\x00",
    "3",
    "2",
    "2probe",
    "5",
    "1",
    "6",
    "",
    "x",
    "4" * 300,
    "4close",
    "4raise",
]
STEPS = st.tuples(
    st.sampled_from(
        [
            *(
                "open polling",
                "open websocket",
                "get",
                "post",
                "post slowly",
                "finish posts",
                "probe",
                "message",
                "message",
            ),
            *(
                "abort gets",
                "disconnect",
                "block",
                "free",
                "send",
                "send much",
                "close",
                "discard",
                "congest",
                "relieve",
                "wait",
                "wait",
            ),
        ]
    ),
    st.integers(0, 5),
    st.integers(0, 12),
)
WAITS = [0.0, 0.0, 0.05, 0.15, 1.0, 3.0, 6.0, 11.0]


class Play:
    def __init__(self) -> None:
        self.site = Site(
            echo=True,
            ping_interval=5,
            ping_timeout=5,
            upgrade_timeout=3,
            max_payload=200,
            max_buffered=2000,
        )
        self.queries: list[str] = []
        self.requests: list[Request] = []
        self.websockets: list[WebSocket] = []

    async def step(self, name: str, which: int, what: int) -> None:  # noqa: C901 - one case for each step
        query = (
            self.queries[which % len(self.queries)]
            if self.queries
            else "EIO=4&transport=polling&sid=none"
        )
        websocket = self.websockets[which % len(self.websockets)] if self.websockets else None
        recorder = (
            self.site.recorders[which % len(self.site.recorders)] if self.site.recorders else None
        )
        match name:
            case "open polling":
                self.queries.append(await self.site.open_polling("&b64=1" if what % 2 else ""))
            case "open websocket":
                self.websockets.append(WebSocket(self.site.app, "EIO=4&transport=websocket"))
            case "get":
                self.requests.append(Request(self.site.app, "GET", query))
            case "post" | "post slowly":
                body = BODIES[what % len(BODIES)]
                self.requests.append(
                    Request(self.site.app, "POST", query, [body], is_complete=name == "post")
                )
            case "finish posts" | "abort gets":
                for request in self.requests:
                    request.disconnect()
            case "probe":
                self.websockets.append(
                    WebSocket(self.site.app, query.replace("=polling", "=websocket"))
                )
            case "wait":
                await asyncio.sleep(WAITS[what % len(WAITS)])
            case _ if websocket is not None and name in {"message", "disconnect", "block", "free"}:
                self.websocket_step(name, websocket, what)
            case _ if recorder is not None:
                self.application_step(name, recorder)
            case _:
                pass

    def websocket_step(self, name: str, websocket: WebSocket, what: int) -> None:
        if name == "message":
            websocket.send(MESSAGES[what])
        elif name == "disconnect":
            websocket.disconnect()
        elif name == "block":
            websocket.free.clear()
        else:
            websocket.free.set()

    def application_step(self, name: str, recorder: Recorder) -> None:
        socket = recorder.socket
        match name:
            case "send":
                socket.send("4hello")
                socket.send_prepared(Prepared("451-[]", [b"\x01"], compress=False))
            case "send much":
                for _ in range(10):
                    socket.send("4" + "y" * 400)
            case "close":
                socket.close()
            case "discard":
                socket.close(discard=True)
            case "congest":
                recorder.congested = socket.is_open
                recorder.relieved.clear()
            case "relieve":
                recorder.relieve()
            case _:
                pass

    def check(self) -> None:
        engine = self.site.engine
        live = [recorder for recorder in self.site.recorders if not recorder.ends]
        assert engine.sessions == len(live)
        assert engine.half_open == sum(recorder.session.is_half_open for recorder in live)
        assert all(len(recorder.ends) <= 1 for recorder in self.site.recorders)

    async def finish(self) -> None:
        for recorder in self.site.recorders:
            recorder.relieve()
        for request in self.requests:
            request.disconnect()
        for websocket in self.websockets:
            websocket.free.set()
        await self.site.engine.drain(1)
        await asyncio.sleep(60)
        self.check()
        assert self.site.engine.sessions == 0
        assert all(len(recorder.ends) == 1 for recorder in self.site.recorders)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        for task in (
            *(request.task for request in self.requests),
            *(websocket.task for websocket in self.websockets),
        ):
            assert task.exception() is None


@given(steps=st.lists(STEPS, max_size=40), seed=st.integers(0, 3))
@pytest.mark.filterwarnings("error")
def test_any_sequence_of_requests_messages_and_calls_ends_well(
    steps: list[tuple[str, int, int]], seed: int
) -> None:
    async def scenario() -> None:
        play = Play()
        opening: list[tuple[str, int, int]] = [
            ("open polling", 0, 0),
            ("open websocket", 0, 0),
            ("open polling", 1, 1),
            ("probe", 0, 0),
        ]
        for name, which, what in [*opening[: seed + 1], *steps]:
            await play.step(name, which, what)
            play.check()
        await play.finish()

    errors: list[Any] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        await scenario()

    run(watched())
    assert errors == []
