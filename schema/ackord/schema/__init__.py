"""The schema language of Ackord: text -> document -> intermediate representation, with diagnostics.

`load_contract` reads a schema file and returns the contract or all problems of the file;
`ackord.schema.model` holds the classes of the contract.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ackord.schema.diagnostics.diagnostic import Diagnostic, Related
    from ackord.schema.diagnostics.formats import github_command, render_github, render_json
    from ackord.schema.diagnostics.render import render_text
    from ackord.schema.diagnostics.rules import CODES, RULES, Rule
    from ackord.schema.document.nodes import Document
    from ackord.schema.errors import ContractJsonError, SchemaError
    from ackord.schema.files import DiskFiles, Files
    from ackord.schema.formatting.files import FormatResult, format_bytes
    from ackord.schema.language_schema import json_schema
    from ackord.schema.lint.settings import LintSettings
    from ackord.schema.load import LoadResult, load_bytes, load_contract
    from ackord.schema.memory import Memory
    from ackord.schema.model import Contract
    from ackord.schema.serialize import dump_contract, load_contract_json
    from ackord.schema.source import Place, Range

__all__ = [
    "CODES",
    "RULES",
    "Contract",
    "ContractJsonError",
    "Diagnostic",
    "DiskFiles",
    "Document",
    "Files",
    "FormatResult",
    "LintSettings",
    "LoadResult",
    "Memory",
    "Place",
    "Range",
    "Related",
    "Rule",
    "SchemaError",
    "dump_contract",
    "format_bytes",
    "github_command",
    "json_schema",
    "load_bytes",
    "load_contract",
    "load_contract_json",
    "render_github",
    "render_json",
    "render_text",
]

_HOMES = {
    "CODES": "diagnostics.rules",
    "Contract": "model",
    "ContractJsonError": "errors",
    "Diagnostic": "diagnostics.diagnostic",
    "DiskFiles": "files",
    "Document": "document.nodes",
    "Files": "files",
    "FormatResult": "formatting.files",
    "LintSettings": "lint.settings",
    "LoadResult": "load",
    "Memory": "memory",
    "Place": "source",
    "RULES": "diagnostics.rules",
    "Range": "source",
    "Related": "diagnostics.diagnostic",
    "Rule": "diagnostics.rules",
    "SchemaError": "errors",
    "dump_contract": "serialize",
    "format_bytes": "formatting.files",
    "github_command": "diagnostics.formats",
    "json_schema": "language_schema",
    "load_bytes": "load",
    "load_contract": "load",
    "load_contract_json": "serialize",
    "render_github": "diagnostics.formats",
    "render_json": "diagnostics.formats",
    "render_text": "diagnostics.render",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: the command line needs few of them at a time."""
    if name in _HOMES:
        return getattr(import_module(f"ackord.schema.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
