"""The hooks of the engine: middlewares, and listeners for response headers and refused requests."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, TypeVar, overload

from ackord.runtime.asgi_types import Header
from ackord.runtime.containment import contain, contain_awaited
from ackord.runtime.engine.answers import text_of
from ackord.runtime.engine.fields import TOKEN, VALUE
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.refusals import log_refusal
from ackord.runtime.errors import UsageError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.engineio.errors import HandshakeRefusedError
from ackord.runtime.protocol.engineio.handshake import BAD_REQUEST, Refusal

_OF_THE_TRANSPORT: Final = frozenset(
    (
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "keep-alive",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-protocol",
        "transfer-encoding",
        "upgrade",
    )
)
"""Headers that say how the response itself is written: a second value would contradict the
transport's.
"""
_REPEATED: Final = frozenset((b"set-cookie", b"vary"))
"""Headers that may be repeated: the server's own and those of listeners are all sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRequest:
    """A request that reached no session."""

    request: EngineRequest
    code: int
    """The error code of Engine.IO, 0 to 5."""
    message: str
    """The message that the client gets."""
    context: Mapping[str, str]
    """Details that the client doesn't get; most refusals with code 3 and 4 have a `name`, such as
    ``TRANSPORT_MISMATCH``.
    """


EngineMiddleware: TypeAlias = Callable[[EngineRequest], Awaitable[str | None] | str | None]
"""A function or coroutine function that runs for each HTTP request and each WebSocket handshake:
`None` lets the request pass, a string refuses it with that reason.
"""
ResponseHeaders: TypeAlias = dict[str, str | list[str]]
"""Headers of a response; a list of values is sent as one header line for each value."""
HeadersListener: TypeAlias = Callable[[ResponseHeaders, EngineRequest], None]
"""Sets headers of a response; the names may be written in any case.

``set-cookie`` and ``vary`` are sent beside the server's own; any other header, such as
``access-control-allow-origin``, replaces the server's. ``content-length`` and other headers that
describe how the response is written can't be set.
"""
RefusalListener: TypeAlias = Callable[[RefusedRequest], None]
"""Called with each refused request."""

_MiddlewareT = TypeVar("_MiddlewareT", bound=EngineMiddleware)
_HeadersT = TypeVar("_HeadersT", bound=HeadersListener)
_RefusalT = TypeVar("_RefusalT", bound=RefusalListener)


class EngineHooks:
    """The middlewares and listeners of an `EngineServer`."""

    def __init__(self, *, shows_all: bool = False) -> None:
        """Begin without hooks; `shows_all` says that every request must be looked at for another
        reason.
        """
        self.log = LimitedLog(logging.getLogger("ackord.runtime.engine"))
        """The log of the engine, with a limit for each kind of line."""
        self._middlewares: list[EngineMiddleware] = []
        self._listeners: dict[str, list[Callable[..., None]]] = {
            "initial_headers": [],
            "headers": [],
            "connection_error": [],
        }
        self._refused_headers: set[str] = set()
        self._shows_all = shows_all
        self.has_observers = shows_all
        """Whether a hook must see every request, even one of an open session; then no request takes
        the short way past ASGI.
        """

    def use(self, middleware: _MiddlewareT) -> _MiddlewareT:
        """Run `middleware` for each HTTP request and each WebSocket handshake, after those that
        were added before.

        If it raises, or returns a string, the request is refused with code 3.
        """
        self._middlewares.append(middleware)
        self._look_for_observers()
        return middleware

    @overload
    def on(
        self, name: Literal["initial_headers", "headers"], listener: None = None
    ) -> Callable[[_HeadersT], _HeadersT]: ...
    @overload
    def on(self, name: Literal["initial_headers", "headers"], listener: _HeadersT) -> _HeadersT: ...
    @overload
    def on(
        self, name: Literal["connection_error"], listener: None = None
    ) -> Callable[[_RefusalT], _RefusalT]: ...
    @overload
    def on(self, name: Literal["connection_error"], listener: _RefusalT) -> _RefusalT: ...
    def on(self, name: str, listener: Callable[..., None] | None = None) -> Any:
        """Call `listener` each time; without `listener`, return a decorator.

        - ``initial_headers``: before the first response of each session, a WebSocket's 101
          included, with its headers and the request;
        - ``headers``: before each response of a session, in the same way;
        - ``connection_error``: with a `RefusedRequest`.
        """
        if name not in self._listeners:
            raise UsageError(
                f"the engine has no event {name!r}; it has {', '.join(self._listeners)}"
            )

        def add(given: Callable[..., None]) -> Callable[..., None]:
            self._listeners[name].append(given)
            self._look_for_observers()
            return given

        return add if listener is None else add(listener)

    def off(
        self,
        name: Literal["initial_headers", "headers", "connection_error"],
        listener: Callable[..., None],
    ) -> None:
        """Remove a listener."""
        if listener in self._listeners[name]:
            self._listeners[name].remove(listener)
            self._look_for_observers()

    def _look_for_observers(self) -> None:
        self.has_observers = bool(
            self._shows_all or self._middlewares or self._listeners["headers"]
        )

    async def run_middlewares(self, request: EngineRequest) -> None:
        """Run the middlewares.

        Raises:
            HandshakeRefusedError: a middleware refuses the request.
        """
        for middleware in self._middlewares:
            try:
                reason = await text_of(middleware(request))
            except BaseException as exc:  # noqa: BLE001  # a hook of the application
                contain_awaited(exc)
                self.log.crash("A middleware of the engine", exc, " (the request is refused)")
                reason = repr(exc)
            if reason is not None:
                raise HandshakeRefusedError(
                    BAD_REQUEST.because(name="MIDDLEWARE_FAILURE", error=reason)
                )

    def headers(self, request: EngineRequest, *, is_initial: bool) -> list[Header]:
        """Collect the headers of a response from the listeners, encoded for HTTP."""
        headers: ResponseHeaders = {}
        for listener in (
            *(self._listeners["initial_headers"] if is_initial else ()),
            *self._listeners["headers"],
        ):
            try:
                listener(headers, request)
            except BaseException as exc:  # noqa: BLE001  # a hook of the application
                contain(exc)
                self.log.crash("A listener for headers", exc)
        return [
            (name.lower().encode("ascii"), value.encode("latin-1"))
            for name, values in headers.items()
            for value in (values if isinstance(values, list) else (values,))
            if self._can_be_sent(name, value)
        ]

    def _can_be_sent(self, name: object, value: object) -> bool:
        is_header = (
            isinstance(name, str)
            and TOKEN.fullmatch(name)
            and isinstance(value, str)
            and VALUE.fullmatch(value)
        )
        if is_header and str(name).lower() not in _OF_THE_TRANSPORT:
            return True
        why = "HTTP can't express it"
        if is_header:
            why = "the transport writes it itself"
        elif not isinstance(value, str):
            why = (
                "its value is no text and no list of texts, but has the type "
                f"{type(value).__name__}"
            )
        shown = quoted(str(name))
        self.log.write_warning(
            "header", shown, f"A header that a listener set is left out, as {why}: {shown}"
        )
        return False

    def report(self, request: EngineRequest, refusal: Refusal) -> None:
        """Log a refused request, and call the listeners for it."""
        log_refusal(self.log, request, refusal)
        listeners = self._listeners["connection_error"]
        if not listeners:
            return
        refused = RefusedRequest(
            request=request, code=refusal.code, message=refusal.message, context=refusal.context
        )
        for listener in tuple(listeners):
            try:
                listener(refused)
            except BaseException as exc:  # noqa: BLE001  # a hook of the application
                contain(exc)
                self.log.crash("A listener for connection_error", exc)


def merge_headers(own: Iterable[Header], given: Iterable[Header]) -> list[Header]:
    """Merge the server's own headers of a response with those of listeners; where only one is
    allowed, the listener's is sent.
    """
    given = list(given)
    replaced = {name for name, _ in given} - _REPEATED
    return [*(header for header in own if header[0] not in replaced), *given]
