"""What ``ackord call`` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from ackord.runtime.cli.outcome import ERROR_ANSWERED, FAILED, INTERRUPTED, fail, say
from ackord.runtime.cli.peer import Peer, run
from ackord.runtime.cli.sending import TIMEOUT, OutgoingEvent, prepare
from ackord.runtime.cli.values import check_stdin, read_arguments, show, write_line
from ackord.runtime.engine.client_options import TransportName
from ackord.runtime.errors import AckordError, InvalidAckError


def send_call(
    url: str,
    namespace: str,
    name: str,
    arguments: Sequence[str],
    *,
    wants_ack: bool,
    timeout: float | None,
    contract: Path | None,
    auth: str | None,
    headers: Sequence[str],
    query: Sequence[str],
    path: str,
    transports: Sequence[TransportName],
) -> None:
    """Send one event, and print what the server answers."""
    check_stdin([*arguments, auth])
    values = read_arguments(arguments)
    peer = Peer(
        url,
        namespace,
        auth=auth,
        headers=headers,
        query=query,
        path=path,
        transports=transports,
        timeout=timeout or TIMEOUT,
        contract=contract,
        reconnection=False,
    )
    event = prepare(peer, name, values, wants_ack=wants_ack, timeout=timeout)
    run(_exchange(peer, event), interrupted=INTERRUPTED)


async def _exchange(peer: Peer, event: OutgoingEvent) -> None:
    """Send the event, and print the acknowledgement if it asks for one."""
    try:
        await peer.connect()
        answer = await event.send(peer.socket)
    except AckordError as error:
        peer.fail(error)
    finally:
        await peer.socket.disconnect()
    if answer is None:
        return
    values = answer.values
    write_line(show(values[0] if len(values) == 1 else values or None))
    try:
        is_failure = answer.is_error
    except InvalidAckError as error:
        fail(f"the answer isn't as declared: {error}", FAILED)
    if is_failure:
        say(f"the server answered with the error {answer.error}")
        raise click.exceptions.Exit(ERROR_ANSWERED)
