"""Loads templates, for every target."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from ackord.codegen.version import VERSION
from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from jinja2 import __version__ as jinja_version
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from typing_extensions import override


def template_environment(
    package: str, filters: Mapping[str, Callable[..., Any]], *, html: bool = False
) -> Environment:
    """Return the environment for the templates of a target's package; an unknown variable in a
    template is an error. In templates of HTML, values are escaped.
    """
    environment = Environment(
        loader=PackageLoader(package),
        bytecode_cache=_Compiled(package),
        undefined=StrictUndefined,
        auto_reload=False,  # templates don't change, and looking whether they have takes time
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=html,  # noqa: S701 - other targets write source code
    )
    environment.context_class = _Context
    environment.filters.update(filters)
    return environment


class _Context(Context):
    """Calls macros and methods as they are: no template calls something that takes jinja's context,
    and looking for that takes a tenth of the time.
    """

    @override
    def call(
        self,
        called: Callable[..., Any],
        /,
        *args: Any,
        _loop_vars: object = None,
        _block_vars: object = None,
        **kwargs: Any,
    ) -> Any:
        return called(*args, **kwargs)


class _Compiled(FileSystemBytecodeCache):
    """Keeps the compiled templates of a package where Python keeps its compiled modules, because
    compiling takes as long as printing the code for hundreds of events.

    A compiled template has the hash of its source, so it isn't used after a change.
    """

    def __init__(self, package: str) -> None:
        module = Path(import_module(package).__file__ or package)
        self._folder = Path(cache_from_source(str(module))).parent
        super().__init__(str(self._folder), f"%s.{VERSION}-jinja-{jinja_version}.cache")

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - of a broken file: the template is compiled again
            bucket.reset()

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):  # where Python may not write either
                self._folder.mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)
