"""The exceptions of the runtime; other modules derive their own from these.

::

    AckordError
    ├── UsageError               this program used the API wrongly
    │   ├── ReservedEventError       a reserved event name was emitted or listened for
    │   ├── InvalidPayloadError      a value to be sent doesn't fit its declared type, or JSON
    │   └── ContractVersionError     generated code and installed runtime don't fit together
    ├── PeerError                the other side did or said something
    │   ├── ProtocolError            it broke the protocol (Engine.IO or Socket.IO)
    │   ├── ConnectRefusedError      it answered CONNECT with CONNECT_ERROR
    │   ├── RemoteError              it answered an event with an error acknowledgement
    │   └── InvalidAckError          its acknowledgement doesn't fit the declared type
    └── NetworkError             neither side is to blame
        ├── AckTimeoutError          no acknowledgement came in time (also a TimeoutError)
        ├── EventTimeoutError        no event came in time (also a TimeoutError)
        ├── DisconnectedError        the connection ended (also a ConnectionError)
        ├── ClusterError             other servers of a cluster weren't reached, or perhaps weren't
        └── SlowConsumerError        more is waiting to be sent than the connection may hold

The pure cores `engineio` and `socketio` raise their own subclasses of `ProtocolError`.
"""

from __future__ import annotations

from typing import Any


class AckordError(Exception):
    """Base of every exception of the runtime."""


class UsageError(AckordError):
    """This program used the API wrongly."""


class ReservedEventError(UsageError):
    """A reserved event name was emitted or listened for."""

    def __init__(self, event: str) -> None:
        super().__init__(f"{event!r} is a reserved event name")
        self.event = event


class InvalidPayloadError(UsageError):
    """A value to be sent doesn't fit its declared type, or can't be written as JSON."""


class ContractVersionError(UsageError):
    """Generated code and the installed runtime don't fit together."""


class PeerError(AckordError):
    """The other side did or said something that ends the operation."""


class ProtocolError(PeerError):
    """The other side broke the protocol; the connection is closed."""


class ConnectRefusedError(PeerError):
    """The server answered CONNECT with CONNECT_ERROR.

    `data` is what the server sent as ``data``, decoded from JSON, or `None`.
    """

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class RemoteError(PeerError):
    """The other side answered an event with an error acknowledgement.

    `data` and `issues` are the decoded JSON members of that name, or `None`.
    """

    def __init__(
        self, code: str, message: str, data: Any = None, issues: list[Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.data = data
        self.issues = issues


class InvalidAckError(PeerError):
    """The acknowledgement doesn't fit the declared type."""


class NetworkError(AckordError):
    """The network, or the lack of time, ended the operation."""


class AckTimeoutError(NetworkError, TimeoutError):
    """No acknowledgement came in time."""


class EventTimeoutError(NetworkError, TimeoutError):
    """No event of the name that a client waits for came in time."""


class DisconnectedError(NetworkError, ConnectionError):
    """The connection ended while, or before, it was needed.

    `reason` is one of the disconnect reasons of Socket.IO, such as ``"transport close"``, where a
    connection has ended, and `None` where there was none.
    """

    def __init__(self, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class ClusterError(NetworkError):
    """The other servers of a cluster weren't reached, or perhaps weren't."""


class SlowConsumerError(NetworkError):
    """More is waiting to be sent than the connection may hold."""
