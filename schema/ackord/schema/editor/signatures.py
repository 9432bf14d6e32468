"""How declarations and events look on the wire, for hovers."""

from __future__ import annotations

from ackord.schema.document.namespaces import DIRECTIONS
from ackord.schema.document.nodes import EventNode, FieldNode, TypeNode
from ackord.schema.editor.declarations import Declared
from ackord.schema.load import LoadResult
from ackord.schema.source import Place


def describe_declaration(result: LoadResult, found: Declared) -> str:
    """Describe a declaration: its kind, its docs, and the lines in which it stands."""
    parts = [f"`{found.name}`: {found.what}", *([found.doc] if found.doc else [])]
    parts.append(f"```yaml\n{_excerpt(result, found.place)}\n```")
    return "\n\n".join(parts)


def _excerpt(result: LoadResult, place: Place, most: int = 12) -> str:
    """Return the lines of a declaration: its own, and those that stand further right."""
    lines = result.sources[place.file].split("\n")
    start = place.range.line - 1
    indent = len(lines[start]) - len(lines[start].lstrip())
    taken = [lines[start][indent:]]
    for line in lines[start + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        if len(taken) == most:
            taken.append("  …")
            break
        taken.append(line[indent:])
    return "\n".join(taken).rstrip()


def describe_event(result: LoadResult, file: str, line: int, column: int) -> str | None:
    """Describe the event whose name stands at a place, with its packets."""
    for namespace in result.files[file].document.namespaces:
        for direction in DIRECTIONS:
            events: tuple[EventNode, ...] = getattr(namespace, direction)
            for event in events:
                at = event.name.place.range
                if (at.line, at.column) <= (line, column) <= (at.end_line, at.end_column):
                    return _describe(result, event, namespace.path.text)
    return None


def _describe(result: LoadResult, event: EventNode, namespace: str) -> str:
    arguments = "".join(f", {_argument(result, field)}" for field in event.args)
    where = "" if namespace == "/" else f"{namespace},"
    asks = event.ack is not None or event.ack_args is not None or bool(event.errors)
    parts = [f"`{event.name.text}`: an event of `{namespace}`"]
    if event.doc:
        parts.append(event.doc)
    parts.append(f'On the wire: `2{where}{"1" if asks else ""}["{event.name.text}"{arguments}]`')
    if asks:
        parts.append(f"Answered: `3{where}1{_answer(result, event)}`")
    if event.errors:
        codes = ", ".join(f"`{error.text}`" for error in event.errors)
        parts.append(f'Or `[{{"error": {{"code": …}}}}]`: {codes}')
    return "\n\n".join(parts)


def _answer(result: LoadResult, event: EventNode) -> str:
    if event.ack_args is not None:
        return f"[{', '.join(_argument(result, field) for field in event.ack_args)}]"
    return "[null]" if event.ack is None else f"[{_type(result, event.ack)}]"


def _argument(result: LoadResult, field: FieldNode) -> str:
    return f"{field.name.text}: {_type(result, field.type)}"


def _type(result: LoadResult, node: TypeNode | None) -> str:
    """Return a type as it is written; an inline record is shortened."""
    if node is None or node.expression is None:
        return "{…}"
    at = node.expression.place.range
    line = result.sources[node.expression.place.file].split("\n")[at.line - 1]
    return line[at.column - 1 : at.end_column - 1] if at.line == at.end_line else "…"
