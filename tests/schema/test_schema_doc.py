"""The language reference is right and complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ackord.schema import load_bytes, load_contract
from ackord.schema.document import errors, events, fields, namespaces, reader, types
from ackord.schema.resolve.types import SCALARS

DOC = (Path(__file__).parents[2] / "docs/schema.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", DOC, re.DOTALL))
EXAMPLES = re.findall(r"```yaml\n(?!# \S+\.yaml\n)(.*?)```", DOC, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_each_example_is_a_good_contract(number: int) -> None:
    text = EXAMPLES[number]
    fragment = "ackord: 1\nname: demo\nversion: 1.0.0\nignore: {S063: tested}\n"
    head = "" if text.startswith("ackord:") else fragment
    result = load_bytes((head + text).encode(), "schema.md")
    # The heads of the tests ignore S063 whether they need it or not.
    assert {one.code for one in result.diagnostics} <= {"S076"}


def test_the_example_of_several_files_is_a_good_contract(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = load_contract(tmp_path / "chat.yaml")
    # The heads of the tests ignore S063 whether they need it or not.
    assert {one.code for one in result.diagnostics} <= {"S076"}
    assert len(result.sources) == len(FILES) == 3


def test_each_key_and_type_is_described() -> None:
    keys = {
        *reader.KEYS,
        *events.KEYS,
        *fields.CONSTRAINT_KEYS,
        *fields.DOC_KEYS,
        *fields.FIELD_KEYS,
        *fields.PART_KEYS,
        *events.ACK_KEYS,
        *errors.KEYS,
        *namespaces.KEYS,
        *(key for form, others in types.FORMS.items() for key in (form, *others.keys)),
        *SCALARS,
    }
    words = set(re.findall(r"`([a-z0-9_]+)`", DOC)) | set(
        re.findall(r"\b([a-z_]+):", "".join([*EXAMPLES, *FILES.values()]))
    )
    assert keys - words == set()
