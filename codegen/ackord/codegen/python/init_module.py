"""Plan ``__init__.py``, which exports everything that users need by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ackord.codegen.python.imports import RUNTIME, Imports, import_order, import_statement
from ackord.codegen.python.layout import assignment, block, call, concat, tuple_of
from ackord.codegen.python.literals import literal
from ackord.codegen.python.names import MODULES
from ackord.codegen.python.plan import Definition, Module, Statement
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
"""What users of any contract match, catch and call; a name of the contract goes before one of
these.
"""


_LAZY: Final = ("client.py", "server.py")
"""Modules that are loaded when a name of theirs is first used."""


def plan_init(contract: Contract, modules: Iterable[Module]) -> Module:
    """Plan the module."""
    imports = Imports(frozenset())
    exports: list[str] = []
    lazy: dict[str, tuple[str, ...]] = {}
    for module in modules:
        exports += module.exports
        if module.path in _LAZY:
            lazy[module.path.removesuffix(".py")] = module.exports
        else:
            for name in module.exports:
                imports.use_as(f".{module.path.removesuffix('.py')}", name, name)
    for name in FROM_RUNTIME:
        if name not in exports and name not in MODULES:
            imports.use_as(f"{RUNTIME}.v1", name, name)
            exports.append(name)
    summary = f"The contract `{contract.name}`, version {contract.version}."
    doc = (
        f"{summary}\n\n{contract.doc.strip()}" if contract.doc and contract.doc.strip() else summary
    )
    definition = _lazy_names(imports, lazy)
    return Module(
        path="__init__.py",
        doc=doc,
        imports=imports.sections()[1:],
        exports=tuple(sorted(exports)),
        definitions=(definition,),
    )


def _lazy_names(imports: Imports, names: Mapping[str, tuple[str, ...]]) -> Definition:
    """Plan what type checkers see as imports, and what is none."""
    seen = [
        import_statement(f".{module}", sorted(listed, key=import_order))
        for module, listed in sorted(names.items())
        if listed
    ]
    listed = [
        concat(f"{module}=", tuple_of([literal(name) for name in found]))
        for module, found in sorted(names.items())
    ]
    loaded = assignment(
        "__getattr__", call(imports.runtime("lazy"), ["__name__", *listed], broken=True)
    )
    condition = imports.use("typing", "TYPE_CHECKING")
    if not seen:
        return Statement(lines=(loaded,))
    return Statement(lines=(block(f"if {condition}:", *seen), block("else:", loaded)))
