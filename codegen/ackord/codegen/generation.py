"""From a schema file to the files of a package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ackord.codegen.python.rendering import Header
from ackord.codegen.python.target import API, generate_python
from ackord.schema import Contract, dump_contract


def generate(contract: Contract, *, source: str, sha256: str) -> Mapping[str, str]:
    """Give the text of each file of a contract's package, by its name.

    Args:
        contract: The contract.
        source: Name of the schema file; its directory isn't used, so that the result is the same
            everywhere.
        sha256: Hash of the schema file, in hexadecimal.

    Raises:
        NotSupportedError: where the contract holds what can't be generated.
    """
    header = Header(source=Path(source).name, sha256=sha256, api=API[0])
    return {**generate_python(contract, header), "contract.json": dump_contract(contract)}
