"""The hooks of a handshake: `allow_request` allows or refuses it, `generate_id` makes the session's
id.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Container
from typing import Final

from ackord.runtime.containment import contain_awaited
from ackord.runtime.engine.answers import text_of
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.options import AllowRequest, GenerateId
from ackord.runtime.engine.worker_tag import tag_of
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.protocol.engineio.errors import HandshakeRefusedError
from ackord.runtime.protocol.engineio.handshake import BAD_REQUEST, FORBIDDEN, Refusal

SID_BYTES: Final = 15
"""Random bytes of a session id: 20 characters, as the reference implementation's."""

_SID: Final = re.compile(r"[A-Za-z0-9_.~-]{1,256}")


async def check_allowed(
    allow_request: AllowRequest, request: EngineRequest, log: LimitedLog
) -> None:
    """Call the `allow_request` hook with the request of a handshake.

    Raises:
        HandshakeRefusedError: the hook refuses the handshake, or raises.
    """
    try:
        message = await text_of(allow_request(request))
    except BaseException as exc:
        contain_awaited(exc)
        log.crash("The allow_request hook", exc, " (the handshake is refused)")
        raise HandshakeRefusedError(
            FORBIDDEN.because(name="ALLOW_REQUEST_FAILURE", error=repr(exc))
        ) from exc
    if message is not None:
        raise HandshakeRefusedError(
            Refusal(FORBIDDEN.code, message, FORBIDDEN.status).because(message=message)
        )


async def make_sid(
    generate: GenerateId, request: EngineRequest, taken: Container[str], log: LimitedLog
) -> str:
    """Make the id of a new session with the `generate_id` hook; `taken` has the ids in use.

    Raises:
        HandshakeRefusedError: the hook raises, or makes an id that can't be used.
    """
    try:
        sid = await text_of(generate(request)) or ""
        problem = None if _SID.fullmatch(sid) else "can't stand in a URL and a cookie"
    except BaseException as exc:
        contain_awaited(exc)
        log.crash("The generate_id hook", exc, " (the handshake is refused)")
        raise HandshakeRefusedError(
            BAD_REQUEST.because(name="ID_GENERATION_ERROR", error=repr(exc))
        ) from exc
    if sid in taken:
        problem = "is that of another session"
    if problem is not None:
        log.write_warning(
            "generate_id",
            problem,
            f"The generate_id hook made an id that {problem}; the handshake is refused",
        )
        raise HandshakeRefusedError(
            BAD_REQUEST.because(name="ID_GENERATION_ERROR", error=f"the id {problem}")
        )
    return sid


def tag_ids(generate: GenerateId | None, worker: int) -> GenerateId:
    """Return a hook that adds the tag of a worker to the session ids of another one, or to random
    ones.
    """

    async def make_tagged(request: EngineRequest) -> str:
        if generate is None:
            return secrets.token_urlsafe(SID_BYTES) + tag_of(worker)
        sid = await text_of(generate(request))
        return sid + tag_of(worker) if sid else ""

    return make_tagged
