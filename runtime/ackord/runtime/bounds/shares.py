"""Fair shares for clients in anything that has one bound for all of them: handshakes, connections,
namespaces, absent clients, tasks of hooks.

Each item belongs to a client: a text that stands for its address (`TrustedProxies.identify`), or
`NOBODY` if the address may belong to many clients. The rules, for a bound on the number of all
items:

- Up to half of the bound the address doesn't matter.
- `Shares.is_greedy`: a client has more items than its *fair share*, which is half of the bound
  divided by the number of clients, at least one.
- `Shares.find_victim`: the item that is removed first. The oldest item of the client with the most
  items, if that client is greedy; else the oldest item of `NOBODY`; else the oldest item of the
  client with the most items all the same.
- `Shares.has_room`: for items that can't be removed. From half of the bound on, a client may add
  one more only if it has less than a quarter of the remaining room, so that some room is left for
  the next client.

Every operation takes constant time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

NOBODY: Final = ""
"""The client of items whose address may belong to many clients: a proxy's, for example."""
_LEFT_FOR_OTHERS: Final = 4

ItemT = TypeVar("ItemT", bound=Hashable)


class Shares(Generic[ItemT]):
    """Items with a bound on their number, by client, in the order in which they were added; `None`
    can't be an item.
    """

    __slots__ = ("_by_client", "_by_count", "_clients", "_most", "bound")

    def __init__(self, bound: int) -> None:
        """Take the bound; `add` doesn't check it, the caller does."""
        self.bound = bound
        self._clients: dict[ItemT, str] = {}
        # Most clients have one item, which needs no dict. An ordered dict, because in a plain one
        # the first key takes longer to find the more keys before it were deleted.
        self._by_client: dict[str, ItemT | OrderedDict[ItemT, None]] = {}
        self._by_count: dict[
            int, OrderedDict[str, None]
        ] = {}  # clients by their number of items, without `NOBODY`
        self._most = 0  # the largest key of `_by_count`

    def __len__(self) -> int:
        return len(self._clients)

    def __contains__(self, item: ItemT) -> bool:
        return item in self._clients

    @property
    def is_full(self) -> bool:
        """Whether the bound is reached."""
        return len(self._clients) >= self.bound

    @property
    def is_half_full(self) -> bool:
        """Whether half of the bound is reached, from which on the address matters."""
        return 2 * len(self._clients) >= self.bound

    def client_of(self, item: ItemT) -> str:
        """Return the client of an item."""
        return self._clients[item]

    def count(self, client: str) -> int:
        """Return the number of items of a client."""
        items = self._by_client.get(client)
        if items is None:
            return 0
        return len(items) if isinstance(items, OrderedDict) else 1

    def add(self, item: ItemT, client: str) -> None:
        """Add an item; it is the newest one, also if it was there before."""
        if item in self._clients:
            self.remove(item)
        self._clients[item] = client
        items = self._by_client.get(client)
        if items is None:
            self._by_client[client] = item
        elif isinstance(items, OrderedDict):
            items[item] = None
        else:
            self._by_client[client] = OrderedDict(((items, None), (item, None)))
        if client != NOBODY:
            count = self.count(client)
            self._move(client, count - 1, count)

    def remove(self, item: ItemT) -> bool:
        """Remove an item; return whether it was there."""
        client = self._clients.pop(item, None)
        if client is None:
            return False
        items = self._by_client[client]
        if isinstance(items, OrderedDict) and len(items) > 1:
            del items[item]
        else:
            del self._by_client[client]
        if client != NOBODY:
            count = self.count(client)
            self._move(client, count + 1, count)
        return True

    def clear(self) -> None:
        """Remove all items."""
        self._clients.clear()
        self._by_client.clear()
        self._by_count.clear()
        self._most = 0

    def is_greedy(self, client: str) -> bool:
        """Whether a client has more than its fair share; false for `NOBODY`."""
        if client == NOBODY:
            return False
        clients = len(self._by_client) - (NOBODY in self._by_client)
        return self.count(client) > max(1, self.bound // (2 * max(1, clients)))

    def has_room(self, client: str) -> bool:
        """Whether a client may add one more item that can't be removed."""
        left = self.bound - len(self._clients)
        if left <= 0 or client == NOBODY:
            return left > 0
        return 2 * left > self.bound or self.count(client) < max(1, left // _LEFT_FOR_OTHERS)

    def find_greediest(self) -> ItemT | None:
        """Return the oldest item of the client with the most items, if it has more than its fair
        share.
        """
        client = self._find_client()
        return self.find_oldest(client) if client is not None and self.is_greedy(client) else None

    def find_oldest(self, client: str) -> ItemT | None:
        """Return the oldest item of a client."""
        items = self._by_client.get(client)
        return next(iter(items)) if isinstance(items, OrderedDict) else items

    def find_victim(self) -> ItemT | None:
        """Return the item that is removed first, see above."""
        client = self._find_client()
        if client is None or (NOBODY in self._by_client and not self.is_greedy(client)):
            return self.find_oldest(NOBODY)
        return self.find_oldest(client)

    def _find_client(self) -> str | None:
        """Return the client with the most items; of several, the one that has had as many for
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
