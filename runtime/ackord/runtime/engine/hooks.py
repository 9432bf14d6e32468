"""What an application may add to the engine: middlewares, headers, and an eye on what is refused."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, TypeVar, overload

from ackord.runtime.engine.cors import Header
from ackord.runtime.engine.link import HandshakeRequest
from ackord.runtime.engine.refusals import log_refusal
from ackord.runtime.engineio.errors import HandshakeRefusedError
from ackord.runtime.engineio.handshake import BAD_REQUEST, Refusal
from ackord.runtime.errors import UsageError
from ackord.runtime.events.containment import contain, contain_awaited
from ackord.runtime.limited_log import LimitedLog
from ackord.runtime.log_text import quoted

_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRequest:
    """A request that reached no session."""

    request: HandshakeRequest
    code: int
    """Of Engine.IO, 0 to 5."""
    message: str
    """What the client is told."""
    context: Mapping[str, str]
    """What it isn't told; most refusals with code 3 and 4 have a `name`, such as ``TRANSPORT_MISMATCH``."""


EngineMiddleware: TypeAlias = Callable[[HandshakeRequest], Awaitable[str | None]]
"""Runs for each HTTP request and each WebSocket handshake: `None` lets it pass, a text says why not."""
HeadersListener: TypeAlias = Callable[[dict[str, str], HandshakeRequest], None]
"""Adds to the headers of a response, or changes them."""
RefusalListener: TypeAlias = Callable[[RefusedRequest], None]
"""Learns of a refused request."""

_MiddlewareT = TypeVar("_MiddlewareT", bound=EngineMiddleware)
_HeadersT = TypeVar("_HeadersT", bound=HeadersListener)
_RefusalT = TypeVar("_RefusalT", bound=RefusalListener)


class EngineHooks:
    """The middlewares and listeners of an `EngineServer`."""

    def __init__(self) -> None:
        self.log = LimitedLog(logging.getLogger("ackord.runtime.engine"))
        """Where the engine writes what it has to tell, within limits."""
        self._middlewares: list[EngineMiddleware] = []
        self._listeners: dict[str, list[Callable[..., None]]] = {"initial_headers": [], "headers": [], "connection_error": []}
        self.has_observers = False
        """Whether each request has to be shown to a middleware or a listener, even one of an open session."""

    def use(self, middleware: _MiddlewareT) -> _MiddlewareT:
        """Run `middleware` for each HTTP request and each WebSocket handshake, after those that were added before.

        One that raises, or returns a text, has the request refused with code 3.
        """
        self._middlewares.append(middleware)
        self._look_for_observers()
        return middleware

    @overload
    def on(self, name: Literal["initial_headers", "headers"], listener: None = None) -> Callable[[_HeadersT], _HeadersT]: ...
    @overload
    def on(self, name: Literal["initial_headers", "headers"], listener: _HeadersT) -> _HeadersT: ...
    @overload
    def on(self, name: Literal["connection_error"], listener: None = None) -> Callable[[_RefusalT], _RefusalT]: ...
    @overload
    def on(self, name: Literal["connection_error"], listener: _RefusalT) -> _RefusalT: ...
    def on(self, name: str, listener: Callable[..., None] | None = None) -> Any:
        """Call `listener` each time; without `listener`, return a decorator.

        - ``initial_headers``: before the first response of each session, a WebSocket's 101 included, with its headers and the request;
        - ``headers``: before each response of a session, in the same way;
        - ``connection_error``: with a `RefusedRequest`.
        """
        if name not in self._listeners:
            raise UsageError(f"the engine has no event {name!r}; it has {', '.join(self._listeners)}")

        def add(given: Callable[..., None]) -> Callable[..., None]:
            self._listeners[name].append(given)
            self._look_for_observers()
            return given

        return add if listener is None else add(listener)

    def off(self, name: Literal["initial_headers", "headers", "connection_error"], listener: Callable[..., None]) -> None:
        """Forget a listener."""
        if listener in self._listeners[name]:
            self._listeners[name].remove(listener)
            self._look_for_observers()

    def _look_for_observers(self) -> None:
        self.has_observers = bool(self._middlewares or self._listeners["headers"])

    async def admit(self, request: HandshakeRequest) -> None:
        """Run the middlewares.

        Raises:
            HandshakeRefusedError: one doesn't let the request pass.
        """
        for middleware in self._middlewares:
            try:
                reason = await middleware(request)
            except BaseException as exc:  # noqa: BLE001  # a hook of the application
                contain_awaited(exc)
                self.log.crash("A middleware of the engine", exc, " (the request is refused)")
                reason = repr(exc)
            if reason is not None:
                raise HandshakeRefusedError(BAD_REQUEST.because(name="MIDDLEWARE_FAILURE", error=reason))

    def headers(self, request: HandshakeRequest, headers: dict[str, str], *, is_initial: bool) -> list[Header]:
        """Ask the listeners for the headers of a response, and write them as HTTP does."""
        for listener in (*(self._listeners["initial_headers"] if is_initial else ()), *self._listeners["headers"]):
            try:
                listener(headers, request)
            except BaseException as exc:  # noqa: BLE001  # a hook of the application
                contain(exc)
                self.log.crash("A listener for headers", exc)
        return [header for name, value in headers.items() if (header := self._encode(name, value)) is not None]

    def report(self, request: HandshakeRequest, refusal: Refusal) -> None:
        """Log a refused request, and tell the listeners of it."""
        log_refusal(self.log, request, refusal)
        listeners = self._listeners["connection_error"]
        if not listeners:
            return
        refused = RefusedRequest(request=request, code=refusal.code, message=refusal.message, context=refusal.context)
        for listener in tuple(listeners):
            try:
                listener(refused)
            except BaseException as exc:  # noqa: BLE001  # a hook of the application
                contain(exc)
                self.log.crash("A listener for connection_error", exc)

    def _encode(self, name: str, value: str) -> Header | None:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            self.log.write_warning("header", name, f"A header that a listener set is left out, as HTTP can't express it: {quoted(name)}")
            return None
        return name.lower().encode("ascii"), value.encode("latin-1")
