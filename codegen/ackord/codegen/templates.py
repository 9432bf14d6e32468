"""Loads templates, for every target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def template_environment(package: str, filters: Mapping[str, Callable[..., Any]]) -> Environment:
    """Return the environment for the templates of a target's package; an unknown variable in a
    template is an error.
    """
    environment = Environment(
        loader=PackageLoader(package),
        undefined=StrictUndefined,
        auto_reload=False,  # templates don't change, and looking whether they have takes time
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - this writes source code, not HTML
    )
    environment.filters.update(filters)
    return environment
