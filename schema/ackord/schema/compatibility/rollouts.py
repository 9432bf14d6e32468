"""How old and new programs meet while a new contract is brought into use.

An old program was generated from the old contract, a new one from the new contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, Literal, TypeAlias, get_args

Rollout: TypeAlias = Literal["old_clients", "old_servers", "other_nodes"]
"""``old_clients``: a new server with old clients; ``old_servers``: new clients with an old server;
``other_nodes``: old and new servers in one cluster.
"""
ROLLOUTS: Final[tuple[Rollout, ...]] = get_args(Rollout)


class Direction(Enum):
    """Who writes a value and who reads it."""

    FORWARD = "an old program writes, a new one reads"
    BACKWARD = "a new program writes, an old one reads"


Reach: TypeAlias = Mapping[Direction, tuple[Rollout, str]]
"""In which rollout a value is written and read in each direction, and what then happens to a value
that the reader can't read.
"""

CLIENT_WRITES: Final[Reach] = {
    Direction.FORWARD: ("old_clients", "a new server refuses what an old client may send"),
    Direction.BACKWARD: ("old_servers", "an old server refuses what a new client may send"),
}
"""Arguments of the events of clients, acknowledgements of the events of servers, `auth` and the
parameters of namespaces.
"""
SERVER_WRITES: Final[Reach] = {
    Direction.FORWARD: ("old_servers", "a new client refuses what an old server may send"),
    Direction.BACKWARD: ("old_clients", "an old client refuses what a new server may send"),
}
"""Arguments of the events of servers, acknowledgements of the events of clients, and errors."""
NODE_WRITES: Final[Reach] = {
    Direction.FORWARD: ("other_nodes", "a new server refuses what an old server may send to it"),
    Direction.BACKWARD: ("other_nodes", "an old server refuses what a new server may send to it"),
}
"""Events between servers, and sessions."""
