"""Print a planned module through its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from ackord.codegen.python.docstrings import comment, docstring
from ackord.codegen.python.layout import Doc, layout
from ackord.codegen.python.literals import literal
from ackord.codegen.python.plan import Class, Module
from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True, slots=True)
class Header:
    """What the first lines of every generated file say."""

    source: str
    """Name of the schema file, without its directory."""
    sha256: str
    """Hash of the schema file, in hexadecimal."""
    api: int
    """The codegen API's major number."""


def render(module: Module, header: Header) -> str:
    """Give the text of a module."""
    return _environment().get_template("module.py.jinja").render(module=module, header=header)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ackord.codegen.python"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - this writes Python, not HTML
    )
    environment.filters.update(_FILTERS)
    environment.tests["class"] = _is_class
    return environment


def _layout(doc: Doc, indent: int = 0) -> str:
    return layout(doc, indent)


def _is_class(value: object) -> bool:
    return isinstance(value, Class)


_FILTERS: Final[Mapping[str, Any]] = MappingProxyType(
    {"layout": _layout, "comment": comment, "docstring": docstring, "literal": literal}
)
