"""What ``ackord call`` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from ackord.runtime.cli.outcome import ERROR_ANSWERED, FAILED, INTERRUPTED, fail, say
from ackord.runtime.cli.peer import Peer, run
from ackord.runtime.cli.values import check_stdin, read_arguments, show, write_line
from ackord.runtime.engine.client_options import TransportName
from ackord.runtime.errors import AckordError, InvalidAckError
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.payloads import decode_array

_TIMEOUT: Final = 20.0


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
        timeout=timeout or _TIMEOUT,
        contract=contract,
        reconnection=False,
    )
    try:
        encoded = encode_plain_event(name, values)
    except AckordError as error:
        peer.fail(error)
    seconds, looks_like_error = timeout or _TIMEOUT, _looks_like_error
    if peer.described is not None:
        from ackord.runtime.cli.contract import check_arguments, is_error  # noqa: PLC0415

        event = peer.described.find_sent(name)
        check_arguments(event, encoded, len(values))
        wants_ack = wants_ack and event.acked
        seconds, looks_like_error = timeout or event.timeout, partial(is_error, event)
    run(
        _exchange(peer, encoded, seconds if wants_ack else None, looks_like_error),
        interrupted=INTERRUPTED,
    )


async def _exchange(
    peer: Peer, encoded: EncodedEvent, seconds: float | None, is_error: Callable[[AckReply], bool]
) -> None:
    """Send the event; with `seconds`, wait for the acknowledgement and print it."""
    socket = peer.socket
    try:
        await peer.connect()
        if seconds is None:
            socket.send_event(encoded)
            return
        reply, values = await socket.request(encoded, _decode, seconds)
    except AckordError as error:
        peer.fail(error)
    finally:
        await socket.disconnect()
    write_line(show(values[0] if len(values) == 1 else values or None))
    try:
        is_failure = is_error(reply)
    except InvalidAckError as error:
        fail(f"the answer isn't as declared: {error}", FAILED)
    if is_failure:
        say(f"the server answered with the error {_code_of(values)}")
        raise click.exceptions.Exit(ERROR_ANSWERED)


def _decode(reply: AckReply) -> tuple[AckReply, list[Any]]:
    return reply, decode_array(*reply)


def _looks_like_error(reply: AckReply) -> bool:
    """Tell whether an acknowledgement is an error as Ackord's servers answer it
    (docs/decisions/0006).
    """
    match decode_array(*reply):
        case [{"error": {"code": str()}} as answer]:
            return len(answer) == 1
        case _:
            return False


def _code_of(values: Sequence[Any]) -> str:
    error = values[0]["error"]
    message = error.get("message")
    return f"{error['code']}: {message}" if isinstance(message, str) and message else error["code"]
