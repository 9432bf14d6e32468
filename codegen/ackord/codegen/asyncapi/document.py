"""Describes a contract as an AsyncAPI 3 document, from the side of the server.

A namespace is a channel. An event is an operation: the server receives what clients send, and sends
the rest. An acknowledgement is the operation's reply, with a message for the success and one for
each error. The payload of a message is the list of the event's arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ackord.codegen.asyncapi.losses import losses
from ackord.codegen.casing import camel
from ackord.codegen.documentation import first_paragraph, words
from ackord.codegen.plan import EventPlan, NamespacePlan, Plan
from ackord.codegen.wire.examples import Examples
from ackord.codegen.wire.schemas import (
    Schema,
    arguments_schema,
    declared_schemas,
    list_schema,
    record_schema,
    type_schema,
)
from ackord.schema.model import Error, Event

VERSION: Final = "3.0.0"


def describe(plan: Plan) -> Schema:
    """Return the document, as decoded JSON."""
    writer = _Writer(plan)
    channels = {each.declared.identifier: writer.channel(each) for each in plan.namespaces}
    return {
        "asyncapi": VERSION,
        "info": _info(plan),
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": writer.operations,
        "components": {"schemas": declared_schemas(plan)},
    }


def _info(plan: Plan) -> Schema:
    contract = plan.contract
    lost = [f"- {each}" for each in losses(plan)]
    said = "\n".join(["Not expressed in this document:", "", *lost]) if lost else None
    paragraphs = [contract.doc and contract.doc.strip(), said]
    description = "\n\n".join(each for each in paragraphs if each)
    return {
        "title": contract.name,
        "version": contract.version,
        **({"description": description} if description else {}),
    }


class _Writer:
    def __init__(self, plan: Plan) -> None:
        self._examples = Examples(plan)
        self.operations: dict[str, Schema] = {}

    def channel(self, namespace: NamespacePlan) -> Schema:
        """Describe a namespace, and collect its operations."""
        declared = namespace.declared
        messages: dict[str, Schema] = {}
        for action, events in (
            ("receive", namespace.client_to_server),
            ("send", namespace.server_to_client),
        ):
            for event in events:
                self._event(namespace, event, action, messages)
        if declared.auth is not None or namespace.connect_errors:
            self._connect(namespace, messages)
        params = {each.name: {"description": words(each) or each.name} for each in declared.params}
        doc = words(declared)
        return {
            "address": declared.path,
            "title": f"Namespace {declared.path}",
            **({"description": doc} if doc else {}),
            **({"parameters": params} if params else {}),
            "messages": messages,
        }

    def _event(
        self, namespace: NamespacePlan, event: EventPlan, action: str, messages: dict[str, Schema]
    ) -> None:
        declared = event.declared
        # A client and a server may both send an event of this name.
        side = "" if action == "receive" else ".from_server"
        name = f"{declared.identifier}{side}"
        messages[name] = {
            "name": declared.name,
            **_texts(declared),
            "payload": arguments_schema(declared.args),
            "examples": [{"payload": self._examples.arguments(declared.args)}],
        }
        replies = dict(self._replies(event, name)) if event.acked else {}
        messages |= replies
        self._operation(namespace, name, action, replies, _extensions(event))

    def _operation(
        self,
        namespace: NamespacePlan,
        name: str,
        action: str,
        replies: dict[str, Schema],
        extensions: Schema,
    ) -> None:
        channel = f"#/channels/{namespace.declared.identifier}"
        reply = {
            "channel": {"$ref": channel},
            "messages": [{"$ref": f"{channel}/messages/{each}"} for each in replies],
        }
        self.operations[f"{namespace.declared.identifier}.{name}"] = {
            "action": action,
            "channel": {"$ref": channel},
            "messages": [{"$ref": f"{channel}/messages/{name}"}],
            **({"reply": reply} if replies else {}),
            **extensions,
        }

    def _replies(self, event: EventPlan, name: str) -> Iterator[tuple[str, Schema]]:
        title = f"Acknowledgement of {event.declared.name}"
        payload, example = self._success(event.declared)
        yield (
            f"{name}.ack",
            {"name": "ack", "title": title, "payload": payload, "examples": [{"payload": example}]},
        )
        for error in event.errors:
            failure = {"error": _coded(error, message={"type": "string"})}
            data = {"data": self._examples.record(error.fields)} if error.fields else {}
            answer = {"error": {"code": error.code, "message": error.code, **data}}
            yield (
                f"{name}.{error.name}",
                {
                    "name": error.code,
                    **_texts(error, f"Answer to {event.declared.name}"),
                    "payload": list_schema([_object(failure)], 1),
                    "examples": [{"payload": [answer]}],
                },
            )

    def _success(self, event: Event) -> tuple[Schema, list[Any]]:
        if event.ack_args is not None:
            return arguments_schema(event.ack_args), self._examples.arguments(event.ack_args)
        if event.ack is None:
            return {"type": "array", "items": {"type": "null"}, "maxItems": 1}, []
        schema, example = type_schema(event.ack), self._examples.of(event.ack)
        if event.ack_style == "result":
            return list_schema([_object({"ok": schema})], 1), [{"ok": example}]
        return list_schema([schema], 1), [example]

    def _connect(self, namespace: NamespacePlan, messages: dict[str, Schema]) -> None:
        auth = namespace.declared.auth
        payload = {} if auth is None else type_schema(auth)
        examples = {} if auth is None else {"examples": [{"payload": self._examples.of(auth)}]}
        messages["CONNECT"] = {
            "name": "CONNECT",
            "title": f"Connect to {namespace.declared.path}",
            "payload": payload,
            **examples,
        }
        refusals = {
            f"CONNECT_ERROR.{error.name}": {
                "name": "CONNECT_ERROR",
                **_texts(error, "A refused connection"),
                "payload": _object({"message": {"type": "string"}, "data": _coded(error)}),
            }
            for error in namespace.connect_errors
        }
        messages |= refusals
        self._operation(namespace, "CONNECT", "receive", refusals, {})


def _coded(error: Error, **more: Schema) -> Schema:
    data = {"data": record_schema(error.fields)} if error.fields else {}
    return _object({"code": {"const": error.code}, **more, **data})


def _object(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _texts(declared: Event | Error, title: str | None = None) -> Schema:
    doc = words(declared)
    summary = first_paragraph(declared.doc)
    title = f"{title}: {camel(declared.name)}" if title else None
    found = {"title": title, "summary": summary, "description": doc if doc != summary else None}
    return {key: value for key, value in found.items() if value}


def _extensions(event: EventPlan) -> Schema:
    declared = event.declared
    rate = declared.rate and {"perSecond": declared.rate.per_second, "burst": declared.rate.burst}
    found = {
        "x-rooms": list(declared.rooms),
        "x-timeout": declared.timeout,
        "x-rate": rate,
    }
    return {key: value for key, value in found.items() if value}
