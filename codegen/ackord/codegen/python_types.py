"""Finds ``python:`` types that have changed since a package was generated.

Their JSON Schemas stand in ``contract.json``, from where other targets and the compatibility check
take them, so the models are a part of the contract that lives in another file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from ackord.schema import Contract, ContractJsonError, load_contract_json
from ackord.schema.model import PythonType

_FILE: Final = "contract.json"
_SHOWN: Final = 60
"""Characters of a value that are shown."""


def changed_python_types(files: Mapping[str, str], directory: Path) -> list[str]:
    """Describe the Python types whose JSON Schema isn't the one in a directory's ``contract.json``;
    none if the directory has no such file that can be read.
    """
    try:
        content = (directory / _FILE).read_bytes()
    except OSError:
        return []
    if content == files[_FILE].encode():
        return []
    before = _types(content)
    return [
        f"{after.path}, the Python type {after.name}, isn't what it was when {directory} was "
        f"generated: {_first_difference(before[after.name].json_schema, after.json_schema)}"
        for after in _python_types(load_contract_json(files[_FILE]))
        if after.name in before
        and before[after.name].path == after.path
        and before[after.name].json_schema != after.json_schema
    ]


def _types(content: bytes) -> dict[str, PythonType]:
    try:
        contract = load_contract_json(content)
    except ContractJsonError:
        return {}
    return {found.name: found for found in _python_types(contract)}


def _python_types(contract: Contract) -> Iterator[PythonType]:
    return (each for each in contract.types if isinstance(each, PythonType))


def _first_difference(before: Any, after: Any, where: str = "") -> str:
    """Describe the first place in which two JSON Schemas differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for key in [*old, *(key for key in new if key not in old)]:
            if key not in old or key not in new or old[key] != new[key]:
                place = f"{where}.{key}" if where else key
                if key not in old:
                    return f"{place} is new"
                if key not in new:
                    return f"{place} is gone"
                return _first_difference(old[key], new[key], place)
    return f"{where or 'the schema'} is {_show(after)}, and was {_show(before)}"


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
