"""Whatever a schema's file name and its texts hold: generated code has the same statements, and
shows them.
"""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import tokenize
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ackord.codegen import generate
from ackord.codegen.python.docstrings import comment, said, wrap
from ackord.codegen.python.literals import literal
from ackord.schema import Contract, load_contract
from hypothesis import given
from hypothesis import strategies as st

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = st.sampled_from(
    ['"""', "'''", '"', "'", "\\", "\n", "\r", "\r\n", "\x0c", "\x0b", "\0", "\x85", "\u2028", "\u2029", "\u202e", "\ufeff", "\t", " ", "{{ 1 }}", "{% endif %}", "#}",
     "\nimport os\n", "coding:", "coding=", "utf-7", "# type: ignore", "x = 1", "\\N{DIGIT ONE}", "\\x", "\udc80", "\U0001f600", "é", "+AAo-", "\n\n", "    "]
)  # fmt: skip
NAMES = st.lists(st.one_of(HOSTILE, st.text(max_size=4)), max_size=8).map("".join)
DOCS = st.lists(
    st.one_of(HOSTILE.filter("\udc80".__ne__), st.text(st.characters(codec="utf-8"), max_size=4)),
    max_size=12,
).map(lambda parts: f"a{''.join(parts)}b")


def contract(name: str) -> Contract:
    loaded = load_contract(GOLDEN / name / "schema.yaml").contract
    assert loaded is not None
    return loaded


def documented(part: Any, doc: str) -> Any:
    """Copy a part of a contract; every doc, and what is deprecated and why, says the same."""
    if isinstance(part, tuple):
        return tuple(documented(each, doc) for each in part)  # pyright: ignore[reportUnknownVariableType]
    if not hasattr(part, "doc"):
        return part
    parts = {name: documented(getattr(part, name), doc) for name in part.__dataclass_fields__}
    said = {name: doc for name in ("doc", "deprecated") if name in parts}
    return replace(part, **parts | said)


def shapes(files: Mapping[str, str]) -> dict[str, str]:
    """Give the statements of each module, without the texts in them, as Python reads the bytes of
    the file.
    """
    found: dict[str, str] = {}
    for name, text in files.items():
        if name.endswith(".py"):
            data = text.encode()
            assert tokenize.detect_encoding(io.BytesIO(data).readline)[0] == "utf-8"
            tree = ast.parse(data)
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    node.value = ""
            found[name] = ast.dump(tree)
    return found


@given(st.one_of(NAMES, st.just("coding=utf-7 +AAo-import os+AAo-.yaml")))
def test_a_comment_is_one_line_and_declares_no_encoding(name: str) -> None:
    code = f"# from {comment(name)}; do not edit.\nx = 1\n"
    assert shapes({"a.py": code}) == shapes({"a.py": "x = 1\n"})
    assert len(code.splitlines()) == 2


@given(DOCS, st.sampled_from([0, 4, 8, 80]))
def test_a_docstring_is_one_expression(doc: str, indent: int) -> None:
    head = "".join(f"{' ' * level}if x:\n" for level in range(0, indent, 4))
    assert shapes({"a.py": f"{head}{wrap(said(doc, indent), indent)}\n"}) == shapes(
        {"a.py": f"{head}{' ' * indent}''\n"}
    )


@given(DOCS)
def test_a_literal_is_the_text_itself(doc: str) -> None:
    assert ast.literal_eval(literal(doc)) == doc


PLAIN = {name: contract(name) for name in ("tenants", "names_from_hell")}


@pytest.mark.parametrize("golden", PLAIN)
@pytest.mark.parametrize(
    "text",
    [
        "x\nimport os; os.abort()\n#",
        "coding=utf-7 +AAo-import os+AAo-",
        'a"""\nimport os\n"""b',
        "a\\",
        "{{ 1 }}{% endif %}",
        "a\u2028import os\rx\0",
    ],
)
def test_no_file_name_and_no_doc_adds_a_statement(golden: str, text: str) -> None:
    plain = generate(documented(PLAIN[golden], "doc"), source="schema.yaml")
    hostile = generate(documented(PLAIN[golden], text), source=f"{text}.yaml")
    assert shapes(hostile) == shapes(plain)
    assert hostile["types.py"].splitlines()[1].startswith('"""')


def test_the_message_of_an_error_is_its_first_paragraph_whole_and_without_docstrings(
    tmp_path: Path,
) -> None:
    long = "No more than this many people fit into one room, whatever their number may be elsewhere,\n  and nobody waits at the door."
    (tmp_path / "s.yaml").write_text(
        "ackord: 1\nname: s\nversion: 1.0.0\nerrors:\n"
        f"  Full: {{doc: {json.dumps(long + chr(10) + chr(10) + 'Try another one.')}, "
        f"deprecated: Use Closed.}}\n"
        "  Closed: {deprecated: Nobody closes rooms.}\n"
    )
    loaded = load_contract(tmp_path / "s.yaml")
    assert loaded.contract is not None
    (tmp_path / "types_of_s.py").write_text(generate(loaded.contract, source="s.yaml")["types.py"])
    script = "import types_of_s as t; from ackord.runtime.typed.model import error_message as m; print(t.Full.__doc__, m(t.Full), m(t.Closed), sep='|')"
    ran = subprocess.run(
        [sys.executable, "-OO", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout == f"None|{' '.join(long.split())}|closed\n", ran.stderr
