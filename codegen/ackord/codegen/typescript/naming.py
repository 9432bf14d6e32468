"""Decides every name of a generated TypeScript package.

What travels (fields, codes of errors, members of enumerations) keeps its name on the wire. Types
keep their names in the contract, and methods and arguments are written in camel case. A name that
TypeScript or the wrapper needs gets an underscore.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ackord.codegen.casing import camel, constant
from ackord.codegen.errors import Problem
from ackord.codegen.plan import EventPlan, NamespacePlan, Plan, Result
from ackord.codegen.scopes import Scope, clashes
from ackord.codegen.typescript.reserved import CLIENT, GLOBALS, KEYWORDS, MOCK, PARAMETERS
from ackord.schema.model import Enum, Path, TaggedUnion

_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNames:
    """The names of one event."""

    method: str
    """The method of the client that sends the event, or hears it."""
    stream: str
    """The method that iterates over an event of the server."""
    mock: str
    """The method of a mock server that sends the event."""
    parameters: tuple[str, ...]
    result: str | None
    """The type of the answer, if the event declares errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceNames:
    """The names of one namespace."""

    client: str
    refusal: str
    """The type of the errors of a refused connection."""
    client_to_server: str
    server_to_client: str
    inter_server: str
    socket_data: str
    mock: str
    mock_handlers: str
    parameters: tuple[str, ...]
    """The parameters of the path."""
    events: Mapping[EventPlan, EventNames]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of a package."""

    types: Mapping[str, str]
    unknown: Mapping[str, str]
    """The types of unknown members, by open type."""
    errors: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]]
    """The members of enumerations, by type."""
    namespaces: tuple[NamespaceNames, ...]
    unknown_code: str
    """The code of errors that the contract doesn't declare."""
    taken: frozenset[str]
    """All types of the package, which no imported name may have."""
    problems: tuple[Problem, ...]
    """The problems with names that several parts of the contract would get."""

    def imported(self, name: str) -> str:
        """Return what a name of the wrapper's is called beside the types of the contract."""
        return f"{name}_" if name in self.taken else name


def lower_camel(identifier: str) -> str:
    """Make the name of a method or an argument."""
    name = camel(identifier)
    return name[:1].lower() + name[1:]


def name_everything(plan: Plan) -> Names:
    """Name the parts of a plan."""
    contract = plan.contract
    package = Scope(GLOBALS, keywords=KEYWORDS)
    problems: list[Problem] = []
    types = {each.name: package.claim(each.name) for each in contract.types}
    errors = {each.name: package.claim(each.name) for each in contract.errors}
    unknown = {
        each.name: package.claim(f"Unknown{each.name}")
        for each in contract.types
        if isinstance(each, Enum | TaggedUnion) and each.open
    }
    results = _name_results(plan.results, package)
    members = {
        each.name: _name_members(each, problems)
        for each in contract.types
        if isinstance(each, Enum)
    }
    namespaces = tuple(
        _name_namespace(each, package, results, problems) for each in plan.namespaces
    )
    codes = Scope(error.code for error in contract.errors)
    return Names(
        types=MappingProxyType(types),
        errors=MappingProxyType(errors),
        unknown=MappingProxyType(unknown),
        members=MappingProxyType(members),
        namespaces=namespaces,
        unknown_code=codes.claim(_UNKNOWN),
        taken=package.names() - GLOBALS,
        problems=tuple(problems),
    )


def _name_results(found: Sequence[Result], package: Scope) -> Mapping[EventPlan, str]:
    """Name answers; the namespace's name is put before names that several events would have."""
    plain = [f"{camel(each.event.declared.identifier)}Result" for each in found]
    count = Counter(plain)
    return {
        each.event: package.claim(
            f"{camel(each.namespace.declared.identifier)}{name}" if count[name] > 1 else name
        )
        for each, name in zip(found, plain, strict=True)
    }


def _name_members(declared: Enum, problems: list[Problem]) -> tuple[str, ...]:
    given = tuple(constant(member.identifier or member.value) for member in declared.members)
    values = [member.value for member in declared.members]
    paths = [("types", declared.name, "members", value) for value in values]
    where = f"enum {declared.name}: the members"
    problems += _refused(where, "the member", values, given, paths)
    return given


def _name_namespace(
    plan: NamespacePlan, package: Scope, results: Mapping[EventPlan, str], problems: list[Problem]
) -> NamespaceNames:
    prefix = camel(plan.declared.identifier)
    methods = Scope(CLIENT)
    names_down = [lower_camel(each.declared.identifier) for each in plan.server_to_client]
    sent = methods.claim_all([lower_camel(e.declared.identifier) for e in plan.client_to_server])
    heard = methods.claim_all(
        [lower_camel(f"on_{each.declared.identifier}") for each in plan.server_to_client]
    )
    streams = methods.claim_all(names_down)
    mocked = Scope(MOCK).claim_all(names_down)
    where = plan.declared.path
    sections = (
        ("client_to_server", plan.client_to_server, sent),
        ("server_to_client", plan.server_to_client, streams),
    )
    for section, sending, names in sections:
        listed = [each.declared.name for each in sending]
        paths = [("namespaces", where, section, name) for name in listed]
        problems += _refused(f"the events of {where}:", "the method", listed, names, paths)
    events = {
        event: EventNames(
            method=method,
            stream=stream,
            mock=mock,
            parameters=_name_parameters(event, ("namespaces", where, section), problems),
            result=results.get(event),
        )
        for section, found in (
            ("client_to_server", zip(plan.client_to_server, sent, sent, sent, strict=True)),
            ("server_to_client", zip(plan.server_to_client, heard, streams, mocked, strict=True)),
            ("server_to_server", ((event, "", "", "") for event in plan.server_to_server)),
        )
        for event, method, stream, mock in found
    }
    return NamespaceNames(
        client=package.claim(f"{prefix}Client"),
        refusal=package.claim(f"{prefix}Refusal"),
        client_to_server=package.claim(f"{prefix}ClientToServerEvents"),
        server_to_client=package.claim(f"{prefix}ServerToClientEvents"),
        inter_server=package.claim(f"{prefix}InterServerEvents"),
        socket_data=package.claim(f"{prefix}SocketData"),
        mock=package.claim(f"Mock{prefix}Server"),
        mock_handlers=package.claim(f"Mock{prefix}Handlers"),
        parameters=_parameters([each.identifier for each in plan.declared.params]),
        events=MappingProxyType(events),
    )


def _name_parameters(event: EventPlan, section: Path, problems: list[Problem]) -> tuple[str, ...]:
    declared = event.declared
    identifiers = [field.identifier for field in declared.args]
    given = _parameters(identifiers)
    paths = [(*section, declared.name, "args", field.name) for field in declared.args]
    where = f"the arguments of {declared.name!r} in {section[1]}:"
    problems += _refused(where, "the parameter", identifiers, given, paths)
    return given


def _parameters(identifiers: Sequence[str]) -> tuple[str, ...]:
    scope = Scope(PARAMETERS, keywords=KEYWORDS)
    return scope.claim_all([lower_camel(each) for each in identifiers])


def _refused(
    where: str, what: str, declared: Sequence[str], given: Sequence[str], paths: Sequence[Path]
) -> list[Problem]:
    """Return the problems with names that several parts would get."""
    return [
        Problem(
            f"{where} {' and '.join(map(repr, names))} would all become {what} {name} in "
            "TypeScript",
            "give all but one of them another `name:`",
            tuple(path for path, each in zip(paths, given, strict=True) if each == name),
        )
        for name, names in clashes(declared, given)
    ]
