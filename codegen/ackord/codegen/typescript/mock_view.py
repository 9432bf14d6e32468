"""The stand-ins for servers, for the template of ``mock.ts``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ackord.codegen.plan import EventPlan, NamespacePlan, Plan
from ackord.codegen.typescript.answers import handler_type
from ackord.codegen.typescript.arguments import Arguments
from ackord.codegen.typescript.naming import EventNames, Names, NamespaceNames
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import braces, bracketed, comment, key, literal
from ackord.codegen.typescript.type_views import tags


@dataclass(frozen=True, slots=True, kw_only=True)
class MockView:
    """The stand-in for the server of one namespace."""

    names: NamespaceNames
    path: str
    head: str
    """The first line of the class."""
    handlers: tuple[str, ...]
    """The handlers of a client's events, as members of an interface."""
    events: tuple[str, ...]
    """What the contract says of each of these events."""
    methods: tuple[str, ...]
    """The methods that send a server's events."""


class MockViews:
    """The stand-ins, as text."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._plan = plan
        self._names = names
        self.arguments = Arguments(plan, names, settings)
        self.annotations = self.arguments.annotations

    def views(self) -> Iterator[MockView]:
        """Return each namespace."""
        for plan, names in zip(self._plan.namespaces, self._names.namespaces, strict=True):
            errors = [self.annotations.error(error.name) for error in plan.connect_errors]
            yield MockView(
                names=names,
                path=plan.declared.path,
                head=bracketed(
                    f"export class {names.mock} extends mocking.MockServer<",
                    [names.client, names.mock_handlers, " | ".join(errors) or "never"],
                    "> {",
                    last="",
                ),
                handlers=tuple(
                    self._handler(event, names.events[event]) for event in plan.client_to_server
                ),
                events=tuple(
                    self._event(event, names.events[event], plan) for event in plan.client_to_server
                ),
                methods=tuple(
                    self._method(event, names.events[event], names.events[event].mock)
                    for event in plan.server_to_client
                ),
            )

    def _handler(self, event: EventPlan, names: EventNames) -> str:
        declared = event.declared
        value = handler_type(self.annotations, event) if event.acked else "void"
        parameters = self.arguments.received(declared, names)
        said = comment(declared.doc, tags(declared), 2)
        tail = f"): {value} | Promise<{value}>;"
        return said + bracketed(f"{names.method}?(", parameters, tail, indent=2)

    def _event(self, event: EventPlan, names: EventNames, plan: NamespacePlan) -> str:
        declared = event.declared
        entries = [f"name: {literal(names.method)}", *self.arguments.question(event, plan)]
        return bracketed(f"{key(declared.name)}: {{ ", entries, " }", indent=6)

    def _method(self, event: EventPlan, names: EventNames, method: str) -> str:
        declared = event.declared
        said = comment(declared.doc, tags(declared), 2)
        parameters = self.arguments.sent(declared, names)
        values = self.arguments.values(event, names)
        name = literal(declared.name)
        if not event.acked:
            head = bracketed(f"{method}(", parameters, "): void {", indent=2)
            return f"{said}{head}\n    this.emit({name}, {values});\n  }}\n"
        value = handler_type(self.annotations, event)
        head = bracketed(f"{method}(", parameters, f"): Promise<{value}> {{", indent=2)
        entries = self.arguments.reply(event)
        has_errors = str(bool(event.errors)).lower()
        call = bracketed(
            "return this.ask(", [name, values, braces(entries), has_errors], ");", indent=4
        )
        return f"{said}{head}\n{call}\n  }}\n"
