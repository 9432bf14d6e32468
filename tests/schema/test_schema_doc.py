"""The language reference is right and complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ackord.schema import (
    load_bytes,
    read_document,
    read_events,
    read_fields,
    read_namespaces,
    read_types,
)
from ackord.schema.resolve_types import SCALARS

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
        *read_document.KEYS,
        *read_events.KEYS,
        *read_fields.CONSTRAINT_KEYS,
        *read_fields.DOC_KEYS,
        *read_namespaces.KEYS,
        *(key for form, others in read_types.FORMS.items() for key in (form, *others.keys)),
        *SCALARS,
    }
    words = set(re.findall(r"`([a-z0-9_]+)`", DOC)) | set(
        re.findall(r"\b([a-z_]+):", "".join(EXAMPLES))
    )
    assert keys - words == set()
