"""The schema language of Ackord: text -> document -> intermediate representation, with diagnostics.

`load_contract` reads a schema file and returns the contract or all problems of the file;
`ackord.schema.model` holds the classes of the contract.
"""

from ackord.schema.diagnostics.diagnostic import Diagnostic, Related
from ackord.schema.diagnostics.formats import github_command, render_github, render_json
from ackord.schema.diagnostics.render import render_text
from ackord.schema.diagnostics.rules import CODES, RULES, Rule
from ackord.schema.document.nodes import Document
from ackord.schema.errors import ContractJsonError, SchemaError
from ackord.schema.files import DiskFiles, Files
from ackord.schema.formatting.files import FormatResult, format_bytes
from ackord.schema.json_schema import json_schema
from ackord.schema.load import LoadResult, load_bytes, load_contract
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
    "LoadResult",
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
