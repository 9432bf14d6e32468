"""Documents -> IR."""

from __future__ import annotations

from ackord.schema.analysis.python_types import load_json_schemas
from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import ErrorNode, Name, RoomNode
from ackord.schema.model import Contract, Error, ReservedNames, Room
from ackord.schema.names import MAX_WIRE_NAME, RESERVED_CODES
from ackord.schema.resolve.declarations import DeclarationResolver
from ackord.schema.resolve.namespaces import NamespaceResolver
from ackord.schema.resolve.reserved import check_reserved
from ackord.schema.resolve.resolved import Resolved
from ackord.schema.resolve.rooms import resolve_room
from ackord.schema.resolve.scopes import Kind, Scopes
from ackord.schema.resolve.types import OTHER_FILE, PythonTypes, TypeResolver
from ackord.schema.source import Place


def resolve(
    scopes: Scopes,
    report: Reporter,
    *,
    python_types: PythonTypes = load_json_schemas,
    checks: bool = True,
) -> Resolved:
    """Resolve all names of a contract's files.

    Without `checks` a contract is trusted to use types that fit each other. The contract in the
    result is valid only if no error was reported, here or before.
    """
    document = scopes.root
    type_nodes, error_nodes, room_nodes = scopes.types(), scopes.errors(), scopes.rooms()
    types = TypeResolver(
        {node.name.text: node for node in type_nodes}, scopes, python_types, report
    )
    for node in (*type_nodes, *error_nodes):
        types.claim(
            node.name.text,
            node.name.place,
            hint="types and errors share the names of one module",
        )
    declarations = DeclarationResolver(type_nodes, types, report)
    declarations.resolve()
    declarations.check_recursion()
    types.defaults.complete()
    errors = _errors(error_nodes, types, report)
    rooms = _rooms(room_nodes, types, report)
    resolver = NamespaceResolver(scopes, types, report)
    namespaces = tuple(resolver.resolve(node) for node in document.namespaces)
    if checks:
        types.run_checks()
    contract = Contract(
        name=document.name.text,
        version=document.version or "0.0.0",
        types=tuple(types.declarations.values()),
        errors=errors,
        rooms=rooms,
        namespaces=namespaces,
        reserved=_reserved(scopes, report),
        doc=document.doc,
    )
    return Resolved(
        document,
        contract,
        types=tuple(types.written),
        inline=frozenset(types.lifted),
        patterns=tuple(types.patterns),
        scopes=scopes,
    )


def _reserved(scopes: Scopes, report: Reporter) -> ReservedNames:
    """Check the names that were removed from the contract."""
    kept: dict[str, tuple[str, ...]] = {}
    named: tuple[tuple[Kind, str, list[Name]], ...] = (
        ("types", "a type", [node.name for node in scopes.types()]),
        ("rooms", "a room", [node.name for node in scopes.rooms()]),
    )
    for kind, what, used in named:
        kept[kind] = check_reserved(scopes.reserved(kind), used, what, report)
    return ReservedNames(
        types=kept["types"],
        rooms=kept["rooms"],
        errors=check_reserved(
            scopes.reserved_codes(),
            [node.code for node in scopes.errors()],
            "the code of an error",
            report,
        ),
        namespaces=check_reserved(
            scopes.root.reserved.get("namespaces", ()),
            [node.path for node in scopes.root.namespaces],
            "a namespace",
            report,
        ),
    )


def _errors(
    nodes: tuple[ErrorNode, ...], types: TypeResolver, report: Reporter
) -> tuple[Error, ...]:
    codes: dict[str, Place] = {}
    errors: list[Error] = []
    for node in nodes:
        _check_code(node, report)
        code = node.code
        first = codes.setdefault(code.text, code.place)
        if first != code.place:
            report.add(
                "S041",
                code.place,
                f"the code {code.text!r} is used twice",
                related=[related("first used here", first)],
            )
        errors.append(
            Error(
                name=node.name.text,
                code=code.text,
                fields=types.fields(node.fields, node.name.text),
                reserved=types.reserved_fields(node.reserved, node.fields),
                doc=node.doc,
                deprecated=node.deprecated,
                since=types.since(node.since),
            )
        )
    return tuple(errors)


def _check_code(node: ErrorNode, report: Reporter) -> None:
    code = node.code
    if code.text in RESERVED_CODES:
        report.add(
            "S040",
            code.place,
            f"the code {code.text!r} is reserved for the runtime",
            hint="give the error a `code` of its own",
        )
    elif not 1 <= len(code.text) <= MAX_WIRE_NAME or not code.text.isprintable():
        report.add("S040", code.place, f"a code has 1 to {MAX_WIRE_NAME} printable characters")


def _rooms(nodes: tuple[RoomNode, ...], types: TypeResolver, report: Reporter) -> tuple[Room, ...]:
    earlier: list[tuple[Room, Place]] = []
    names: dict[str, Place] = {}
    for node in nodes:
        first = names.setdefault(node.name.text, node.name.place)
        if first != node.name.place:
            report.add(
                "S018",
                node.name.place,
                f"the room {node.name.text} is declared twice",
                hint=OTHER_FILE,
                related=[related("first declared here", first)],
            )
    rooms = [resolve_room(node, types, earlier, report) for node in nodes]
    return tuple(room for room in rooms if room is not None)
