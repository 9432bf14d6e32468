"""Document -> IR."""

from __future__ import annotations

from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import Document, ErrorNode
from ackord.schema.model import Contract, Error, Room
from ackord.schema.names import MAX_NAME, RESERVED_CODES, SNAKE_NAME, snake_case
from ackord.schema.resolve.declarations import DeclarationResolver
from ackord.schema.resolve.namespaces import NamespaceResolver
from ackord.schema.resolve.resolved import Resolved
from ackord.schema.resolve.rooms import resolve_room
from ackord.schema.resolve.types import TypeResolver
from ackord.schema.source import Place


def resolve(document: Document, report: Reporter) -> Resolved:
    """Resolve all names of a document.

    The contract in the result is valid only if no error was reported, here or before.
    """
    types = TypeResolver(
        {node.name.text: node for node in document.types},
        report,
        others=_other_names(document),
        imports=document.imports,
    )
    for node in (*document.types, *document.errors):
        types.claim(
            node.name.text, node.name.place, hint="types and errors share the names of one module"
        )
    declarations = DeclarationResolver(document.types, types, report)
    declarations.resolve()
    declarations.check_recursion()
    types.defaults.complete()
    errors = _errors(document, types, report)
    rooms = _rooms(document, types, report)
    resolver = NamespaceResolver(document, types, report)
    namespaces = tuple(resolver.resolve(node) for node in document.namespaces)
    types.run_checks()
    contract = Contract(
        name=document.name.text,
        version=document.version,
        types=tuple(types.declarations.values()),
        errors=errors,
        rooms=rooms,
        namespaces=namespaces,
        doc=document.doc,
    )
    return Resolved(document, contract, tuple(types.written), frozenset(types.lifted))


def _other_names(document: Document) -> dict[str, str]:
    """Return the hints for names that aren't types, if they are used as one."""
    rooms = {
        node.name.text: f"{node.name.text} is a room: list it under `rooms` of an event"
        for node in document.rooms
    }
    errors = {
        node.name.text: f"{node.name.text} is an error: list it under `errors` of an event"
        for node in document.errors
    }
    return rooms | errors


def _errors(document: Document, types: TypeResolver, report: Reporter) -> tuple[Error, ...]:
    codes: dict[str, Place] = {}
    errors: list[Error] = []
    for node in document.errors:
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
        fields = types.fields(node.fields, node.name.text)
        errors.append(
            Error(
                name=node.name.text,
                code=code.text,
                fields=fields,
                doc=node.doc,
                deprecated=node.deprecated,
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
    elif SNAKE_NAME.is_only_too_long(code.text) and code.place != node.name.place:
        report.add(
            "S040",
            code.place,
            "this code is too long",
            hint=f"codes have at most {MAX_NAME} characters",
        )
    elif not SNAKE_NAME.pattern.fullmatch(code.text) and code.place != node.name.place:
        report.add(
            "S040",
            code.place,
            f"the code {code.text[:60]!r} isn't snake_case",
            hint=f"for example {snake_case(code.text[:60]) or 'not_found'}",
        )


def _rooms(document: Document, types: TypeResolver, report: Reporter) -> tuple[Room, ...]:
    earlier: list[tuple[Room, Place]] = []
    rooms = [resolve_room(node, types, earlier, report) for node in document.rooms]
    return tuple(room for room in rooms if room is not None)
