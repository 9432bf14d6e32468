"""The language reference is right and complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ackord.schema import load_bytes
from ackord.schema.document import events, fields, namespaces, reader, types
from ackord.schema.resolve.types import SCALARS

DOC = (Path(__file__).parents[2] / "docs/schema.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_each_example_is_a_good_contract(number: int) -> None:
    text = EXAMPLES[number]
    fragment = "ackord: 1\nname: demo\nversion: 1.0.0\nignore: [S063]\n"
    head = "" if text.startswith("ackord:") else fragment
    result = load_bytes((head + text).encode(), "schema.md")
    assert result.diagnostics == ()


def test_each_key_and_type_is_described() -> None:
    keys = {
        *reader.KEYS,
        *events.KEYS,
        *fields.CONSTRAINT_KEYS,
        *fields.DOC_KEYS,
        *namespaces.KEYS,
        *(key for form, others in types.FORMS.items() for key in (form, *others.keys)),
        *SCALARS,
    }
    words = set(re.findall(r"`([a-z0-9_]+)`", DOC)) | set(
        re.findall(r"\b([a-z_]+):", "".join(EXAMPLES))
    )
    assert keys - words == set()
