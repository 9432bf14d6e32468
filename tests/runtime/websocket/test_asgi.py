from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from ackord.runtime.asgi_types import Message
from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.websocket import ServerWebSocket
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.testing.clock import run
from ackord.runtime.websocket.asgi import AsgiWebSocket
from typing_extensions import override


class Network:
    """Both ends of ASGI's `send` and `receive`, and the engine's end of the WebSocket."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.received: list[str | bytes] = []
        self.descriptions: list[str | None] = []
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.free = asyncio.Event()
        self.free.set()
        self.error: OSError | None = None

    async def send(self, message: Message) -> None:
        await self.free.wait()
        if self.error is not None:
            raise self.error
        self.sent.append(message)

    def receive(self, message: str | bytes) -> bool:
        self.received.append(message)
        return True

    def hold(self, part: Part, size: int) -> None:
        pass

    def oversized(self, size: int | None) -> None:
        raise AssertionError("never too large")

    def closed(self, description: str | None = None, *, is_violation: bool = False) -> None:
        self.descriptions.append(description)

    async def ready(self) -> None:
        raise AssertionError("never congested")


Scenario = Callable[[AsgiWebSocket, Network, "asyncio.Task[None]"], Coroutine[Any, Any, None]]


def play(scenario: Scenario) -> None:
    async def main() -> None:
        network = Network()
        websocket = AsgiWebSocket(network.send)
        websocket.send("0early")  # before it is accepted
        runner = asyncio.create_task(websocket.run(network.incoming.get, network))
        await asyncio.sleep(0.001)
        assert network.sent == [
            {"type": "websocket.accept"},
            {"type": "websocket.send", "text": "0early"},
        ]
        network.sent.clear()
        await scenario(websocket, network, runner)

    run(main())


def test_it_is_a_server_websocket() -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        checked: ServerWebSocket = websocket
        assert checked.buffered == 0

    play(scenario)


def test_a_subprotocol_is_named_when_it_accepts() -> None:
    async def main() -> None:
        network = Network()
        runner = asyncio.create_task(
            AsgiWebSocket(network.send, subprotocol="chat").run(network.incoming.get, network)
        )
        await asyncio.sleep(0.001)
        assert network.sent == [{"type": "websocket.accept", "subprotocol": "chat"}]
        network.incoming.put_nowait({"type": "websocket.disconnect", "code": 1005})
        await runner

    run(main())


def test_writes_keep_their_order_and_are_counted_in_bytes() -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        network.free.clear()
        websocket.send("4€")
        websocket.send(b"\x00")
        websocket.send_prepared(Prepared("451-[]", [b"\x01"]))
        assert websocket.buffered == 4 + 1 + 6 + 1
        await asyncio.sleep(1)
        assert (network.sent, websocket.buffered) == ([], 12)
        network.free.set()
        await asyncio.sleep(1)
        assert [message.get("text", message.get("bytes")) for message in network.sent] == [
            "4€",
            b"\x00",
            "451-[]",
            b"\x01",
        ]
        assert websocket.buffered == 0

    play(scenario)


def test_an_idle_websocket_has_no_writer() -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        websocket.send("4a")
        assert len(asyncio.all_tasks()) == 3
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == {asyncio.current_task(), runner}

    play(scenario)


@pytest.mark.parametrize(("code", "sent"), [(None, 1000), (1009, 1009)])
def test_close_comes_after_what_was_written_and_nothing_after_it(
    code: int | None, sent: int
) -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        websocket.send("4a")
        websocket.close(code)
        websocket.close()
        websocket.send("4b")
        await asyncio.sleep(1)
        assert network.sent == [
            {"type": "websocket.send", "text": "4a"},
            {"type": "websocket.close", "code": sent},
        ]
        network.incoming.put_nowait({"type": "websocket.disconnect", "code": sent})
        await runner
        assert network.descriptions == [f"close code {sent}"]

    play(scenario)


def test_abort_drops_what_is_buffered_and_ends_the_connection() -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        network.free.clear()
        websocket.send("4a")
        await asyncio.sleep(1)
        websocket.abort()
        websocket.abort()
        assert websocket.buffered == 0
        await runner
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert (network.sent, network.descriptions) == ([], ["closed by this side"])

    play(scenario)


def test_a_peer_that_never_answers_a_close_is_left_after_ten_seconds() -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        websocket.close()
        await runner
        assert asyncio.get_running_loop().time() == pytest.approx(10, abs=0.01)

    play(scenario)


def test_a_network_that_fails_while_it_is_written_to_ends_the_connection() -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        network.error = ConnectionResetError()
        websocket.send("4a")
        await runner
        assert network.descriptions == ["closed by this side"]
        websocket.send("4b")
        assert websocket.buffered == 0

    play(scenario)


def test_a_cancelled_connection_is_lost_and_the_cancellation_goes_on() -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        runner.cancel()
        with pytest.raises(asyncio.CancelledError):
            await runner
        assert network.descriptions == [None]

    play(scenario)


def test_messages_reach_the_receiver_whatever_the_asgi_server_leaves_out() -> None:
    async def scenario(
        websocket: AsgiWebSocket, network: Network, runner: asyncio.Task[None]
    ) -> None:
        network.incoming.put_nowait({"type": "websocket.receive", "text": "4a"})
        network.incoming.put_nowait({"type": "websocket.receive", "text": None, "bytes": b"\x00"})
        network.incoming.put_nowait({"type": "websocket.receive", "text": "", "bytes": None})
        network.incoming.put_nowait({"type": "websocket.disconnect"})
        await runner
        assert network.received == ["4a", b"\x00", ""]
        assert network.descriptions == ["close code None"]

    play(scenario)


class Answering(Network):
    """A receiver that answers each message before it returns."""

    def __init__(self) -> None:
        super().__init__()
        self.websocket = AsgiWebSocket(self.send)
        self.senders: list[asyncio.Task[Any] | None] = []

    @override
    async def send(self, message: Message) -> None:
        self.senders.append(asyncio.current_task())
        await super().send(message)

    @override
    def receive(self, message: str | bytes) -> bool:
        super().receive(message)
        self.websocket.send(f"answer {message!r}")
        if message == "close":
            self.websocket.close()
        elif message == "abort":
            self.websocket.abort()
        return True


AnsweringScenario = Callable[[Answering, "asyncio.Task[None]"], Coroutine[Any, Any, None]]


def play_answering(scenario: AnsweringScenario) -> None:
    async def main() -> None:
        network = Answering()
        runner = asyncio.create_task(network.websocket.run(network.incoming.get, network))
        await asyncio.sleep(0.001)
        network.sent.clear()
        await scenario(network, runner)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_what_a_message_causes_is_sent_by_the_task_that_received_it() -> None:
    async def scenario(network: Answering, runner: asyncio.Task[None]) -> None:
        for number in range(3):
            network.incoming.put_nowait({"type": "websocket.receive", "text": str(number)})
        await asyncio.sleep(0.001)
        assert [message["text"] for message in network.sent] == [
            "answer '0'",
            "answer '1'",
            "answer '2'",
        ]
        assert set(network.senders) == {runner}
        assert network.websocket.buffered == 0
        network.websocket.send("from elsewhere")
        await asyncio.sleep(0.001)
        assert network.sent[-1]["text"] == "from elsewhere"
        assert network.senders[-1] is not runner
        network.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await runner

    play_answering(scenario)


def test_while_another_task_writes_answers_wait_for_their_turn() -> None:
    async def scenario(network: Answering, runner: asyncio.Task[None]) -> None:
        network.free.clear()
        network.websocket.send("first")
        await asyncio.sleep(0.001)
        network.incoming.put_nowait({"type": "websocket.receive", "text": "0"})
        await asyncio.sleep(0.001)
        assert (network.sent, network.received) == ([], ["0"])
        network.free.set()
        await asyncio.sleep(0.001)
        assert [message["text"] for message in network.sent] == ["first", "answer '0'"]
        network.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await runner

    play_answering(scenario)


def test_a_receiver_that_closes_is_sent_after_its_answer() -> None:
    async def scenario(network: Answering, runner: asyncio.Task[None]) -> None:
        network.incoming.put_nowait({"type": "websocket.receive", "text": "close"})
        await asyncio.sleep(0.001)
        assert [message["type"] for message in network.sent] == [
            "websocket.send",
            "websocket.close",
        ]
        network.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await runner

    play_answering(scenario)


def test_a_receiver_that_aborts_sends_nothing() -> None:
    async def scenario(network: Answering, runner: asyncio.Task[None]) -> None:
        network.incoming.put_nowait({"type": "websocket.receive", "text": "abort"})
        await runner
        assert (network.sent, network.descriptions) == ([], ["closed by this side"])

    play_answering(scenario)


@pytest.mark.parametrize("end", ["abort", "close"])
def test_the_end_reaches_a_task_that_waits_for_its_network(end: str) -> None:
    async def scenario(network: Answering, runner: asyncio.Task[None]) -> None:
        network.free.clear()
        network.incoming.put_nowait({"type": "websocket.receive", "text": "0"})
        await asyncio.sleep(1)
        started = asyncio.get_running_loop().time()
        if end == "abort":
            network.websocket.abort()
        else:
            network.websocket.close()
        await runner
        assert asyncio.get_running_loop().time() - started == pytest.approx(
            0 if end == "abort" else 10, abs=0.01
        )
        assert (network.sent, network.descriptions) == ([], ["closed by this side"])
        assert network.websocket.buffered == 0

    play_answering(scenario)


def test_what_came_in_before_a_network_failed_is_received() -> None:
    async def scenario(network: Answering, runner: asyncio.Task[None]) -> None:
        network.error = ConnectionResetError()
        for text in ("0", "1"):
            network.incoming.put_nowait({"type": "websocket.receive", "text": text})
        network.incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await runner
        assert (network.received, network.descriptions) == (["0", "1"], ["close code 1006"])

    play_answering(scenario)
