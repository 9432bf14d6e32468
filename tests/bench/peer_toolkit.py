"""datamodel-code-generator, which makes pydantic models from JSON Schemas, on the same models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "datamodel-code-generator"
_ENVIRONMENT: Final = "peer"


def install(directory: Path) -> bool:
    """Install the package into an environment of its own; return whether that was possible."""
    environment = directory / _ENVIRONMENT
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = str(environment / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", PACKAGE]
    return subprocess.run(pip, check=False, capture_output=True).returncode == 0


def command() -> tuple[str, ...]:
    """Return the command that generates the models of ``models.json``."""
    return (
        f"{_ENVIRONMENT}/bin/datamodel-codegen",
        *("--input", "models.json", "--input-file-type", "jsonschema", "--output", "models.py"),
        *("--output-model-type", "pydantic_v2.BaseModel"),
    )


def write_schema(directory: Path, models: int) -> None:
    """Write the models of `toolkit.large_schema` as a JSON Schema."""
    definitions: dict[str, Any] = {
        "Key": {"type": "string", "maxLength": 40},
        "State": {"type": "string", "enum": ["new", "open", "closed"]},
        **{f"Model{number}": _model(number) for number in range(models)},
    }
    schema = {"title": "Models", "type": "object", "$defs": definitions}
    (directory / "models.json").write_text(json.dumps(schema))


def _model(number: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": {"$ref": "#/$defs/Key"},
        "state": {"$ref": "#/$defs/State", "default": "new"},
        "title": {"type": "string", "minLength": 1, "maxLength": 200},
        "at": {"type": "string", "format": "date-time"},
        "scores": {"type": "array", "items": {"type": "number"}, "default": []},
        "labels": {"type": "object", "additionalProperties": {"type": "integer"}},
    }
    required = ["id", "title", "at"]
    if number % 3:
        parent = {"$ref": f"#/$defs/Model{number - 1}"}
        properties["parent"] = {"anyOf": [parent, {"type": "null"}]}
        required.append("parent")
    return {
        "type": "object",
        "description": f"The model number {number}.",
        "properties": properties,
        "required": required,
    }
