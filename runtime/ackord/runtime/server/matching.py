"""The names of a dynamic namespace: a template, a pattern, or a predicate."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from ackord.runtime.errors import UsageError
from ackord.runtime.patterns import as_ascii
from ackord.runtime.sockets.listeners import Registration

Predicate: TypeAlias = (
    Callable[[str], bool | Awaitable[bool]]
    | Callable[[str, dict[str, Any]], bool | Awaitable[bool]]
)
"""Takes the name that a client asks for and, if it wants it, the payload of CONNECT; a plain
function or a coroutine function.

Logs call it by its attribute `text`, if it has one.
"""

Matcher: TypeAlias = "str | re.Pattern[str] | Predicate"
"""A template such as ``/tenant/{tenant}``, a pattern that the whole name must match, or a
predicate.

``\\d``, ``\\w``, ``\\s``, ``\\b`` and `re.IGNORECASE` of a pattern know ASCII only, as in
JavaScript, unless it begins with ``(?u)``.
"""

_NO_PARAMS: Mapping[str, str] = {}
_PLACE = re.compile(r"\{([^{}]*)\}")
_VALUE = "[^/,]+"


def is_template(name: str) -> bool:
    """Tell whether a namespace's name has places for parameters."""
    return "{" in name or "}" in name


class NameMatcher:
    """Decides whether a name belongs to a dynamic namespace, and reads its parameters."""

    __slots__ = ("_pattern", "_predicate", "text")

    def __init__(self, matcher: Matcher) -> None:
        """Take what was given to `Server.of`.

        Raises:
            UsageError: a template is malformed.
        """
        self._pattern: re.Pattern[str] | None = None
        self._predicate: Registration | None = None
        if isinstance(matcher, str):
            self.text = matcher
            self._pattern = _compile(matcher)
        elif isinstance(matcher, re.Pattern):
            self.text = matcher.pattern
            self._pattern = as_ascii(matcher)
        else:
            self.text = (
                getattr(matcher, "text", None)
                or f"{getattr(matcher, '__qualname__', type(matcher).__name__)}()"
            )
            self._predicate = Registration(matcher)

    @property
    def has_predicate(self) -> bool:
        """Whether it is a predicate, which doesn't depend on the name alone."""
        return self._predicate is not None

    def match(self, name: str) -> Mapping[str, str] | None:
        """Return the parameters of a name that matches, or `None`; always `None` with a predicate,
        which isn't called.
        """
        found = None if self._pattern is None else self._pattern.fullmatch(name)
        if found is None:
            return None
        return {
            key: value for key, value in found.groupdict().items() if value is not None
        } or _NO_PARAMS

    async def ask(self, name: str, auth: dict[str, Any]) -> Mapping[str, str] | None:
        """Return the parameters of a name that matches, or that the predicate accepts, or
        `None`.
        """
        if self._predicate is None:
            return self.match(name)
        answer = self._predicate.call((name, auth))
        if hasattr(answer, "__await__"):
            answer = await answer
        return _NO_PARAMS if answer else None


def _compile(template: str) -> re.Pattern[str]:
    """Turn a template into a pattern: a parameter is a non-empty text without a slash."""
    parts: list[str] = []
    names: set[str] = set()
    end = 0
    for place in _PLACE.finditer(template):
        name = place[1]
        if not name.isidentifier() or name in names:
            raise UsageError(
                f"{template!r} can't name namespaces: {name!r} is no name for a parameter, or "
                "used twice"
            )
        names.add(name)
        parts += (_literal(template, template[end : place.start()]), f"(?P<{name}>{_VALUE})")
        end = place.end()
    parts.append(_literal(template, template[end:]))
    return re.compile("".join(parts))


def _literal(template: str, text: str) -> str:
    if is_template(text):
        raise UsageError(f"{template!r} can't name namespaces: a brace stands alone")
    return re.escape(text)
