"""What a server answers to CONNECT."""

from __future__ import annotations

from typing import Any, NamedTuple

from ackord.runtime.errors import ConnectRefusedError, ProtocolError
from ackord.runtime.protocol.socketio.contract_names import (
    PARAMETER,
    ContractName,
    parse_contract_name,
)
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError
from ackord.runtime.sockets.payloads import decode_json, decode_object


class Welcome(NamedTuple):
    """The payload of CONNECT."""

    sid: str
    """The socket's public id."""
    pid: Any
    """The private id, where the server keeps what lost clients miss."""
    contract: ContractName | None
    """The contract by which the server serves the namespace, where it says so."""


def read_welcome(payload: str) -> Welcome | ProtocolError:
    """Return what the server says to who has joined, or what is wrong with it.

    Raises:
        MalformedPayloadError: it isn't a JSON object.
    """
    members = decode_object(payload)
    match members.get("sid"):
        case str(sid) if sid:
            contract = parse_contract_name(members.get(PARAMETER))
            return Welcome(sid, members.get("pid"), contract)
        case _:
            # The reference's hint: only Socket.IO 2.x answers without a sid.
            return ProtocolError(
                "the server answered CONNECT without a sid: it seems to speak Socket.IO 2.x"
            )


def read_refusal(payload: str) -> ConnectRefusedError:
    """Return what a CONNECT_ERROR says; a mere string is one, too.

    Raises:
        MalformedPayloadError: it has no message.
    """
    content: Any = decode_json(payload)
    match content:
        case {"message": str(message)}:
            return ConnectRefusedError(message, content.get("data"))
        case str(message):
            return ConnectRefusedError(message)
        case _:
            raise MalformedPayloadError("CONNECT_ERROR must be an object with a message")
