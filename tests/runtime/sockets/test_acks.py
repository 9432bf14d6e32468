"""The table of acknowledgements: how each entry ends, and that nothing of it stays."""

from __future__ import annotations

import asyncio

from ackord.runtime.errors import AckordError, AckTimeoutError, DisconnectedError
from ackord.runtime.sockets.acks import AckReply, PendingAcks
from ackord.runtime.testing import run


async def no_timer_is_left() -> None:
    outcomes: list[AckReply | AckordError] = []
    acks = PendingAcks()
    acks.expect(1, outcomes.append, timeout=5)
    acks.expect(2, outcomes.append, timeout=5)
    acks.expect(3, outcomes.append, timeout=5)
    assert acks.receive(1, "[]", ())
    acks.discard(2)
    timers = [timer for _, timer in acks._entries.values() if timer is not None]  # pyright: ignore[reportPrivateUsage]
    acks.fail_all(lambda: DisconnectedError("over"))
    assert len(acks) == 0
    assert [timer.cancelled() for timer in timers] == [True]
    await asyncio.sleep(10)
    assert [type(outcome) for outcome in outcomes] == [tuple, DisconnectedError]
    assert not acks.receive(3, "[]", ())


def test_the_end_of_a_connection_settles_what_is_awaited_and_leaves_neither_entry_nor_timer() -> (
    None
):
    run(no_timer_is_left())


async def a_settled_entry_expects_again() -> None:
    acks = PendingAcks(limit=1)
    outcomes: list[AckReply | AckordError] = []

    def again(outcome: AckReply | AckordError) -> None:
        outcomes.append(outcome)
        if len(outcomes) == 1:
            acks.expect(2, outcomes.append, timeout=1)

    acks.expect(1, again)
    acks.fail_all(lambda: DisconnectedError("over"))
    assert len(acks) == 1
    await asyncio.sleep(2)
    assert [type(outcome) for outcome in outcomes] == [DisconnectedError, AckTimeoutError]


def test_who_hears_of_the_end_may_wait_for_another_acknowledgement_at_once() -> None:
    run(a_settled_entry_expects_again())
