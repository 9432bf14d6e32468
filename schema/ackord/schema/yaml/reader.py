"""Reading the text of a schema file: YAML or JSON -> tree of nodes with places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Source
from ackord.schema.yaml.characters import clean, hide_line_ends
from ackord.schema.yaml.nodes import Node
from ackord.schema.yaml.parsers import YAMLError, events, slow_events
from ackord.schema.yaml.tree import TooDeepError, TreeBuilder

if TYPE_CHECKING:  # only editors have blocks of an earlier load
    from ackord.schema.yaml.blocks import Blocks

_REFUSED_BY_ONE: Final = r"(?:^|[\s\[{,])[&*!]|\\u[dD][89a-fA-F]"
"""Malformed anchors, aliases and tags, and escaped surrogates, which libyaml refuses and PyYAML's
own parser reads, so that they can be told apart from broken YAML.
"""


def read_yaml(source: Source, report: Reporter, blocks: Blocks | None = None) -> Node | None:
    """Read the only document of a file.

    A text that begins with a brace is read as JSON, every other text as YAML. What is broken is
    reported and left out. `blocks` are those of the file as it was read before.

    Returns:
        The tree; `None` if the file is empty or if no part of it can be read.
    """
    text = clean(source, report)
    if text.lstrip(" \t\n")[:1] == "{":
        from ackord.schema.yaml.json_reader import read_json  # noqa: PLC0415 - most files are YAML

        return read_json(source, report)
    text, hidden = hide_line_ends(text)
    known = None if hidden else blocks
    if known is not None and (tree := known.read(source, text, report)) is not None:
        return tree
    for parse in (events, slow_events) if re.search(_REFUSED_BY_ONE, text) else (events,):
        root, is_yaml = _build(text, parse, source, hidden, report)
        if is_yaml:
            return root
    from ackord.schema.yaml.recovery import Recovery  # noqa: PLC0415 - few files have errors

    mended = Recovery(source, text, report).mend()
    if mended is None:
        return None
    if known is not None and (tree := known.read(source, mended, report)) is not None:
        return tree
    for parse in (events, slow_events):
        root, is_yaml = _build(mended, parse, source, hidden, report)
        if is_yaml:
            return root
    return None


def _build(
    text: str,
    parse: Callable[[str], Iterator[Any]],
    source: Source,
    hidden: dict[int, str],
    report: Reporter,
) -> tuple[Node | None, bool]:
    """Build the tree of a text; also return whether the text is YAML. If it isn't, nothing is
    reported.
    """
    found = Reporter()
    builder = TreeBuilder(source, hidden, found)
    try:
        builder.build(parse(text))
    except YAMLError:
        return None, False
    except TooDeepError:
        report.include(found)
        return None, True
    report.include(found)
    return builder.root, True
