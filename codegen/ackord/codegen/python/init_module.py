"""Plan ``__init__.py``, which exports everything that users need by name."""

from __future__ import annotations

from collections.abc import Iterable

from ackord.codegen.python.imports import Imports
from ackord.codegen.python.plan import Module
from ackord.schema.model import Contract


def plan_init(contract: Contract, modules: Iterable[Module]) -> Module:
    """Plan the module."""
    imports = Imports(frozenset())
    exports: list[str] = []
    for module in modules:
        for name in module.exports:
            imports.use_as(f".{module.path.removesuffix('.py')}", name, name)
            exports.append(name)
    summary = f"The contract `{contract.name}`, version {contract.version}."
    doc = f"{summary}\n\n{contract.doc.strip()}" if contract.doc and contract.doc.strip() else summary
    return Module(path="__init__.py", doc=doc, imports=imports.sections()[1:], exports=tuple(sorted(exports)))
