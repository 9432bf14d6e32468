"""Patterns as Rust's regex crate and JavaScript read them."""

from __future__ import annotations

import json
import random
import subprocess

import pytest
from ackord.schema.analysis.javascript_patterns import foreign_part
from ackord.schema.analysis.patterns import ascii_pattern
from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

FRAGMENTS = [
    r"a",
    r"b",
    r"-",
    r"^",
    r"$",
    r"[",
    r"]",
    r"{",
    r"}",
    r"(",
    r")",
    r"(?:",
    r"(?i)",
    r"(?P<n>",
    r"(?<n>",
    r"|",
    r"*",
    r"+",
    r"?",
    r"{2}",
    r"{1,2}",
    r"{,3}",
    r"{2,}",
    r"\d",
    r"\w",
    r"\W",
    r"\s",
    r"\b",
    r"\B",
    r"\A",
    r"\z",
    r"\-",
    r"\@",
    r"\_",
    r"\.",
    r"\/",
    r"/",
    r"\[",
    r"\]",
    r"[[:alpha:]]",
    r"&&",
    r"--",
    r"~~",
    r"&",
    r"~",
    r"\pL",
    r"\p{L}",
    r"\p{Lu}",
    r"\p{Greek}",
    r"\p{Script=Greek}",
    r"\p{greek}",
    r"\x41",
    r"\x{41}",
    r"\u{41}",
    r"\u0041",
    r"\U00000041",
    r"\a",
    r"\t",
    r"\<",
    r"\b{start}",
    r"[^",
    r"[a-z]",
    r"[^a]",
    r"1",
    r"_",
    r".",
    r"(?s:",
    r"(?x)",
    r"(?-u:",
    r"é",
    r"\#",
    r"#",
    r"[]a]",
    r"[a-\d]",
    r"[\w-]",
    r"[\w-a]",
    r"[-a]",
    r"\n",
]
TEXTS = [
    *(
        "",
        "a",
        "b",
        "ab",
        "A",
        "1",
        "-",
        "^",
        "]",
        "[",
        "é",
        "é1",
        "\u03b1",
        "&",
        "~",
        "_",
        " ",
        "@",
        ".",
    ),
    *("aa", "aaa", "a-b", "\n", "a\n", "λa", "/", "#", "<", ">", "a&b", "{2}", "{,3}", "a{,3}"),
]
READ = """
const [patterns, texts] = JSON.parse(require('fs').readFileSync(0));
console.log(JSON.stringify(patterns.map(pattern => {
  let found;
  try { found = new RegExp(pattern, 'u') } catch (error) { return null }
  return texts.map(text => found.test(text));
})));
"""


def matched(pattern: str) -> list[bool]:
    validator = SchemaValidator(core_schema.str_schema(pattern=ascii_pattern(pattern)))

    def is_matched(text: str) -> bool:
        try:
            validator.validate_python(text)
        except ValidationError:
            return False
        return True

    return [is_matched(text) for text in TEXTS]


def patterns(seed: int, count: int) -> dict[str, list[bool]]:
    """Make patterns that Rust takes, each with the texts that it matches."""
    chance = random.Random(seed)  # noqa: S311 - a fixed sequence
    found: dict[str, list[bool]] = {}
    while len(found) < count:
        pattern = "".join(chance.choices(FRAGMENTS, k=chance.randint(1, 5)))
        try:
            SchemaValidator(core_schema.str_schema(pattern=pattern))
        except SchemaError:
            continue
        found[pattern] = matched(pattern)
    return found


@pytest.mark.interop
def test_patterns_without_a_warning_are_those_that_node_reads_alike() -> None:
    made = patterns(1, 2000)
    node = subprocess.run(
        ["node", "-e", READ],
        input=json.dumps([list(made), TEXTS]),
        capture_output=True,
        text=True,
        check=True,
    )
    alike = {
        pattern
        for (pattern, rust), read in zip(made.items(), json.loads(node.stdout), strict=True)
        if read == rust
    }
    clean = {pattern for pattern in made if foreign_part(pattern) is None}
    assert clean - alike == set()
    # Sets without common members, such as [~~], happen to mean the same.
    assert [one for one in alike - clean if not {"~~", "--", "&&"} & {foreign_part(one)}] == []
    assert len(clean) > 300
