"""One-line type expressions: ``list[str] = []``, ``map[str, int]?``, ``DocId | null``.

expression = type ["?"] ["=" value]
type       = member {"|" member}
member     = "null" | name | "list" "[" type "]" | "map" "[" type "," type "]"
           | "tuple" "[" type {"," type} "]" | "literal" "[" scalar {"," scalar} "]"
value      = JSON, in which a bare word is a member of an enum
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar, get_args

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.expressions.other_languages import FORMS
from ackord.schema.expressions.syntax import (
    Bare,
    DefaultSyntax,
    Expression,
    ListSyntax,
    LiteralSyntax,
    LiteralValue,
    MapSyntax,
    NameSyntax,
    NullSyntax,
    TupleSyntax,
    TypeSyntax,
    UnionSyntax,
    Word,
)
from ackord.schema.expressions.tokens import (
    NAME,
    ExpressionError,
    Token,
    string_value,
    tokenize,
)
from ackord.schema.model import Json
from ackord.schema.source import Place
from ackord.schema.yaml.nodes import Scalar, exact_decimal

MAX_DEPTH: Final = 20
"""Levels of brackets in one expression."""
MAX_LENGTH: Final = 10_000
"""Characters of one expression."""

T = TypeVar("T")

_WORDS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_WORDS_OF_TYPES: Final = frozenset({"list", "map", "tuple", "literal", "null"})
_OPENINGS: Final = {"[": "a list is written list[T]", "{": "a map is written map[str, T]"}


def parse_expression(scalar: Scalar, report: Reporter, *, bare: bool = False) -> Expression | None:
    """Parse an expression; `None` if it isn't valid, which was reported then.

    With `bare`, one ``list``, ``map`` or ``tuple`` may stand without brackets.
    """
    if len(scalar.text) > MAX_LENGTH:
        report.add(
            "S020",
            scalar.place,
            f"an expression has at most {MAX_LENGTH} characters",
            hint="declare parts of it as types",
        )
        return None
    if not bare and scalar.text not in _WORDS_OF_TYPES and NAME.fullmatch(scalar.text):
        # Most expressions are one name, which needs no parser.
        place = scalar.inside(0, len(scalar.text)) if scalar.style else scalar.place
        return Expression(place, NameSyntax(place, scalar.text))
    try:
        return _Parser(scalar, bare=bare).expression()
    except ExpressionError as exc:
        report.add("S020", scalar.inside(exc.start, exc.end), exc.message, hint=exc.hint)
        return None


class _Parser:
    def __init__(self, scalar: Scalar, *, bare: bool) -> None:
        self._may_be_bare = bare
        self._bare: Bare | None = None
        self._scalar = scalar
        self._offsets = scalar.offsets()
        self._tokens = tokenize(scalar.text)
        self._index = 0
        self._depth = 0

    def expression(self) -> Expression:
        parsed = self._type()
        optional = self._place(self._take()) if self._at("?") else None
        default = self._default() if self._at("=") else None
        token = self._next
        if token.kind != "end":
            hint = None
            if token.text == "?":
                hint = "a `?` stands once, after the whole type and before a default"
            elif token.kind in {"name", "string", "number"}:
                hint = "write a default after `=`, and members of a union with `|` between them"
            elif token.text == "{":
                hint = "constraints stand beside the type: `{type: int = 5, ge: 1}`"
            raise ExpressionError(
                token.start, token.end, f"unexpected {token.shown} after the type", hint
            )
        return Expression(
            self._since(self._tokens[0].start),
            parsed,
            optional,
            default,
            self._bare,
        )

    def _type(self) -> TypeSyntax:
        start = self._next.start
        members = [self._member()]
        while self._at("|"):
            self._take()
            members.append(self._member())
        return members[0] if len(members) == 1 else UnionSyntax(self._since(start), tuple(members))

    def _member(self) -> TypeSyntax:
        token = self._take()
        if token.kind != "name":
            hint = _OPENINGS.get(token.text)
            if token.kind in {"string", "number"}:
                hint = 'fixed values are a literal type: literal["a", "b"]'
            raise ExpressionError(
                token.start, token.end, f"expected a type, found {token.shown}", hint
            )
        if self._at("["):
            return self._generic(token)
        if token.text == "null":
            return NullSyntax(self._place(token))
        if self._may_be_bare and self._depth == 0 and self._bare is None:
            for bare in get_args(Bare):
                if bare == token.text:
                    self._bare = bare
                    return NameSyntax(self._place(token), token.text)
        if token.text in _WORDS_OF_TYPES:
            forms = {
                "list": "list[T]",
                "map": "map[str, T]",
                "tuple": "tuple[A, B]",
                "literal": 'literal["a", "b"]',
            }
            raise ExpressionError(
                token.start, token.end, f"{token.text} needs brackets", f"write {forms[token.text]}"
            )
        return NameSyntax(self._place(token), token.text)

    def _generic(self, name: Token) -> TypeSyntax:
        match name.text:
            case "list":
                items = self._bracketed(self._type)
                if len(items) != 1:
                    raise ExpressionError(
                        name.start,
                        self._previous_end,
                        "a list has one type of items",
                        "write tuple[A, B] for fixed positions",
                    )
                return ListSyntax(self._since(name.start), items[0])
            case "map":
                return self._map(name)
            case "tuple":
                members = self._bracketed(self._type)
                return TupleSyntax(self._since(name.start), members)
            case "literal":
                values = self._bracketed(self._literal)
                return LiteralSyntax(self._since(name.start), values)
            case _:
                hint = "only list, map, tuple and literal take brackets"
                inside = self._tokens[self._index + 1]
                if name.text.lower() in FORMS:
                    hint = f"write {FORMS[name.text.lower()]}"
                elif inside.text == "]":
                    hint = f"write list[{name.text}]"
                elif inside.kind == "number":
                    hint = "constraints stand beside the type: `{type: str, max_length: 5}`"
                raise ExpressionError(name.start, name.end, f"{name.text} takes no brackets", hint)

    def _map(self, name: Token) -> TypeSyntax:
        parts = self._bracketed(self._type)
        if len(parts) != 2:
            raise ExpressionError(
                name.start,
                self._previous_end,
                "a map has one type of keys and one type of values",
                "write map[str, T]",
            )
        return MapSyntax(self._since(name.start), parts[0], parts[1])

    def _bracketed(self, element: Callable[[], T]) -> tuple[T, ...]:
        """Parse ``[`` one or more elements ``]``."""
        self._enter(self._take())
        elements = [element()]
        while self._at(","):
            self._take()
            elements.append(element())
        self._expect("]", "',' or ']'")
        self._depth -= 1
        return tuple(elements)

    def _literal(self) -> LiteralValue:
        token = self._take()
        if token.kind == "string":
            return LiteralValue(self._place(token), self._string(token))
        if token.text in {"true", "false"}:
            return LiteralValue(self._place(token), token.text == "true")
        if token.kind == "number" and token.text.lstrip("-").isdigit():
            return LiteralValue(self._place(token), self._integer(token))
        lower = token.text.lower()
        hint = f'write "{token.text}"' if token.kind == "name" else None
        if token.kind == "name" and lower in {"null", "none", "nil", "undefined"}:
            hint = 'null is a type of its own: write `literal["a"] | null`'
        elif token.kind == "name" and lower in {"true", "false"}:
            hint = f"write {lower}"
        raise ExpressionError(
            token.start,
            token.end,
            f"a literal is a string, an integer, true or false, not {token.shown}",
            hint,
        )

    def _default(self) -> DefaultSyntax:
        self._take()
        start = self._next.start
        value = self._value()
        return DefaultSyntax(self._since(start), value)

    def _value(self) -> Json:
        token = self._take()
        match token.kind, token.text:
            case "string", _:
                return self._string(token)
            case "number", text:
                return self._integer(token) if text.lstrip("-").isdigit() else self._fraction(token)
            case "name", text:
                return _WORDS[text] if text in _WORDS else Word(text)
            case "symbol", "[":
                return self._array(token)
            case "symbol", "{":
                return self._object(token)
            case _:
                hint = "a default is JSON, or a member of an enum"
                raise ExpressionError(
                    token.start, token.end, f"expected a default value, found {token.shown}", hint
                )

    def _array(self, opening: Token) -> Json:
        self._enter(opening)
        values: list[Json] = []
        while not self._at("]"):
            values.append(self._value())
            if not self._at("]"):
                self._expect(",", "',' or ']'")
        self._take()
        self._depth -= 1
        return values

    def _object(self, opening: Token) -> Json:
        self._enter(opening)
        values: dict[str, Json] = {}
        while not self._at("}"):
            key = self._take()
            if key.kind != "string":
                raise ExpressionError(
                    key.start, key.end, f"expected a key in double quotes, found {key.shown}"
                )
            name = self._string(key)
            if name in values:
                raise ExpressionError(
                    key.start, key.end, f"the key {key.shown} stands here for the second time"
                )
            self._expect(":", "':'")
            values[name] = self._value()
            if not self._at("}"):
                self._expect(",", "',' or '}'")
        self._take()
        self._depth -= 1
        return values

    def _string(self, token: Token) -> str:
        value = string_value(token)
        if value is None:
            raise ExpressionError(
                token.start, token.end, "half of a surrogate pair is no character"
            )
        return value

    def _integer(self, token: Token) -> int:
        if len(token.text) > 40:
            raise ExpressionError(token.start, token.end, "this number is too large")
        return int(token.text)

    def _fraction(self, token: Token) -> Decimal:
        value = exact_decimal(token.text)
        if value is None:
            raise ExpressionError(token.start, token.end, "this number is too large")
        return value

    @property
    def _next(self) -> Token:
        return self._tokens[self._index]

    @property
    def _previous_end(self) -> int:
        return self._tokens[self._index - 1].end

    def _at(self, symbol: str) -> bool:
        return self._tokens[self._index].text == symbol  # strings have quotes in their texts

    def _take(self) -> Token:
        token = self._tokens[self._index]
        if token.kind != "end":
            self._index += 1
        return token

    def _expect(self, symbol: str, wanted: str) -> None:
        token = self._next
        if not self._at(symbol):
            hint = (
                "`?` stands at the end of the whole expression; for an item that may be null "
                "write `T | null`"
                if token.text == "?"
                else None
            )
            raise ExpressionError(
                token.start, token.end, f"expected {wanted}, found {token.shown}", hint
            )
        self._take()

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(
                token.start,
                token.end,
                f"this is nested more than {MAX_DEPTH} levels deep",
                "declare the inner parts as types",
            )

    def _place(self, token: Token) -> Place:
        return self._scalar.at(self._offsets, token.start, token.end)

    def _since(self, start: int) -> Place:
        return self._scalar.at(self._offsets, start, self._previous_end)
