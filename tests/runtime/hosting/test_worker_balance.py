"""Which worker gets a new client, by the numbers that the workers share."""

from __future__ import annotations

import random

import pytest
from ackord.runtime.hosting.workers.balance import Balance, Loads


class Worker:
    """A worker that keeps the connections that it gets."""

    def __init__(self, loads: Loads, number: int) -> None:
        self.balance = Balance(loads, number)
        self.connections: list[int] = []
        self.balance.watch(self.connections)

    def keep(self) -> None:
        self.connections.append(0)
        self.balance.update()

    def accept(self) -> int | None:
        """Accept a new client; return the worker that it goes to."""
        self.keep()
        owner = self.balance.choose()
        if owner is not None:
            self.balance.send(owner)
        return owner

    def leave(self) -> None:
        self.connections.pop()
        self.balance.end_leaving()

    def arrive(self) -> None:
        self.balance.begin_arrival()
        self.keep()
        self.balance.end_arrival()
        self.balance.update()


@pytest.mark.parametrize("workers", [2, 3, 8])
@pytest.mark.parametrize("are_late", [False, True])
def test_clients_are_spread_whoever_accepts_them(workers: int, are_late: bool) -> None:
    loads = Loads(workers)
    crew = [Worker(loads, number) for number in range(workers)]
    chance = random.Random(workers)  # noqa: S311  # repeatable
    travelling: list[tuple[Worker, int]] = []
    for client in range(100 * workers):
        # The first worker accepts nearly all, as it may be where the system doesn't spread.
        worker = crew[0] if chance.random() < 0.9 else chance.choice(crew)
        owner = worker.accept()
        if owner is not None:
            travelling.append((worker, owner))
        if not are_late or client % 50 == 49:
            for sender, receiver in travelling:
                sender.leave()
                crew[receiver].arrive()
            travelling.clear()
    for number in range(workers):
        assert 90 <= loads.of(number) <= 110
        assert loads.of(number) == len(crew[number].connections)


def test_a_client_stays_where_it_is_if_others_have_about_as_many() -> None:
    loads = Loads(2)
    here, there = Worker(loads, 0), Worker(loads, 1)
    for _ in range(40):
        there.keep()
    assert [here.accept() for _ in range(43)] == [None] * 43
    assert here.accept() == 1


def test_a_worker_that_drains_gets_no_new_clients() -> None:
    loads = Loads(2)
    here, there = Worker(loads, 0), Worker(loads, 1)
    there.balance.end()
    assert [here.accept() for _ in range(50)] == [None] * 50
    there.balance.update()
    assert here.accept() is None
    again = Worker(loads, 1)
    assert here.accept() == 1
    assert again.balance.choose() is None


def test_a_worker_that_replaces_another_one_begins_with_nothing() -> None:
    loads = Loads(2)
    here, there = Worker(loads, 0), Worker(loads, 1)
    for _ in range(5):
        here.balance.send(1)
    there.arrive()
    assert loads.of(1) == 5
    again = Worker(loads, 1)
    assert loads.of(1) == 0
    here.balance.send(1)
    again.arrive()
    assert loads.of(1) == 1
