"""What ``client.py`` and ``server.py`` have in common: classes for each namespace, planned with the
same tools.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.imports import Imports
from ackord.codegen.python.methods import Methods
from ackord.codegen.python.naming import Names, NamespaceNames
from ackord.codegen.python.plan import Definition, Module
from ackord.codegen.python.values import Values
from ackord.schema.model import Contract, Namespace


class NamespaceClasses(ABC):
    """The classes that one namespace has on one side."""

    def __init__(
        self,
        namespace: Namespace,
        names: NamespaceNames,
        imports: Imports,
        annotations: Annotations,
        methods: Methods,
    ) -> None:
        self._namespace = namespace
        self._names = names
        self._imports = imports
        self._annotations = annotations
        self._methods = methods

    @abstractmethod
    def classes(self) -> Iterator[Definition]:
        """Plan them, each after those that it names."""

    @abstractmethod
    def exports(self) -> Iterator[str]:
        """Give their names."""


def plan_side(
    contract: Contract,
    names: Names,
    guard: str,
    side: type[NamespaceClasses],
    *,
    path: str,
    doc: str,
) -> Module:
    """Plan the module with the classes that each namespace has on one side."""
    imports = Imports(names.avoid)
    annotations = Annotations(
        imports, names, {declaration.name: declaration for declaration in contract.types}
    )
    methods = Methods(imports, annotations, Values(annotations))
    definitions: list[Definition] = []
    exports: list[str] = []
    for namespace, found in zip(contract.namespaces, names.namespaces, strict=True):
        planned = side(namespace, found, imports, annotations, methods)
        definitions += planned.classes()
        exports += planned.exports()
    guard_call = f"{imports.runtime('check')}{guard}"
    return Module(
        path=path,
        doc=doc,
        imports=imports.sections(),
        exports=tuple(sorted(exports)),
        definitions=tuple(definitions),
        guard=guard_call,
    )
