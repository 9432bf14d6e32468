"""The events by which servers and clients of a contract agree on the end of an authentication.

Both are plain events, so that a client of another implementation can send the one, and ignore the
other. A client renews its authentication by ``ackord:refresh_auth`` with the payload of CONNECT as
its argument, and an acknowledgement; the contract declares it like any other event. A server that
ends a connection whose authentication is over sends ``ackord:auth_expired``, then DISCONNECT, which
can't say why.
"""

from __future__ import annotations

from typing import Final

from ackord.runtime.protocol.socketio.event import EncodedEvent

AUTH_EXPIRED: Final = "auth_expired"
"""The code of a refused connection, and the reason of one that was ended."""

AUTH_EXPIRED_EVENT: Final = EncodedEvent("ackord:auth_expired", '["ackord:auth_expired"]', ())
