"""What belongs to all clients together, shared among them: handshakes, connections, namespaces,
absent clients, tasks of hooks.

Each member belongs to a client: the text that stands for its address (`TrustedProxies.identify`),
or `NOBODY` where the address tells nothing. The rules, for a bound on the number of all members:

- Up to half of the bound nobody is refused or loses anything because of its address.
- `Shares.is_greedy`: a client holds more than its fair share, which is half of the bound divided by
  the number of clients, at least one.
- `Shares.find_victim`: the member that goes first. The oldest one of the client with the most
  members, if that one is greedy; else the oldest one of those whose addresses tell nothing; else
  the oldest one of the client with the most members all the same.
- `Shares.has_room`: for members that can't be taken from their clients again. From half of the
  bound on, a client may take one more only if it has less than a quarter of what is left, so that
  some is left for the next client.

All of it takes the same time for any number of members and clients.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

NOBODY: Final = ""
"""The client of members whose address doesn't tell who it is: a proxy's, for example."""
_LEFT_FOR_OTHERS: Final = 4

MemberT = TypeVar("MemberT", bound=Hashable)


class Shares(Generic[MemberT]):
    """Members of one bounded whole, by client, in the order in which they came; `None` is no
    member.
    """

    __slots__ = ("_by_client", "_by_count", "_clients", "_most", "bound")

    def __init__(self, bound: int) -> None:
        """Take how many members there may be; whoever adds some asks before."""
        self.bound = bound
        self._clients: dict[MemberT, str] = {}
        # Most clients have one member, which needs no dict; an ordered one, because a plain dict's
        # first key takes
        # longer to find the more keys before it were deleted.
        self._by_client: dict[str, MemberT | OrderedDict[MemberT, None]] = {}
        self._by_count: dict[
            int, OrderedDict[str, None]
        ] = {}  # the clients that have so many, `NOBODY` left out
        self._most = 0  # the largest key of `_by_count`

    def __len__(self) -> int:
        return len(self._clients)

    def __contains__(self, member: MemberT) -> bool:
        return member in self._clients

    @property
    def is_full(self) -> bool:
        """Whether there are as many members as there may be."""
        return len(self._clients) >= self.bound

    @property
    def is_half_full(self) -> bool:
        """Whether addresses count from now on."""
        return 2 * len(self._clients) >= self.bound

    def client_of(self, member: MemberT) -> str:
        """Return whose a member is."""
        return self._clients[member]

    def count(self, client: str) -> int:
        """Return how many members a client has."""
        members = self._by_client.get(client)
        if members is None:
            return 0
        return len(members) if isinstance(members, OrderedDict) else 1

    def add(self, member: MemberT, client: str) -> None:
        """Take a member in; it is the newest one, also if it was there before."""
        if member in self._clients:
            self.remove(member)
        self._clients[member] = client
        members = self._by_client.get(client)
        if members is None:
            self._by_client[client] = member
        elif isinstance(members, OrderedDict):
            members[member] = None
        else:
            self._by_client[client] = OrderedDict(((members, None), (member, None)))
        if client != NOBODY:
            count = self.count(client)
            self._move(client, count - 1, count)

    def remove(self, member: MemberT) -> bool:
        """Let a member go, and tell whether it was there."""
        client = self._clients.pop(member, None)
        if client is None:
            return False
        members = self._by_client[client]
        if isinstance(members, OrderedDict) and len(members) > 1:
            del members[member]
        else:
            del self._by_client[client]
        if client != NOBODY:
            count = self.count(client)
            self._move(client, count + 1, count)
        return True

    def clear(self) -> None:
        """Let all members go."""
        self._clients.clear()
        self._by_client.clear()
        self._by_count.clear()
        self._most = 0

    def is_greedy(self, client: str) -> bool:
        """Tell whether a client has more than its fair share; `NOBODY` hasn't."""
        if client == NOBODY:
            return False
        clients = len(self._by_client) - (NOBODY in self._by_client)
        return self.count(client) > max(1, self.bound // (2 * max(1, clients)))

    def has_room(self, client: str) -> bool:
        """Tell whether a client may have one more member, where no other one can be taken away for
        it.
        """
        left = self.bound - len(self._clients)
        if left <= 0 or client == NOBODY:
            return left > 0
        return 2 * left > self.bound or self.count(client) < max(1, left // _LEFT_FOR_OTHERS)

    def find_greediest(self) -> MemberT | None:
        """Return the oldest member of the client that has the most, if that is more than its fair
        share.
        """
        client = self._find_client()
        return self.find_oldest(client) if client is not None and self.is_greedy(client) else None

    def find_oldest(self, client: str) -> MemberT | None:
        """Return the oldest member of a client."""
        members = self._by_client.get(client)
        return next(iter(members)) if isinstance(members, OrderedDict) else members

    def find_victim(self) -> MemberT | None:
        """Return the member that goes first."""
        client = self._find_client()
        if client is None or (NOBODY in self._by_client and not self.is_greedy(client)):
            return self.find_oldest(NOBODY)
        return self.find_oldest(client)

    def _find_client(self) -> str | None:
        """Return the client that has the most; among several the one that has had as many for
        longest.
        """
        return next(iter(self._by_count[self._most])) if self._most else None

    def _move(self, client: str, before: int, now: int) -> None:
        if before:
            clients = self._by_count[before]
            del clients[client]
            if not clients:
                del self._by_count[before]
                if self._most == before:
                    self._most = now if now > before else before - 1
        if now:
            self._by_count.setdefault(now, OrderedDict())[client] = None
            self._most = max(self._most, now)
