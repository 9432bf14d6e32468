"""Namespaces and their events -> the IR."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, Literal

from ackord.schema.analysis.ack_forms import AckForms
from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import (
    BrokenNode,
    EventNode,
    FieldNode,
    Name,
    NamespaceNode,
    PythonNode,
    RecordNode,
    TypeNode,
)
from ackord.schema.model import (
    REFRESH_AUTH,
    AckStyle,
    Event,
    Field,
    Namespace,
    RefType,
    ReservedEvents,
    Type,
)
from ackord.schema.names import MAX_NAME, SNAKE_NAME, camel_case, lower_camel_case, snake_case
from ackord.schema.resolve.reserved import check_reserved
from ackord.schema.resolve.rooms import PARAMETER, check_template, resolve_params
from ackord.schema.resolve.scopes import Scopes
from ackord.schema.resolve.types import TypeResolver
from ackord.schema.source import Place

_OTHER_NAME: Final = "give one of the two another `name:`"
_BETWEEN: Final = "FromCluster"
"""The ending of names that come from events between servers."""
_PATH: Final = re.compile(r"/|(?:/(?:[A-Za-z0-9_.~-]|\{[^{}/]*\})+)+")


class NamespaceResolver:
    """Resolves the namespaces of one document."""

    def __init__(self, scopes: Scopes, types: TypeResolver, report: Reporter) -> None:
        self._scopes = scopes
        self._document = scopes.root
        self._types = types
        self._report = report
        self._identifiers: dict[str, Place] = {}
        self._identifier_of: dict[str, str] = {}

    def resolve(self, node: NamespaceNode) -> Namespace:
        """Resolve one namespace."""
        self._check_path(node)
        identifier = self._identifier_of[node.path.text] = self._identifier(node)
        camel = camel_case(identifier)
        auth = self._payload(node.auth, f"{camel}Auth")
        connect_errors = self._known(node.connect_errors, "errors", "S042")
        return Namespace(
            path=node.path.text,
            identifier=identifier,
            params=resolve_params(node.params, camel, self._types, self._report),
            auth=auth,
            auth_expires=node.auth_expires is not None,
            session=self._payload(node.session, f"{camel}Session"),
            connect_errors=connect_errors,
            error_replies=node.error_replies,
            rate=node.rate,
            reserved=ReservedEvents(
                client_to_server=self._reserved(node, "client_to_server", node.client_to_server),
                server_to_client=self._reserved(node, "server_to_client", node.server_to_client),
                server_to_server=self._reserved(node, "server_to_server", node.server_to_server),
            ),
            client_to_server=(
                *self._events(node, node.client_to_server, "FromClient"),
                *self._refresh(node, auth, connect_errors),
            ),
            server_to_client=self._events(node, node.server_to_client, "FromServer"),
            server_to_server=self._events(node, node.server_to_server, _BETWEEN),
            doc=node.doc,
            deprecated=node.deprecated,
            since=self._types.since(node.since),
        )

    def _check_path(self, node: NamespaceNode) -> None:
        path = node.path
        if not _PATH.fullmatch(path.text):
            hint = (
                f"write /{path.text}"
                if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", path.text)
                else "for example /chat, /admin/users or /tenant/{tenant}"
            )
            self._report.add(
                "S050", path.place, f"{path.text[:60]!r} is no path of a namespace", hint=hint
            )
        else:
            check_template(path, node.params, "S051", self._report)

    def _identifier(self, node: NamespaceNode) -> str:
        path = node.path
        if node.identifier is not None:
            name = node.identifier
        elif path.text == "/":
            name = Name(self._document.name.text, path.place)
        else:
            plain = snake_case(PARAMETER.sub(" ", path.text[:200]))
            name = Name(plain or snake_case(path.text[:200]), path.place)
            if not SNAKE_NAME.pattern.fullmatch(name.text) and _PATH.fullmatch(path.text):
                hint = "say how generated code calls it: `name: my_namespace`"
                if SNAKE_NAME.is_only_too_long(name.text):
                    hint = f"names there have at most {MAX_NAME} characters: {hint}"
                self._report.add(
                    "S017",
                    path.place,
                    f"{path.text[:60]!r} can't be a name in generated code",
                    hint=hint,
                )
        self._claim(self._identifiers, name, f"the namespace {path.text}")
        return name.text

    def _claim(
        self, taken: dict[str, Place], name: Name, what: str, hint: str = _OTHER_NAME
    ) -> None:
        first = taken.setdefault(name.text, name.place)
        if first != name.place:
            message = f"{what} is {name.text!r} in generated code, as another one is"
            self._report.add(
                "S018",
                name.place,
                message,
                hint=hint,
                related=[related("the other one", first)],
            )

    def _payload(self, node: TypeNode | None, inline_name: str) -> Type | None:
        if node is None:
            return None
        resolved = self._types.plain(node, inline_name)
        if resolved is None or node.fields is not None:
            return resolved
        declared = self._types.node(resolved.name) if isinstance(resolved, RefType) else None
        if not isinstance(declared, RecordNode | PythonNode | BrokenNode):
            hint = "write `{fields: {…}}` or the name of a record"
            self._report.add(
                "S052",
                node.place,
                "what a client connects with, and what is kept of it, is a record",
                hint=hint,
            )
            return None
        return resolved

    def _known(
        self, names: Iterable[Name], kind: Literal["errors", "rooms"], code: str
    ) -> tuple[str, ...]:
        found: dict[str, Name] = {}
        for name in names:
            qualified = self._scopes.find(name, kind)
            if qualified in found:
                self._report.add(
                    "S019",
                    name.place,
                    f"{name.text!r} is listed twice",
                    related=[related("here", found[qualified].place)],
                )
            elif qualified is not None:
                found[qualified] = name
            elif not self._scopes.is_unread(name):
                known = self._scopes.known(name.place.file, kind)
                hint = self._report.nearest(name.text, known) or (
                    f"{name.text} is a type: declare {kind} under `{kind}:`"
                    if self._scopes.find(name, "types") is not None
                    else f"declare it under `{kind}:`"
                )
                what = kind.removesuffix("s")
                self._report.add(code, name.place, f"unknown {what} {name.text!r}", hint=hint)
        return tuple(found)

    def _reserved(
        self, namespace: NamespaceNode, direction: str, nodes: Iterable[EventNode]
    ) -> tuple[str, ...]:
        camel = self._document.names == "camelCase"
        removed = [
            Name(lower_camel_case(name.text), name.place) if camel else name
            for name in namespace.reserved.get(direction, ())
        ]
        used = [Name(self._wire_name(node), node.name.place) for node in nodes]
        return check_reserved(removed, used, "an event", self._report)

    def _wire_name(self, node: EventNode) -> str:
        camel = self._document.names == "camelCase" and not node.has_identifier
        return lower_camel_case(node.name.text) if camel else node.name.text

    def _events(
        self, namespace: NamespaceNode, nodes: Iterable[EventNode], origin: str
    ) -> tuple[Event, ...]:
        taken: dict[str, Place] = {}
        on_wire: dict[str, Place] = {}
        events: list[Event] = []
        for node in nodes:
            self._claim(taken, node.identifier, f"the event {node.name.text}")
            wire = self._wire_name(node)
            first = on_wire.setdefault(wire, node.name.place)
            if first != node.name.place:
                self._report.add(
                    "S071",
                    node.name.place,
                    f"{node.name.text!r} is {wire!r} on the wire, as another event is",
                    related=[related("the other one", first)],
                )
            events.append(self._event(namespace, node, origin))
        return tuple(events)

    def _event(self, namespace: NamespaceNode, node: EventNode, origin: str) -> Event:
        camel = self._event_class(namespace, node, origin)
        acked = node.ack_place is not None or bool(node.errors)
        if not acked:
            self._refuse_ack_settings(node)
        style: AckStyle = (
            (node.acks[1] if node.acks else None) or namespace.acks or self._document.acks or "bare"
        )
        args = self._args(node.args, camel)
        ack = self._types.plain(node.ack, f"{camel}Ack") if node.ack is not None else None
        if node.ack is not None and ack is not None and style == "bare" and namespace.error_replies:
            self._require_result_style(ack, node.ack.place)
        ack_args = self._ack_args(
            namespace, node, f"{camel}Ack", style, is_between=origin == _BETWEEN
        )
        return Event(
            name=self._wire_name(node),
            identifier=node.identifier.text,
            args=args,
            ack=ack,
            acked=acked,
            ack_args=ack_args,
            ack_style=style if acked else "bare",
            errors=self._known(node.errors, "errors", "S042"),
            timeout=node.timeout[1] if node.timeout else None,
            rooms=self._known(node.rooms, "rooms", "S046"),
            concurrent=node.concurrent,
            rate=node.rate,
            doc=node.doc,
            deprecated=node.deprecated,
            since=self._types.since(node.since),
        )

    def _refresh(
        self, namespace: NamespaceNode, auth: Type | None, errors: tuple[str, ...]
    ) -> Iterator[Event]:
        """Make the event by which a client renews its authentication, if that expires."""
        place = namespace.auth_expires
        if place is None or auth is None:
            return
        for node in namespace.client_to_server:
            if node.identifier.text == "refresh_auth":
                self._report.add(
                    "S018",
                    node.identifier.place,
                    f"the event {node.name.text} is 'refresh_auth' in generated code, as the one "
                    "by which a client renews its authentication",
                    hint=_OTHER_NAME,
                    related=[related("here", place)],
                )
        style = namespace.acks or self._document.acks or "bare"
        yield Event(
            name=REFRESH_AUTH,
            identifier="refresh_auth",
            args=(Field(name="auth", type=auth),),
            acked=True,
            ack_style=style,
            errors=errors,
            doc="Renew the authentication of this connection, before it expires.",
        )

    def _event_class(self, namespace: NamespaceNode, node: EventNode, origin: str) -> str:
        """Return the prefix for the names of an event's inline records: the event's name alone,
        unless another event uses that.

        Events of several namespaces and directions may have the same name. A later event never
        changes the names of earlier ones.
        """
        plain = camel_case(node.identifier.text)
        longer = camel_case(self._identifier_of[namespace.path.text]) + plain
        endings = ["Ack"] if node.ack is not None and node.ack.fields is not None else []
        endings += [
            prefix + camel_case((arg.identifier or arg.name).text)
            for prefix, args in (("", node.args), ("Ack", node.ack_args or ()))
            for arg in args
            if arg.type is not None and arg.type.fields is not None
        ]
        for prefix in (plain, longer):
            if not any(prefix + ending in self._types.lifted for ending in endings):
                return prefix
        return longer + origin

    def _require_result_style(self, ack: Type, place: Place) -> None:
        """Refuse a bare ack that could be taken for a failure; checked when all types are known."""

        def check() -> None:
            if AckForms(self._types.declarations, self._types.output_schemas).may_look_like_failure(
                ack
            ):
                message = (
                    "this acknowledgement could be an object with the key 'error', which is how a "
                    "failure looks"
                )
                hint = 'write `acks: result` beside it: then success is {"ok": value}'
                self._report.add("S060", place, message, hint=hint)

        self._types.later(check)

    def _args(self, nodes: tuple[FieldNode, ...], owner: str) -> tuple[Field, ...]:
        """Resolve arguments, of an event or of its acknowledgement."""
        args = self._types.fields(nodes, owner, "argument")
        self._check_order(nodes)
        self._types.later(lambda: self._check_absence(nodes, args))
        return args

    def _ack_args(
        self,
        namespace: NamespaceNode,
        node: EventNode,
        owner: str,
        style: AckStyle,
        *,
        is_between: bool,
    ) -> tuple[Field, ...] | None:
        """Resolve the arguments of an acknowledgement."""
        if node.ack_args is None or node.ack_place is None:
            return None
        place = node.ack_place
        args = self._args(node.ack_args, owner)
        if args and is_between:
            self._report.add(
                "S073",
                place,
                "an acknowledgement of another server has one value",
                hint="answer with one record: `ack: {fields: {…}}`",
            )
        elif args and style == "result":
            self._report.add(
                "S073",
                place,
                "several arguments have no form for `acks: result`",
                hint="write `acks: bare` beside it, or answer with one record",
            )
        elif args and namespace.error_replies and not any(arg.required for arg in args[1:]):
            self._types.later(lambda: self._check_first(args[0].type, place))
        return args or None

    def _check_first(self, of: Type, place: Place) -> None:
        """Refuse a first argument that could be taken for a failure if it comes alone."""
        forms = AckForms(self._types.declarations, self._types.output_schemas)
        if forms.may_look_like_failure(of):
            self._report.add(
                "S060",
                place,
                "this acknowledgement could be one object with the key 'error', which is how a "
                "failure looks",
                hint="require a second argument, or write `error_replies: false` in the namespace "
                "if it describes an API with errors of its own",
            )

    def _refuse_ack_settings(self, node: EventNode) -> None:
        settings = (("timeout", node.timeout), ("acks", node.acks))
        for key, setting in settings:
            if setting is not None:
                message = f"{key!r} says nothing here: {node.name.text} has no acknowledgement"
                self._report.add(
                    "S056",
                    setting[0].place,
                    message,
                    hint="declare `ack:` or `errors:`, or remove it",
                )

    def _check_absence(self, nodes: Iterable[FieldNode], args: Sequence[Field]) -> None:
        """Refuse optional arguments before others if null is a value of them, because their absence
        can't be written then.
        """
        places = {node.name.text: node.name.place for node in nodes}
        for arg, following in pairwise(args):
            if arg.is_maybe and "null" in json_kinds(arg.type, self._types.declarations):
                message = (
                    f"the argument {arg.name!r} can't be left out before {following.name!r}: null "
                    "in its place is a value"
                )
                hint = (
                    "move it to the end, let it be absent or null but not both, or put the "
                    "arguments into a record"
                )
                self._report.add("S058", places[arg.name], message, hint=hint)

    def _check_order(self, args: Iterable[FieldNode]) -> None:
        optional: FieldNode | None = None
        identifiers: dict[str, Place] = {}
        for arg in args:
            self._claim(
                identifiers,
                arg.identifier or Name(snake_case(arg.name.text[:200]), arg.name.place),
                f"the argument {arg.name.text}",
                "rename one of the two, or give it a `name:`; the names of arguments don't travel",
            )
            if arg.type is None:
                continue
            expression = arg.type.expression
            if expression is not None and (
                expression.optional is not None or expression.default is not None
            ):
                optional = optional or arg
            elif optional is not None:
                message = (
                    f"the argument {arg.name.text!r} must be there, but {optional.name.text!r} "
                    "before it may be absent"
                )
                hint = "arguments are positional: move it to the front, or let it be absent too"
                first = related(f"{optional.name.text!r} may be absent", optional.name.place)
                self._report.add("S055", arg.name.place, message, hint=hint, related=[first])
