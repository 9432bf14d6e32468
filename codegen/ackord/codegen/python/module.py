"""One generated module: its template, and the values for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from ackord.codegen.header import header
from ackord.codegen.plan import Plan
from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.docstrings import comment, said, wrap
from ackord.codegen.python.imports import Imports, export_order
from ackord.codegen.python.layout import arrange
from ackord.codegen.python.literals import literal
from ackord.codegen.python.naming import Names
from ackord.codegen.python.values import Values
from ackord.codegen.target import Options
from ackord.codegen.templates import template_environment
from ackord.schema.model import PythonType
from jinja2 import Environment

API: Final = (1, 4)
"""The API of the runtime that generated code needs: the same major number, and at least this minor
number.
"""
_IMPORTS: Final = "\0imports\0"
"""Stands for the imports until the module is printed, because only then all used symbols are
known.
"""
_DOCSTRING: Final = re.compile(r'^( *)"""(.*?)"""$', re.MULTILINE | re.DOTALL)


class Module:
    """The values for one module's template; using a symbol imports it in that module."""

    def __init__(self, plan: Plan, names: Names, file: str) -> None:
        """Take the plan, its names, and the name of the file: ``types.py``."""
        self.plan = plan
        self.names = names
        self.file = file
        is_init = file == "__init__.py"
        user_modules = {
            each.path.rpartition(".")[0]
            for each in plan.contract.types
            if isinstance(each, PythonType)
        }
        self.imports = Imports(
            names.avoid,
            python_types=user_modules,
            future=not is_init,
        )
        self.annotations = Annotations(
            self.imports, names, plan.declarations, inside=file == "types.py"
        )
        self.values = Values(self.annotations)

    def render(self, options: Options, exports: Sequence[str], values: Mapping[str, Any]) -> str:
        """Render the template of the module.

        Args:
            options: The options of the package.
            exports: The names in ``__all__``.
            values: The variables of the template.
        """
        if self.file != "__init__.py" or values["lazy"]:
            self.imports.runtime("check")
        template = _environment().get_template(f"{self.file}.jinja")
        body = template.render(
            header=comment(header(options.source, API[0])),
            contract=self.plan.contract,
            imports=_IMPORTS,
            exports=sorted(exports, key=export_order),
            api=API,
            source=options.source,
            py=self.imports,
            **values,
        )
        return finish(body.replace(_IMPORTS, self.imports.text(), 1))


def finish(text: str) -> str:
    """Wrap the docstrings of a module, and break lines that are too long."""
    done: list[str] = []
    end = 0
    for found in _DOCSTRING.finditer(text):
        done += [arrange(text[end : found.start()]), wrap(found[2], len(found[1]))]
        end = found.end()
    return "".join((*done, arrange(text[end:])))


@cache
def _environment() -> Environment:
    return template_environment("ackord.codegen.python", {"literal": literal, "said": said})
