"""Taking the JSON Schema of an existing Python type.

This is the one place that runs the user's code: it imports the module that a ``python:`` type names.
"""

from __future__ import annotations

import importlib
import json
import re
from keyword import iskeyword
from typing import Any, Final

from ackord.schema.model import Json
from pydantic import TypeAdapter

_PATH: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+")


class PythonTypeError(Exception):
    """A Python type can't be used; the message says why."""


def load_json_schema(path: str) -> Json:
    """Import ``package.module.Name`` and give the JSON Schema of what it accepts.

    Raises:
        PythonTypeError: It can't be imported, or has no JSON Schema.
    """
    if not _PATH.fullmatch(path) or any(iskeyword(part) for part in path.split(".")):
        raise PythonTypeError(f"{path[:100]!r} is no import path of the form package.module.Name")
    found = _find(path)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(found)
        # Through text, as models may put into their schemas what isn't JSON.
        return json.loads(json.dumps(adapter.json_schema(mode="validation"), allow_nan=False, ensure_ascii=False).encode())
    except Exception as exc:  # user code may raise anything while pydantic asks it for its schema
        raise PythonTypeError(f"pydantic has no JSON Schema for {path}: {_reason(exc)}") from exc


def _find(path: str) -> Any:
    module_name, _, name = path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as exc:  # importing runs user code, which may raise anything
        raise PythonTypeError(f"the module {module_name} can't be imported: {_reason(exc)}") from exc
    try:
        return getattr(module, name)
    except AttributeError as exc:
        raise PythonTypeError(f"the module {module_name} has no {name}") from exc


def _reason(exc: BaseException) -> str:
    text = " ".join(str(exc).split())
    return f"{type(exc).__name__}: {text[:200]}" if text else type(exc).__name__
