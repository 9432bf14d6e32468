"""The plan of generated Python: every decision, made before a template prints anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ackord.codegen.python.layout import Doc


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, or a few that belong together, and what is said about them."""

    lines: tuple[Doc, ...]
    doc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A function of a class."""

    decorators: tuple[Doc, ...] = ()
    signature: Doc
    doc: str | None = None
    body: tuple[Doc, ...] = ()
    """Statements; a method without any has a docstring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A class."""

    decorators: tuple[Doc, ...] = ()
    head: Doc
    doc: str | None = None
    attributes: tuple[Statement, ...] = ()
    methods: tuple[Method, ...] = ()


Definition: TypeAlias = Statement | Class


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file of Python."""

    path: str
    doc: str
    imports: tuple[tuple[Doc, ...], ...]
    """Import statements, in sections."""
    exports: tuple[str, ...]
    """What ``__all__`` lists."""
    definitions: tuple[Definition, ...] = ()
    guard: Doc | None = None
    """The call that compares the codegen API with the runtime's."""
