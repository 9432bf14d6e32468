"""Loads the JSON Schemas of an existing Python type.

This is the one place that runs the user's code: it imports the module that a ``python:`` type
names.
"""

from __future__ import annotations

import importlib
import json
import re
from keyword import iskeyword
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin

from ackord.schema.model import Json

_PATH: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+")


class PythonTypeError(Exception):
    """A Python type can't be used; the message says why."""


class JsonSchemas(NamedTuple):
    """The JSON Schemas of one type."""

    read: Json
    """The schema of the accepted values."""
    written: Json
    """The schema of the written values, which differs if fields are computed or have aliases for
    writing; true if unknown.
    """


UNKNOWN: Final = JsonSchemas(None, True)
"""The JSON Schemas of a class that can't be looked at."""


def load_json_schemas(path: str) -> JsonSchemas:
    """Import ``package.module.Name`` and give the JSON Schemas of what it accepts and what it
    writes.

    Raises:
        PythonTypeError: It can't be imported, or has no JSON Schema of what it accepts.
    """
    if not _PATH.fullmatch(path) or any(iskeyword(part) for part in path.split(".")):
        raise PythonTypeError(f"{path[:100]!r} is no import path of the form package.module.Name")
    from pydantic import TypeAdapter  # noqa: PLC0415 - takes long, and seldom needed

    found = _find(path)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(found)
        read = _plain(adapter.json_schema(mode="validation"))
    except Exception as exc:  # user code may raise anything while pydantic asks it for its schema
        raise PythonTypeError(f"pydantic has no JSON Schema for {path}: {_reason(exc)}") from exc
    try:
        written = _plain(adapter.json_schema(mode="serialization"))
    except Exception:  # noqa: BLE001  # as above
        written = True
    return JsonSchemas(read, written)


def _plain(schema: Json) -> Json:
    # Through text, because a model's schema may contain values that aren't JSON.
    return json.loads(json.dumps(schema, allow_nan=False, ensure_ascii=False).encode())


def find_class(path: str) -> type | None:
    """Return the class that ``package.module.Name`` names, also by a `NewType` or with annotations;
    `None` if it names something else.
    """
    try:
        found = _find(path)
    except PythonTypeError:
        return None
    while not isinstance(found, type):
        inner = (
            get_args(found)[0]
            if get_origin(found) is Annotated
            else getattr(found, "__supertype__", None)
        )
        if inner is None:
            return None
        found = inner
    return found


def _find(path: str) -> Any:
    module_name, _, name = path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as exc:  # importing runs user code, which may raise anything
        raise PythonTypeError(
            f"the module {module_name} can't be imported: {_reason(exc)}"
        ) from exc
    try:
        return getattr(module, name)
    except AttributeError as exc:
        raise PythonTypeError(f"the module {module_name} has no {name}") from exc


def _reason(exc: BaseException) -> str:
    text = " ".join(str(exc).split())
    return f"{type(exc).__name__}: {text[:200]}" if text else type(exc).__name__
