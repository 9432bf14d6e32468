"""What goes wrong with a connection: each failure is a named error that says why and what to do,
leaves nothing behind, and the next use works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, TypeAlias

import pytest
from ackord.runtime.client import ClientSocket, Manager
from ackord.runtime.errors import AckordError, DisconnectedError, InvalidPayloadError

from tests.interop.alone import run_alone
from tests.interop.cutting_proxy import CuttingProxy
from tests.interop.peers import Peer
from tests.interop.transports import TRANSPORTS

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

QUICK: Final[dict[str, Any]] = {"reconnection_delay": 0.01, "reconnection_delay_max": 0.05}
Action: TypeAlias = Callable[[ClientSocket, CuttingProxy], Awaitable[Any]]


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with Peer("npm") as running:
        yield running


def _answer(status: str, headers: str = "", body: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()


CONNECTING: Final[dict[str, tuple[dict[str, Any], bytes, str]]] = {
    "wrong path": ({"path": "/nothing/"}, _answer("404 Not Found"), "404"),
    "unknown host": ({"url": "http://nobody.invalid"}, b"", "nobody.invalid"),
    "nobody listens": ({"url": "http://127.0.0.1:1"}, b"", "127.0.0.1:1"),
    "no TLS": ({"url": "https://{address}"}, b"", "TLS|SSL"),
    "redirect": (
        {},
        _answer("302 Found", "Location: http://elsewhere.example/\r\n"),
        "redirects.*302.*elsewhere.example",
    ),
    "another version": (
        {},
        _answer("400 Bad Request", body='{"code":5,"message":"Unsupported protocol version"}'),
        "400",
    ),
    "a web page": (
        {},
        _answer("200 OK", "Content-Type: text/html\r\n", "<!DOCTYPE html>"),
        "200|web page",
    ),
    "not even HTTP": ({}, b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "HTTP"),
}
"""Options of the manager, what is answered instead of the server's answer, and words of the error.
"""


@pytest.mark.parametrize("failure", CONNECTING)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_attempt_to_connect_fails_with_its_reason(
    peer: Peer, transport: str, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    options, answer, words = CONNECTING[failure]

    async def scenario() -> None:
        async with CuttingProxy(peer.port) as proxy:
            address = proxy.url.removeprefix("http://")
            url, rest = options.get("url", proxy.url), dict(options)
            rest.pop("url", None)
            modes: dict[str, Any] = {**TRANSPORTS[transport], "try_all_transports": False}
            wrong = Manager(url.format(address=address), **rest, **modes).socket()
            for _ in range(2):
                proxy.answer = answer
                with pytest.raises(AckordError, match=f"(?s){words}") as caught:
                    await wrong.connect()
                assert len(str(caught.value)) < 400
                assert not wrong.active
            if not options:
                await works(wrong)
            await works(Manager(proxy.url, **TRANSPORTS[transport]).socket())

    run_alone(scenario, caplog)


async def works(client: ClientSocket) -> None:
    async with client, asyncio.timeout(10):
        assert await client.emit_with_ack("echo", 1, b"\x02") == (1, b"\x02")


async def _receive_a_large_event(client: ClientSocket, _: CuttingProxy) -> None:
    client.emit("large", 2_000_000)
    await client.emit_with_ack("echo", 1)


async def _send_a_large_event(client: ClientSocket, _: CuttingProxy) -> None:
    await client.emit_with_ack("echo", bytes(2_000_000))


async def _send_a_large_text(client: ClientSocket, _: CuttingProxy) -> None:
    await client.emit_with_ack("echo", "x" * 2_000_000)


def _inject(data: bytes) -> Action:
    async def injected(client: ClientSocket, proxy: CuttingProxy) -> None:
        proxy.inject(data)
        for _ in range(1000):
            await client.emit_with_ack("echo", 1)

    return injected


async def _give_up_a_call(client: ClientSocket, _: CuttingProxy) -> None:
    call = asyncio.ensure_future(client.emit_with_ack("echo", 1))
    await asyncio.sleep(0)
    call.cancel()
    await call


async def _crash(client: ClientSocket, proxy: CuttingProxy) -> None:
    proxy.end_all()
    await client.emit_with_ack("echo", 1)


CONNECTED: Final[dict[str, tuple[Action, type[BaseException], str]]] = {
    "a large event comes": (_receive_a_large_event, DisconnectedError, "large|max_message"),
    "large bytes are sent": (
        _send_a_large_event,
        InvalidPayloadError,
        "at most 1000000.*maxPayload",
    ),
    "large text is sent": (_send_a_large_text, InvalidPayloadError, "at most 1000000.*maxPayload"),
    "the connection is reset": (_crash, DisconnectedError, "transport (close|error): ."),
    "a call is cancelled": (_give_up_a_call, asyncio.CancelledError, ""),
}
OVER_WEBSOCKET: Final[dict[str, tuple[Action, type[BaseException], str]]] = {
    "no Engine.IO packet": (_inject(b"\x81\x01x"), DisconnectedError, "parse error: .*packet type"),
    "no Socket.IO packet": (_inject(b"\x81\x0449[]"), DisconnectedError, "parse error: .*packet"),
    "no JSON": (_inject(b"\x81\x0542{x}"), DisconnectedError, "parse error: ."),
    "reserved opcode": (_inject(b"\x83\x00"), DisconnectedError, "transport error: ."),
    "no UTF-8": (_inject(b"\x81\x02\xff\xfe"), DisconnectedError, "transport error: ."),
}
CASES: Final = [
    *((name, case, mode) for name, case in CONNECTED.items() for mode in TRANSPORTS),
    *((name, case, "websocket") for name, case in OVER_WEBSOCKET.items()),
]


@pytest.mark.parametrize(
    ("name", "case", "transport"), CASES, ids=[f"{c[0]}-{c[2]}" for c in CASES]
)
def test_a_failure_of_a_connection_is_told_and_the_next_call_works(
    peer: Peer,
    name: str,
    case: tuple[Action, type[BaseException], str],
    transport: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    act, kind, words = case

    async def scenario() -> None:
        async with CuttingProxy(peer.port) as proxy:
            client = Manager(
                proxy.url, max_message=1_000_000, **QUICK, **TRANSPORTS[transport]
            ).socket()
            reasons: list[tuple[str, str | None]] = []

            @client.on("disconnect")
            def _(reason: str, description: str | None) -> None:
                reasons.append((reason, description))

            async with client:
                async with asyncio.timeout(5):
                    with pytest.raises(kind, match=f"(?s){words}") as caught:
                        await act(client, proxy)
                async with asyncio.timeout(10):
                    assert await client.emit_with_ack("echo", 1) == 1
            if isinstance(caught.value, DisconnectedError):
                assert reasons[0][0] == caught.value.reason
                assert str(reasons[0][1]) in str(caught.value)

    run_alone(scenario, caplog)


@pytest.mark.parametrize("turns", [0, 1, 3, 10, 30])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_cancelled_connect_leaves_nothing_and_the_next_works(
    peer: Peer, transport: str, turns: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        client = Manager(peer.url, **TRANSPORTS[transport]).socket()
        connecting = asyncio.ensure_future(client.connect())
        for _ in range(turns):
            await asyncio.sleep(0.0005)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await works(client)

    run_alone(scenario, caplog)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_handler_that_raises_or_is_slow_is_answered_for_and_ends_nothing(
    peer: Peer, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with Manager(peer.url, **TRANSPORTS[transport]).socket() as client:
            slow = asyncio.Event()

            @client.on("question", concurrent=True)
            async def question(what: str) -> str:  # pyright: ignore[reportUnusedFunction]  # registered
                if what == "slow":
                    await slow.wait()
                elif what == "bad":
                    raise LookupError("a secret")
                return what

            late = asyncio.ensure_future(client.emit_with_ack("ask", "slow"))
            failure = await client.emit_with_ack("ask", "bad")
            assert failure["error"]["code"] == "internal"
            assert "secret" not in str(failure)
            assert await client.emit_with_ack("ask", "good") == "good"
            slow.set()
            assert await late == "slow"

    with pytest.raises(AssertionError, match="question"):  # the crash is logged, nothing else
        run_alone(scenario, caplog)
