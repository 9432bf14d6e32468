"""Writes schema files in other ways that mean the same: spaces, line ends, quotes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.source import Source
from ackord.schema.yaml.nodes import Node, Scalar, Sequence
from ackord.schema.yaml.reader import read_yaml

ROOT: Final = Path(__file__).parents[2]
HEAD: Final = "ackord: 1\nname: demo\nversion: 1.0.0\nignore: {S063: tested}\n"
SCALARS: Final = """\
# before the first key

doc: |
  Text of
    several lines.

  The last one.
types:
  A:  # of a list
    enum:
      - a
      - value: b  # of b
        doc: >-
          folded
          text
      # after the last item
  B: {fields: {a: str}, doc: plain
    text of two lines}  # of B
  C:
    # in C
    fields:
      a: "quoted
        text"
      b: 'x'

    doc: |+2
        kept

  # below C
  D: int  # one
          # two
# at the end
"""


def schema_files() -> Iterator[tuple[Path, str]]:
    """Yield the schema files among the repository's YAML, with their texts."""
    for folder in ("examples", "tests"):
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            text = path.read_text(encoding="utf-8")
            if "node_modules" not in path.parts and re.search("^ackord:", text, re.MULTILINE):
                yield path, text


def corpus() -> dict[str, str]:
    """Return all good schema files of the repository, and those of the documentation."""
    found = {
        str(path.relative_to(ROOT)): text
        for path, text in schema_files()
        if not {"bad", "expected"} & set(path.parts)
    }
    for page in sorted((ROOT / "docs").rglob("*.md")):
        if page.name == "diagnostics.md":  # wrong examples
            continue
        examples = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for number, text in enumerate(examples):
            head = "" if re.search("^ackord:", text, re.MULTILINE) else HEAD
            if not text.startswith("- "):  # of another program
                found[f"{page.name} {number}"] = head + text
    return {**found, "scalars": HEAD + SCALARS}


def scalars_of(text: str) -> list[Scalar]:
    """Return all scalars of a file in their order."""
    found: list[Scalar] = []

    def walk(node: Node) -> None:
        if isinstance(node, Scalar):
            found.extend([node] if node.style is not None or node.text else [])
        elif isinstance(node, Sequence):
            for item in node.items:
                walk(item)
        else:
            for entry in node.entries:
                found.append(entry.key)
                walk(entry.value)

    root = read_yaml(Source("text.yaml", text), Reporter())
    if root is not None:
        walk(root)
    return found


class Mutator:
    """Changes a file at random."""

    def __init__(self, text: str, seed: int, *, comments: bool, quotes: bool) -> None:
        self._text = text
        self._random = Random(seed)  # noqa: S311 - no secret
        self._comments = comments
        self._quotes = quotes
        self._count = 0

    def mutate(self) -> str:
        written = ""
        end = 0
        for scalar in scalars_of(self._text):
            if scalar.start < end:
                continue
            written += self._gap(self._text[end : scalar.start])
            end = scalar.end
            if scalar.style in {"|", ">"}:
                end = scalar.start + len(self._text[scalar.start : scalar.end].rstrip())
                end = self._text.find("\n", end)
            written += self._scalar(scalar, self._text[scalar.start : end])
        return written + self._gap(self._text[end:])

    def _is(self, chance: float) -> bool:
        return self._random.random() < chance

    def _comment(self) -> str:
        self._count += 1
        return f"# c{self._count} {self._random.choice(['', '- x', 'a: b', '{', '#'])}".rstrip()

    def _scalar(self, scalar: Scalar, raw: str) -> str:
        if not self._quotes or scalar.kind != "text" or "\n" in raw or not self._is(0.2):
            return raw
        if self._is(0.5) or not scalar.text.isprintable():
            return raw if "\\" in scalar.text or '"' in scalar.text else f'"{scalar.text}"'
        return "'" + scalar.text.replace("'", "''") + "'"

    def _gap(self, gap: str) -> str:
        """Change what stands between two scalars."""
        pieces = re.split(r"(#[^\n]*|\n|[,{\[])", gap)
        return "".join(self._piece(piece) for piece in pieces)

    def _piece(self, piece: str) -> str:
        if piece == "\n":
            at_end = (
                f"{' ' * self._random.randint(1, 9)}{self._comment()}" if self._adds(0.1) else ""
            )
            blank = "\n" * self._random.randint(1, 3) if self._adds(0.1) else "\n"
            spaces = " " * self._random.choice([0, 0, 2])
            own = (
                f"{' ' * self._random.randint(0, 9)}{self._comment()}\n" if self._adds(0.1) else ""
            )
            return f"{at_end}{spaces}{blank}{own}"
        if piece in {",", "{", "["}:
            if not self._adds(0.1):
                return piece + " " * self._random.choice([0, 0, 0, 1, 3])
            at_end = f"  {self._comment()}" if self._is(0.3) else ""
            own = f"\n {self._comment()}" if self._is(0.3) else ""
            return f"{piece}{at_end}{own}\n{' ' * 30}"
        if piece.startswith(":") and not piece.isspace():
            return piece.replace(": ", ":" + " " * self._random.choice([1, 1, 4]))
        return piece

    def _adds(self, chance: float) -> bool:
        return self._comments and self._is(chance)
