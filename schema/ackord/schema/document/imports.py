"""Reading ``import:``."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.document.fields import check_name
from ackord.schema.document.nodes import ImportNode, Name
from ackord.schema.document.section import Section, read_text
from ackord.schema.names import SNAKE_NAME, snake_case
from ackord.schema.source import Place
from ackord.schema.yaml.nodes import Mapping, Node, Sequence, describe, is_null

_FORM = "write `- common.yaml` or `- common.yaml: {as: other}`"


def read_imports(section: Section) -> tuple[ImportNode, ...]:
    """Read a list of files, each with or without ``{as: alias}``."""
    node = section.node("import")
    if node is None or is_null(node):
        return ()
    if not isinstance(node, Sequence):
        section.report.add(
            "S010", node.place, f"'import' is a list of files, not {describe(node)}", hint=_FORM
        )
        return ()
    taken: dict[str, Place] = {}
    found: list[ImportNode] = []
    for item in node.items:
        one = _read_import(item, section)
        if one is None:
            continue
        first = taken.setdefault(one.alias.text, one.alias.place)
        if first != one.alias.place:
            section.report.add(
                "S018",
                one.alias.place,
                f"two files are imported as {one.alias.text!r}",
                hint=f"give one another name: `- {one.path.text[:60]}: {{as: other}}`",
                related=[related("the other one", first)],
            )
        else:
            found.append(one)
    return tuple(found)


def _read_import(item: Node, section: Section) -> ImportNode | None:
    report = section.report
    alias: Name | None = None
    if isinstance(item, Mapping):
        if len(item.entries) != 1:
            report.add("S010", item.place, "each item of 'import' is one file", hint=_FORM)
            return None
        entry = item.entries[0]
        path = Name(entry.key.text, entry.key.place)
        if not isinstance(entry.value, Mapping):
            what = describe(entry.value)
            report.add(
                "S010",
                entry.value.place,
                f"beside a file stands a mapping, not {what}",
                hint=_FORM,
            )
            return None
        inner = Section(entry.value, path.place, "an import", ("as",), report)
        alias = inner.text("as", required=True)
        if alias is None:
            return None
    else:
        text = read_text(item, "a file", report)
        if text is None:
            return None
        path = text
    if not path.text or not path.text.isprintable():
        report.add("S066", path.place, "this is no path of a file")
        return None
    if alias is not None:
        well_named = check_name(alias, SNAKE_NAME, "an import", report)
        return ImportNode(path=path, alias=alias) if well_named else None
    stem = re.sub(r"\.(ya?ml|json)$", "", PurePosixPath(path.text).name)
    alias = Name(snake_case(stem[:200]), path.place)
    if not SNAKE_NAME.pattern.fullmatch(alias.text):
        report.add(
            "S017",
            path.place,
            f"{stem[:60]!r} can't name an import",
            hint=f"say its name: `- {path.text[:60]}: {{as: common}}`",
        )
        return None
    return ImportNode(path=path, alias=alias)
