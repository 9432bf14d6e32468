"""The canonical style: comments stay beside their nodes, and the meaning stays."""

from __future__ import annotations

import re

import pytest
from ackord.schema import format_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schema.formatting_mutations import HEAD, Mutator, corpus, scalars_of
from tests.schema.test_fuzz import GOOD, PIECES

CORPUS = corpus()
FREE = [name for name, text in CORPUS.items() if not re.search(": [|>]|   #", text)]
"""Files without text in which spaces count, and without comments in line."""


def form(text: str) -> str:
    """Format a text, again with the same result; `format_bytes` itself compares the contracts."""
    result = format_bytes(text.encode(), "text.yaml")
    assert result.data is not None, (result.note, result.loaded.diagnostics)
    again = format_bytes(result.data, "text.yaml")
    assert again.data == result.data
    return result.data.decode()


def comments(text: str) -> list[tuple[str, int, str]]:
    """Return each comment with the number of scalars before it, and the text since the last one."""
    found: list[tuple[str, int, str]] = []
    end = 0
    for number, scalar in enumerate([*scalars_of(text), None]):
        start = len(text) if scalar is None else scalar.start
        gap = text[end:start]
        found += [
            (match[0].rstrip(), number, gap[: match.start()])
            for match in re.finditer("#[^\n]*", gap)
        ]
        if scalar is not None:
            body = text[start : scalar.end].rstrip()
            end = scalar.end if scalar.style not in {"|", ">"} else start + len(body)
    return found


def check(text: str) -> bool:
    """Format a text, and compare the comments; return whether the text is YAML."""
    if format_bytes(text.encode(), "text.yaml").loaded.document is None:
        return False
    formatted = form(text)
    before, after = comments(text), comments(formatted)
    assert [one[0] for one in before] == [one[0] for one in after]
    assert "\n\n\n" not in formatted or ": |" in formatted
    for (comment, old, gap), (_, new, _) in zip(before, after, strict=True):
        # A comment between a key and its value goes above or behind the two.
        if not re.search(r"[:\]}]|^ *-", gap, re.MULTILINE):
            assert old == new, comment
        elif not re.search(r"[\]}]", gap):
            assert new >= old - 1, comment
    return True


@settings(max_examples=60)
@given(st.sampled_from(sorted(CORPUS)), st.integers(0, 2**32))
def test_a_file_written_in_another_way_keeps_its_meaning_and_its_comments(
    name: str, seed: int
) -> None:
    check(Mutator(CORPUS[name], seed, comments=True, quotes=True).mutate())


@settings(max_examples=30)
@given(st.sampled_from(FREE), st.integers(0, 2**32))
def test_spaces_and_empty_lines_too_many_make_no_difference(name: str, seed: int) -> None:
    formatted = form(CORPUS[name])
    mutated = Mutator(formatted, seed, comments=False, quotes=False).mutate()
    assert form(mutated.replace("\n\n", "\n\n\n")) == formatted


@pytest.mark.parametrize("name", CORPUS)
def test_all_schema_files_of_the_repository_can_be_formatted(name: str) -> None:
    check(CORPUS[name])


def types(text: str) -> str:
    return "types:\n" + "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())


CASES = {
    "spaces": (types("A:   { fields: {a: str ,b:  int}, }"), types("A: {fields: {a: str, b: int}}")),
    "type expressions": (
        types("A: list[ str ]\nB: {fields: {a: 'str ?', b: str|null, c: 'map[str,int]={}'}}"),
        types('A: list[str]\nB: {fields: {a: "str?", b: str | null, c: "map[str, int] = {}"}}'),
    ),
    "a default without quotes": (
        types('A:\n  fields:\n    a: json={"a" :[1,2, ]}'),
        types('A:\n  fields:\n    a: json = {"a":[1, 2]}'),
    ),
    "quotes": (
        types("A: {newtype: 'str', pattern: '^\\d\"$', doc: \"it's\"}\nB: {enum: ['on', \"1\", 'a: b']}"),
        types("A: {newtype: str, pattern: '^\\d\"$', doc: it's}\nB: {enum: [\"on\", \"1\", \"a: b\"]}"),
    ),
    "escapes stay": (types('A: {newtype: str, doc: "\\u00e9\\n"}'), types('A: {newtype: str, doc: "\\u00e9\\n"}')),
    "long flow": (
        types(f"A: {{fields: {{{', '.join(f'field_{n}: str' for n in range(9))}}}}}  # c"),
        types("A:  # c\n  fields:\n" + "".join(f"    field_{n}: str\n" for n in range(9))),
    ),
    "flow on several lines": (
        types("A: {  # a\n  # b\n  enum: [x, # c\n  y], # d\n  # e\n} # f"),
        types("A:  # a\n  # b\n  enum:\n    - x  # c\n    - y\n    # d\n  # e\n  # f"),
    ),
    "indentation and lists": (
        "types:\n    A:\n        enum:\n        - a\n        # b\n        -   value: b\n            doc: B.\n        # end\n    # end of A\n    B: int\n",
        types("A:\n  enum:\n    - a\n    # b\n    - value: b\n      doc: B.\n  # end\n# end of A\nB: int"),
    ),
    "comments between a key and its value": (
        types("A: # a\n  int\nB:\n  # b\n  str\nC: # c\n  {newtype: int} # d"),
        types("A: int  # a\n# b\nB: str\n# c\nC: {newtype: int}  # d"),
    ),
    "a comment below an entry without a value": ("errors:\n  A:\n     # of A\n  B:\n", "errors:\n  A:\n    # of A\n  B:\n"),
    "comments in line": (
        types("A: int    # a\nBcd: str  # b\n          # more\n\nC: int    # c\nD: int # d"),
        types("A: int    # a\nBcd: str  # b\n          # more\n\nC: int  # c\nD: int  # d"),
    ),
    "empty lines": ("\n\ntypes:\n\n\n\n  A: int\n\n\n# end\n\n\n", "\ntypes:\n\n  A: int\n\n# end\n"),
    "block scalars": (
        "doc:   |4   # a\n      x\n     y  \n\n\n\n# b\ntypes:\n      A:\n          newtype: int\n          doc: >+\n             x\n\n\n      B: int\n",
        "doc: |2  # a\n    x\n   y  \n\n# b\ntypes:\n  A:\n    newtype: int\n    doc: >+\n      x\n\n\n  B: int\n",
    ),
    "text of several lines": (
        "doc:\n    plain\n      text\n\n    more\ntypes:\n  A: {newtype: int, doc: 'a\n b'}\n",
        "doc:\n  plain\n  text\n\n  more\ntypes:\n  A:\n    newtype: int\n    doc: 'a\n      b'\n",
    ),
    "an explicit key": ("? types  # a\n:  A: int\n", "types:  # a\n  A: int\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_canonical_style(name: str) -> None:
    text, formatted = CASES[name]
    assert form(HEAD + text) == HEAD + formatted


@pytest.mark.parametrize(
    ("data", "formatted"),
    [
        (b"\xef\xbb\xbfackord:  1\r\nname: a\r\n", b"ackord: 1\r\nname: a\r\n"),
        (b"ackord: 1\rname: a", b"ackord: 1\nname: a\n"),
        (b"# a\n\n---   # b\nackord: 1\n...\n# c\n", b"# a\n\n---  # b\nackord: 1\n# c\n"),
        (b"", b""),
        (b"- a\n-  b\n", b"- a\n-  b\n"),
        (b'{"ackord" :1}', b'{"ackord" :1}'),
    ],
)
def test_line_ends_stay_and_whatever_is_no_mapping_is_left_alone(
    data: bytes, formatted: bytes
) -> None:
    assert format_bytes(data, "text.yaml").data == formatted


@pytest.mark.parametrize(
    "text", ["a: [", "a: 1\na: 2\n", "a: &b 1\n", "a: !b 1\n", "a: 1\n---\nb: 1\n", "\xe9: '\0'"]
)
def test_a_file_that_is_no_yaml_of_the_language_is_not_formatted(text: str) -> None:
    result = format_bytes(text.encode(), "text.yaml")
    assert result.data is None
    assert result.loaded.diagnostics


@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 40),
    st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=5).map("".join),
)
def test_a_file_with_a_part_replaced_is_formatted_or_has_problems(
    start: int, length: int, new: str
) -> None:
    data = (GOOD[:start] + new + GOOD[start + length :]).encode(errors="surrogatepass")
    result = format_bytes(data, "text.yaml")
    assert result.note is None or result.data == data
    if result.data is None:
        assert result.loaded.diagnostics
    else:
        assert format_bytes(result.data, "text.yaml").data == result.data
