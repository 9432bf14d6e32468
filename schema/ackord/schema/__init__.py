"""The schema language of Ackord: text -> document -> intermediate representation, with diagnostics.

`load_contract` reads a schema file and gives the contract or all of its problems;
`ackord.schema.model` holds the classes of the contract.
"""

from ackord.schema.diagnostics.render import render_text as render_text
from ackord.schema.diagnostics.reporter import Diagnostic as Diagnostic
from ackord.schema.diagnostics.reporter import Related as Related
from ackord.schema.diagnostics.rules import CODES as CODES
from ackord.schema.errors import ContractJsonError as ContractJsonError
from ackord.schema.errors import SchemaError as SchemaError
from ackord.schema.load import LoadResult as LoadResult
from ackord.schema.load import load_bytes as load_bytes
from ackord.schema.load import load_contract as load_contract
from ackord.schema.model import Contract as Contract
from ackord.schema.serialize import dump_contract as dump_contract
from ackord.schema.serialize import load_contract_json as load_contract_json
from ackord.schema.source import Place as Place
from ackord.schema.source import Range as Range

__all__ = [
    "CODES",
    "Contract",
    "ContractJsonError",
    "Diagnostic",
    "LoadResult",
    "Place",
    "Range",
    "Related",
    "SchemaError",
    "dump_contract",
    "load_bytes",
    "load_contract",
    "load_contract_json",
    "render_text",
]
