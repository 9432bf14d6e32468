"""The uvicorn of one worker."""

from __future__ import annotations

import asyncio
import signal
import socket as sockets
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

import uvicorn
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn.host import Host
from ackord.runtime.hosting.uvicorn.sharing import SharedFactory, SharedFirstBytes
from ackord.runtime.hosting.workers.handover import HandoverServer
from ackord.runtime.hosting.workers.seat import Seat
from typing_extensions import override


class WorkerHost(Host):
    """A host that listens where its parent says, takes connections from the other workers, and
    stops when its parent says so.
    """

    def __init__(
        self, config: uvicorn.Config, engine_app: AsgiApp, seat: Seat, factory: SharedFactory
    ) -> None:
        super().__init__(config, engine_app)
        self._seat = seat
        self._factory = factory
        self._balance = factory.sharing.balance
        self._balance.watch(self.server_state.connections)
        self._handovers: HandoverServer | None = None

    @override
    async def shutdown(self, sockets: list[sockets.socket] | None = None) -> None:
        self._balance.end()
        try:
            await super().shutdown(sockets)
        finally:
            # Until the last session has ended, its requests may come by way of other workers.
            if self._handovers is not None:
                self._handovers.close()

    @override
    def _announce(self) -> None:
        path = self._seat.handover_path(self._seat.number)
        self._handovers = HandoverServer(path, self._adopt, self._balance)
        self._seat.tell_ready(self._line)

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        # The parent passes Ctrl-C on, which the terminal sends to all processes.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self.handle_exit)
        yield

    def _adopt(self, connection: sockets.socket, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._accept(loop, connection, data))
        self.server_state.tasks.add(task)
        task.add_done_callback(self.server_state.tasks.discard)

    async def _accept(
        self, loop: asyncio.AbstractEventLoop, connection: sockets.socket, data: bytes
    ) -> None:
        made = self._factory(self.config, self.server_state, self.lifespan.state, loop)
        first = cast("SharedFirstBytes", made)
        first.arrive_with(data)
        try:
            await loop.connect_accepted_socket(lambda: first, connection)
        except OSError:  # the client has gone meanwhile
            connection.close()
        finally:
            self._balance.end_arrival()
