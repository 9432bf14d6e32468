"""Plan ``__init__.py``, which exports everything that users need by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ackord.codegen.python.imports import RUNTIME, Imports
from ackord.codegen.python.names import MODULES
from ackord.codegen.python.plan import Module
from ackord.schema.model import Contract

FROM_RUNTIME: Final = (
    "AckTimeoutError",
    "AckordError",
    "DeclaredError",
    "DisconnectedError",
    "FailureReply",
    "InvalidAckError",
    "InvalidPayloadError",
    "RemoteError",
    "SlowConsumerError",
    "UnknownError",
    "unwrap",
)
"""What users of any contract match, catch and call; a name of the contract goes before one of these."""


def plan_init(contract: Contract, modules: Iterable[Module]) -> Module:
    """Plan the module."""
    imports = Imports(frozenset())
    exports: list[str] = []
    for module in modules:
        for name in module.exports:
            imports.use_as(f".{module.path.removesuffix('.py')}", name, name)
            exports.append(name)
    for name in FROM_RUNTIME:
        if name not in exports and name not in MODULES:
            imports.use_as(f"{RUNTIME}.v1", name, name)
            exports.append(name)
    summary = f"The contract `{contract.name}`, version {contract.version}."
    doc = f"{summary}\n\n{contract.doc.strip()}" if contract.doc and contract.doc.strip() else summary
    return Module(path="__init__.py", doc=doc, imports=imports.sections()[1:], exports=tuple(sorted(exports)))
