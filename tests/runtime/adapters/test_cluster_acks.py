"""Acknowledgements of other servers, in whatever order their messages come."""

from __future__ import annotations

import asyncio
from itertools import permutations

import pytest
from ackord.runtime.adapters.cluster.acks import MAX_EARLY, RemoteAcks
from ackord.runtime.adapters.cluster.messages import Answered, Asked
from ackord.runtime.server.gathering import Gathered, Gathering
from ackord.runtime.sockets.acks import AckReply

Said = tuple[str, Asked | Answered | int]

YES: AckReply = ('["yes"]', [])


def gather(said: list[Said]) -> Gathered[str]:
    """Say what other servers say, and how many they are; return what comes of it."""

    async def main() -> Gathered[str]:
        result: asyncio.Future[Gathered[str]] = asyncio.get_running_loop().create_future()
        gathering = Gathering(
            1, 60, lambda reply: reply[0], result.set_result, lambda _sid, _ack_id: None
        )
        acks = RemoteAcks(gathering)
        for server, message in said:
            match message:
                case Asked():
                    acks.expect(server, message)
                case Answered():
                    acks.settle(server, message)
                case int():
                    acks.await_servers(message)
        assert acks.is_over
        gathering.close()
        return await asyncio.wait_for(result, 0)

    return asyncio.run(main())


@pytest.mark.parametrize(
    "said",
    [
        # Node doesn't name the sockets; the classic adapter doesn't name the servers either.
        [("a", Asked("r", 1)), ("a", Answered("r", YES)), ("b", Asked("r", 0)), ("", 2)],
        [("", Asked("r", 1)), ("", Answered("r", YES)), ("", Asked("r", 0)), ("", 2)],
        [("a", Asked("r", 1, ("s",))), ("a", Answered("r", YES, "s")), ("b", Asked("r", 0)), ("", 2)],
    ],
)  # fmt: skip
def test_an_acknowledgement_may_overtake_who_is_asked(said: list[Said]) -> None:
    for order in permutations(said):
        found = gather(list(order))
        assert list(found.replies.values()) == [YES[0]]
        assert not found.missing
        assert not found.timed_out


def test_what_overtakes_is_bounded() -> None:
    early: list[Said] = [("a", Answered("r", YES))] * (MAX_EARLY + 1)
    rest: list[Said] = [("", 1), ("a", Asked("r", MAX_EARLY + 1)), ("a", Answered("r", YES))]
    assert len(gather([*early, *rest]).replies) == MAX_EARLY + 1
