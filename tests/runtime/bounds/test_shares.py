"""How members of a bounded whole are shared among clients, compared with the same rules written
down without care for their cost.
"""

from __future__ import annotations

from collections import Counter

from ackord.runtime.bounds.shares import NOBODY, Shares
from hypothesis import given
from hypothesis import strategies as st

CLIENTS = (NOBODY, "a", "b", "c")
STEPS = st.lists(st.tuples(st.integers(0, 12), st.none() | st.sampled_from(CLIENTS)), max_size=60)


class Slow:
    """The rules over a plain list, the oldest member first."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.members: list[tuple[int, str]] = []
        self.reached: list[
            str
        ] = []  # clients, those first that have had their present count for longest

    def put(self, member: int, client: str | None) -> None:
        former = [each for number, each in self.members if number == member]
        self.members = [each for each in self.members if each[0] != member]
        if client is not None:
            self.members.append((member, client))
        for changed in [*former, client]:
            if changed is not None:
                self.reached = [each for each in self.reached if each != changed] + [changed]

    def oldest(self, client: str | None) -> int | None:
        return next((number for number, each in self.members if each == client), None)

    @property
    def counts(self) -> Counter[str]:
        return Counter(client for _, client in self.members if client != NOBODY)

    def greediest(self) -> str | None:
        most = max(self.counts.values(), default=0)
        return next(
            (
                client
                for client in self.reached
                if client != NOBODY and self.counts[client] == most > 0
            ),
            None,
        )

    def is_greedy(self, client: str | None) -> bool:
        return client is not None and self.counts[client] > max(
            1, self.bound // 2 // max(1, len(self.counts))
        )

    def victim(self) -> int | None:
        client = self.greediest()
        nobody = self.oldest(NOBODY)
        return nobody if nobody is not None and not self.is_greedy(client) else self.oldest(client)


@given(st.integers(1, 12), STEPS)
def test_the_rules_hold_for_any_members_of_any_clients(
    bound: int, steps: list[tuple[int, str | None]]
) -> None:
    shares: Shares[int] = Shares(bound)
    slow = Slow(bound)
    for member, client in steps:
        if client is None:
            assert shares.remove(member) is any(member == number for number, _ in slow.members)
        else:
            shares.add(member, client)
        slow.put(member, client)
        assert len(shares) == len(slow.members)
        assert shares.is_full is (len(slow.members) >= bound)
        assert shares.is_half_full is (len(slow.members) >= bound / 2)
        assert shares.find_victim() == slow.victim()
        greediest = slow.greediest()
        assert shares.find_greediest() == (
            slow.oldest(greediest) if slow.is_greedy(greediest) else None
        )
        for each in CLIENTS:
            assert shares.is_greedy(each) is slow.is_greedy(each)
            assert shares.count(each) == sum(each == owner for _, owner in slow.members)
            assert shares.find_oldest(each) == slow.oldest(each)


def test_of_what_is_never_taken_back_something_is_left_for_each_client() -> None:
    shares: Shares[int] = Shares(10_000)
    number = 0
    taken: list[int] = []
    for client in [f"greedy {index}" for index in range(20)]:
        while shares.has_room(client):
            shares.add(number := number + 1, client)
        taken.append(shares.count(client))
    assert taken[:3] == [5000, 1000, 800]
    assert shares.has_room("newcomer")
    while shares.has_room(NOBODY):
        shares.add(number := number + 1, NOBODY)
    assert len(shares) == shares.bound
    assert not shares.has_room("newcomer")
