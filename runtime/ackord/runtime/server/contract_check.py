"""Whether a client was generated from the contract that describes a namespace.

Clients that announce no contract are let in: plain Socket.IO clients do, and generated ones with
``announce_contract=False``. A client that announces contracts, and none that describes the
namespace, is refused. One with another major version is let in, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.protocol.socketio.error_acks import CONTRACT_MISMATCH
from ackord.runtime.protocol.socketio.values import encode_json
from ackord.runtime.server.contracts import SocketConnection
from ackord.runtime.server.core import NamespaceCore


def check_contract(namespace: NamespaceCore[Any], connection: SocketConnection) -> str:
    """Return the payload of CONNECT_ERROR for a client of another contract, or nothing; log that,
    and another major version.
    """
    served = namespace.registrations.contracts
    announced = connection.announced
    if not served or not announced:
        return ""
    request, log = connection.engine.request, namespace.environment.log
    who = f"A client at {quoted(request.address)}"
    name = namespace.name if namespace.parent is None else namespace.parent.name
    theirs = [announced[contract] for contract in served if contract in announced]
    if not theirs:
        log.write_warning(
            "contract_mismatch",
            (name, tuple(announced)),
            f"{who} has the contract {describe(announced.values())}, and namespace {quoted(name)} "
            f"belongs to {describe(served.values())}: it is refused.",
            client=request.client,
        )
        return _refusal(served.values())
    for contract in theirs:
        ours = served[contract.name]
        if contract.major != ours.major:
            log.write_warning(
                "contract_version",
                (contract.name, contract.version),
                f"{who} has the contract {describe([contract])}, and this server has "
                f"{describe([ours])}: what changed in between may be refused.",
                client=request.client,
            )
    return ""


def describe(contracts: Iterable[ContractName]) -> str:
    """Name contracts for the log."""
    return quoted(", ".join(map(str, contracts)), 200)


def find_announced(
    namespace: NamespaceCore[Any], connection: SocketConnection
) -> ContractName | None:
    """Return the contract that a client shares with a namespace, in the client's version."""
    announced = connection.announced
    served = namespace.registrations.contracts
    return next((announced[name] for name in served if name in announced), None)


def _refusal(served: Iterable[ContractName]) -> str:
    contracts = [str(contract) for contract in served]
    return encode_json(
        {
            "message": "The namespace belongs to another contract than the client: "
            + ", ".join(contracts),
            "data": {"code": CONTRACT_MISMATCH, "data": {"contracts": contracts}},
        }
    )
