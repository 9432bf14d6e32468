"""The client that blocks, as `ackord generate` makes it, against the example's server in memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import pytest
from ackord.runtime.errors import (
    AckordError,
    DisconnectedError,
    EventTimeoutError,
    InvalidPayloadError,
    UsageError,
)
from ackord.runtime.server import Server
from ackord.runtime.testing import Link
from typing_extensions import override

from examples.chat.contract import (
    ChatAuth,
    ChatClientSync,
    ChatConnectRefusedError,
    ChatHandlers,
    JoinAck,
    Message,
    NameTaken,
    NotInRoom,
    RoomName,
    SendMessageAck,
    TextBody,
    UserName,
)
from examples.chat.server import Chat

LOBBY: Final = RoomName("lobby")


@pytest.fixture
def link() -> Link:
    server = Server()
    server.register(Chat())
    return Link(server)


def client_of(link: Link, name: str, handlers: ChatHandlers | None = None) -> ChatClientSync:
    auth = ChatAuth(name=UserName(name))
    return ChatClientSync("http://test", auth=auth, handlers=handlers, connector=link)


@contextmanager
def joined(link: Link, name: str) -> Generator[ChatClientSync]:
    with client_of(link, name) as chat:
        assert isinstance(chat.join(LOBBY), JoinAck)
        yield chat


def say(chat: ChatClientSync, text: str) -> None:
    assert isinstance(chat.send_message(LOBBY, TextBody(text=text)), SendMessageAck)


def text_of(message: Message) -> str:
    assert isinstance(message.body, TextBody)
    return message.body.text


def test_methods_block_and_answer(link: Link) -> None:
    with client_of(link, "ada") as chat:
        assert (chat.connected, chat.active, chat.recovered) == (True, True, False)
        assert chat.sid is not None
        assert chat.send_message(LOBBY, TextBody(text="hi")) == NotInRoom(room=LOBBY)
        assert isinstance(chat.join(LOBBY), JoinAck)
        assert chat.rooms() == {"lobby": 1}
        chat.typing(LOBBY)
        with pytest.raises(InvalidPayloadError):
            chat.join(RoomName(""))
    assert not chat.connected
    with pytest.raises(DisconnectedError, match=r"isn't connected: .* without `await`"):
        chat.rooms()
    with chat:
        assert chat.rooms() == {}


def test_events_come_to_handlers_to_loops_and_to_who_waits(link: Link) -> None:
    with joined(link, "ada") as ada, joined(link, "bob") as bob:
        stream = bob.on_message_posted.stream()
        say(ada, "one")
        say(ada, "two")
        assert [text_of(next(stream)) for _ in range(2)] == ["one", "two"]
        assert stream.gaps == 0
        with pytest.raises(EventTimeoutError):
            bob.on_message_posted.next(timeout=0.01)
        with ThreadPoolExecutor() as pool:
            texts = pool.submit(lambda: [text_of(each) for each in bob.on_message_posted])
            seen = pool.submit(bob.on_message_posted.next, timeout=None)
            while not seen.done():
                say(ada, "three")
            assert text_of(seen.result()) == "three"
            bob.disconnect()
            assert set(texts.result()) == {"three"}


def test_a_plain_handler_may_block_and_call_the_client(link: Link) -> None:
    told = threading.Event()
    texts: list[str] = []

    class Handlers(ChatHandlers):
        @override
        def on_message_posted(self, message: Message) -> None:
            assert bob.rooms() == {"lobby": 2}
            texts.append(text_of(message))

        @override
        def on_connect(self) -> None:
            texts.append("connected")

        @override
        def on_still_there(self, question: str) -> bool:
            return bob.connected

    bob = client_of(link, "bob", Handlers())
    with bob, joined(link, "ada") as ada:
        assert isinstance(bob.join(LOBBY), JoinAck)

        @bob.on_message_posted
        def _(message: Message) -> None:
            if text_of(message) == "end":
                told.set()

        with ThreadPoolExecutor() as pool:
            # The server asks who holds a name whether somebody is still there.
            other = pool.submit(client_of(link, "bob").connect)
            for text in ("one", "end"):
                say(ada, text)
            assert told.wait(10)
            with pytest.raises(ChatConnectRefusedError) as refused:
                other.result()
            assert refused.value.error == NameTaken(name=UserName("bob"))
        with pytest.raises(UsageError, match="has a handler already"):
            bob.on_still_there(lambda _: True)
    assert texts[0] == "connected"


def test_a_coroutine_handler_runs_in_the_loop_and_may_not_block_it(link: Link) -> None:
    errors: list[AckordError] = []
    done = threading.Event()
    with joined(link, "ada") as ada, joined(link, "bob") as bob:

        @bob.on_message_posted
        async def _(message: Message) -> None:
            try:
                bob.rooms()
            except UsageError as error:
                errors.append(error)
            done.set()

        say(ada, "hi")
        assert done.wait(10)
    assert "declare the handler as a plain `def`" in str(errors[0])


def test_hooks_are_decorators_too(link: Link) -> None:
    told: list[Any] = []
    left = threading.Event()
    chat = client_of(link, "ada")
    chat.on_connect(lambda: told.append("connected"))
    chat.on_connect_error(told.append)
    chat.on_reconnect_attempt(told.append)

    @chat.on_disconnect
    def _(reason: str) -> None:
        told.append(reason)
        left.set()

    with chat:
        pass
    assert left.wait(10)
    assert told == ["connected", "io client disconnect"]


def test_a_client_is_used_from_many_threads(link: Link) -> None:
    with joined(link, "ada") as ada, ThreadPoolExecutor(8) as pool:
        bodies = [TextBody(text=str(number)) for number in range(200)]
        results = list(pool.map(ada.send_message, [LOBBY] * 200, bodies))
    ids = [each.id for each in results if isinstance(each, SendMessageAck)]
    assert sorted(ids) == list(range(1, 201))


PROGRAM: Final = """
import os, sys, threading
from ackord.runtime.errors import UsageError
from ackord.runtime.server import Server
from ackord.runtime.testing import Link
from examples.chat.contract import ChatAuth, ChatClientSync
from examples.chat.server import Chat

server = Server()
server.register(Chat())
link = Link(server)
chat = ChatClientSync("http://test", auth=ChatAuth(name="ada"), connector=link)
chat.on_disconnect(lambda reason: print(reason, flush=True))
chat.connect()
"""


@pytest.mark.parametrize(
    ("rest", "printed"),
    [
        # The program ends without `disconnect`.
        ("", ["io client disconnect"]),
        ("raise SystemExit(0)", ["io client disconnect"]),
        (
            """
if os.fork() == 0:
    try:
        chat.rooms()
    except UsageError as error:
        print("fork" in str(error), flush=True)
    other = Server()
    other.register(Chat())
    with ChatClientSync("http://test", auth=ChatAuth(name="bob"), connector=Link(other)) as bob:
        print(bob.rooms(), flush=True)
    sys.exit(0)
os.wait()
print(chat.rooms(), flush=True)
""",
            ["True", "{}", "{}", "io client disconnect"],
        ),
        (
            """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    chat.on_message_posted.next(timeout=None)
except KeyboardInterrupt:
    print(chat.rooms(), flush=True)
""",
            ["{}", "io client disconnect"],
        ),
    ],
    ids=["left open", "exit", "fork", "interrupted"],
)
def test_a_program_that_ends_forks_or_is_interrupted(rest: str, printed: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM + rest],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.stdout.split("\n")[:-1], done.stderr, done.returncode) == (printed, "", 0)
