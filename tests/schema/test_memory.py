"""Loading a changed file with the memory of earlier loads gives what loading it anew gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ackord.schema import LoadResult, Memory, load_bytes
from ackord.schema.source import Place
from ackord.schema.yaml import blocks, parsers
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.toolkit import large_schema
from tests.schema.test_bad_schemas import CASES
from tests.schema.test_bad_schemas import HEAD as BAD_HEAD
from tests.schema.test_fuzz import GOOD, PIECES

COMMON = "ackord: 1\ntypes:\n  User:\n    fields: {id: int}\n  Old: str\n"
IMPORTING = GOOD.replace("types:\n", "import: [common.yaml]\ntypes:\n  Admin: common.User\n", 1)
COMMENTED = """\
# A contract.
---
ackord: 1
name: demo # its name
version: 1.0.0
'types': # all of them

  # The first one.
  A:
    doc: |
      Several lines,

      and more.

  "B": {enum: [
    a, b
  ]}
  C:
    union:
    - A
    - D

    tag: kind
  D:
    fields:
      text:
        type: str # any
        ignore: {S063: "short"}
namespaces:
    "/x/{id}":
        params: {id: int}
        client_to_server:
            say: {args: {a: C}}
            ask: {args: {b: B?}, ack: null}
        server_to_client:
    /y:
        server_to_client: {say: {args: {a: C}}}
        reserved:
            client_to_server: [ask]
"""
BLOCKS_IN_DISGUISE = (
    *(
        "ackord: 1\ntypes:\n" + text
        for text in (
            "  A: str\n  ? B\n  : str\n",
            '  A: "x\n  B: y"\n',
            "  A: {enum: [a,\n  b]}\n",
            "  A:\n  - B\n  C: str\n",
            "  A: |\n    B: str\n  C: str\n",
            "  A: str\n  B\n",
            "  A: str\n B: str\n",
            "  A: str\n\tB: str\n",
            "  A: str\n...\nname: a\n",
            "  A: str\n---\nname: a\n",
            "  A: str\n%YAML 1.2\n",
            "  A: str\n  A: int\n",
            "  A: str # }",
            "  A: {fields: {}} # }",
            f"  A: {'[' * 48}{']' * 48}\n",
            f"  A: {'[' * 47}{']' * 47}\n",
            "#  A: str\n",
            "\t\n  A: str\n",
            "\t# all\n  A: str\n",
            "  A: {fields: {}}\n\t\n  B: str\n",
            "  A: str\n?",
            "  A: str\n  ?\n",
            "\n  &a A: *b\n  <<: c\n",
        )
    ),
    "  ackord: 1\n  types:\n    A: str\n",
    "types: str\ntypes:\n  A: str\n",
    "\t\nackord: 1\n",
    "---\n\t# all\nackord: 1\n",
)
"""Texts whose blocks aren't what they seem."""
TEXTS = (GOOD, COMMENTED, IMPORTING, large_schema(12, 6))


class Texts:
    """The imported files."""

    def __init__(self, common: str) -> None:
        self._common = common

    def identity(self, file: str) -> str:
        return file

    def read(self, file: str, limit: int) -> bytes:
        if file != "common.yaml":
            raise OSError(2, "No such file")
        return self._common.encode(errors="surrogatepass")[:limit]


def with_ranges(node: Any) -> Any:
    """Put lines and columns in place of the places in a document."""
    if isinstance(node, Place):
        return node.file, node.range
    kind = type(node).__name__
    if kind in {"tuple", "list"}:
        return [with_ranges(part) for part in node]
    if kind == "dict":
        return [kind, *[(key, with_ranges(part)) for key, part in node.items()]]
    names = getattr(node, "_fields", None) or getattr(node, "__dataclass_fields__", ())
    return [kind, *[with_ranges(getattr(node, name)) for name in names]] if names else node


def check(memory: Memory, text: str, common: str = COMMON) -> LoadResult:
    data, files = text.encode(errors="surrogatepass"), Texts(common)
    warm = load_bytes(data, "own.yaml", files, memory=memory)
    cold = load_bytes(data, "own.yaml", files)
    assert warm.diagnostics == cold.diagnostics
    assert warm.contract == cold.contract
    assert warm.sources == cold.sources
    documents = [
        {name: with_ranges(file.document) for name, file in result.files.items()}
        for result in (warm, cold)
    ]
    assert documents[0] == documents[1]
    return warm


@st.composite
def edits(draw: st.DrawFn, text: str) -> str:
    """Change a text at one place, as an editor does."""
    if draw(st.booleans()):
        start = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        new = draw(st.one_of(st.text(max_size=3), st.lists(PIECES, max_size=3).map("".join)))
        return text[:start] + new + text[start + length :]
    lines = text.splitlines(keepends=True) or [""]
    first = draw(st.integers(0, len(lines) - 1))
    last = draw(st.integers(first, min(first + 6, len(lines))))
    part = lines[first:last]
    match draw(st.sampled_from(["delete", "double", "move", "indent", "dedent"])):
        case "delete":
            lines[first:last] = []
        case "double":
            lines[first:first] = part
        case "move":
            lines[first:last] = []
            to = draw(st.integers(0, len(lines)))
            lines[to:to] = part
        case "indent":
            lines[first:last] = [f"  {line}" for line in part]
        case _:
            lines[first:last] = [line.removeprefix("  ") for line in part]
    return "".join(lines)


@given(st.data())
def test_random_edits(data: st.DataObject) -> None:
    memory = Memory()
    text, common = data.draw(st.sampled_from(TEXTS)), COMMON
    check(memory, text)
    for _ in range(data.draw(st.integers(1, 6))):
        before = text
        if "common.yaml" in text and data.draw(st.booleans()):
            common = data.draw(edits(common))
        else:
            text = data.draw(edits(text))
        check(memory, text, common)
        if data.draw(st.booleans()):
            check(memory, before, common)


def test_mistakes_come_and_go() -> None:
    memory = Memory()
    for text, _ in CASES.values():
        check(memory, BAD_HEAD + text)
        check(memory, BAD_HEAD)
    for text in BLOCKS_IN_DISGUISE:
        check(memory, text)


def test_only_a_changed_block_is_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, text, parsed = Memory(), large_schema(200, 100), list[str]()

    def note(part: str) -> Iterator[Any]:
        parsed.append(part)
        return parsers.events(part)

    monkeypatch.setattr(blocks, "events", note)
    check(memory, text)
    assert len(parsed) > 300
    parsed.clear()
    changed = text.replace("a model, number 31.", "a model.")
    check(memory, f"# {changed}")
    assert [part.split(":")[0].strip() for part in parsed] == ["save_31"]


def test_only_what_changed_is_forgotten() -> None:
    memory = Memory()
    for text in (IMPORTING, GOOD, IMPORTING):
        assert check(memory, text).contract is not None
