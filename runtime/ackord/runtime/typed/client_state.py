"""What generated clients of both kinds tell of their connection."""

from __future__ import annotations

from ackord.runtime.client import ClientSocket
from ackord.runtime.protocol.socketio.contract_names import ContractName


class ClientState:
    """The state of a client; it can be asked from any thread."""

    def __init__(self, socket: ClientSocket) -> None:
        self.__socket = socket

    @property
    def connected(self) -> bool:
        """Whether the namespace is joined."""
        return self.__socket.connected

    @property
    def active(self) -> bool:
        """Whether the namespace is joined, or somebody tries to: `connect`, or the manager after a
        lost connection.
        """
        return self.__socket.active

    @property
    def sid(self) -> str | None:
        """The public id of this connection, given by the server; `None` while there is none."""
        return self.__socket.id

    @property
    def recovered(self) -> bool:
        """Whether the latest connection has recovered the session of the one before, so that no
        event was missed.
        """
        return self.__socket.recovered

    @property
    def server_contract(self) -> ContractName | None:
        """The contract by which the server serves the namespace, and its version there; `None` if
        the server doesn't say so, as others than Ackord's, or before it was asked.
        """
        return self.__socket.server_contract
