"""The JSON Schema of the language, beside the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ackord.schema import json_schema, load_bytes
from ackord.schema.document import errors, events, fields, namespaces, reader, types
from ackord.schema.language_schema import KEYS
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.schema.formatting_mutations import schema_files
from tests.schema.test_schema_doc import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
FILES = [path for path, text in schema_files() if text.lstrip().startswith(("ackord:", "#"))]
VALIDATOR = Draft202012Validator(json_schema())
HEAD = "ackord: 1\nname: demo\nversion: 1.0.0\n"
MISTAKES = {
    "an unknown key": "typs: {}",
    "a list for a mapping": "types: [A]",
    "text for a mapping": "namespaces: /",
    "an unknown style": "acks: sometimes",
    "a bare mapping of names for a type": "types: {A: {fields: {a: {b: int}}}}",
    "an empty mapping for a type": "types: {A: {fields: {a: {}}}}",
    "two kinds of a type": "types: {A: {enum: [a], newtype: str}}",
    "no kind of a type": "types: {A: {doc: Nothing.}}",
    "an enum of numbers": "types: {A: {enum: [1, 2]}}",
    "an enum without members": "types: {A: {enum: []}}",
    "a limit in words": "types: {A: {newtype: str, max_length: many}}",
    "a flag in words": "types: {A: {enum: [a], open: sure}}",
    "a room without a name": "rooms: {a: {params: {b: str}}}",
    "errors in a mapping": "namespaces: {/: {client_to_server: {a: {errors: {A: {}}}}}}",
    "arguments in a list": "namespaces: {/: {client_to_server: {a: {args: [str]}}}}",
    "an unknown key of an event": "namespaces: {/: {client_to_server: {a: {payload: str}}}}",
    "an unknown direction": "namespaces: {/: {to_server: {a: {}}}}",
    "a type that is a list": "types: {A: {fields: {a: [int]}}}",
    "a version of two numbers": "types: {A: {newtype: str, since: 1.0}}",
    "an import without a name": "import: [{a.yaml: {}}]",
    "the code of an error among the warnings": "ignore: {S001: tested}",
}


def refusals(text: str) -> list[str]:
    """Return what the JSON Schema has to say of a schema file."""
    yaml: Any = YAML(typ="safe", pure=True)
    validator: Any = VALIDATOR
    return [
        error.message for error in validator.iter_errors(json.loads(json.dumps(yaml.load(text))))
    ]


def test_the_json_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_accepts_every_schema_of_the_repository(path: Path) -> None:
    assert refusals(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_it_accepts_every_example_of_the_reference(number: int) -> None:
    text = EXAMPLES[number]
    assert refusals(text if text.startswith("ackord:") else HEAD + text) == []


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_it_refuses_mistakes_that_the_loader_refuses_too(mistake: str) -> None:
    text = f"{HEAD}{mistake}\n"
    assert load_bytes(text.encode(), "demo.yaml").contract is None
    assert refusals(text) != []


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("document", reader.KEYS),
        ("docs", fields.DOC_KEYS),
        ("constraints", fields.CONSTRAINT_KEYS),
        ("parts", fields.PART_KEYS),
        ("field", fields.FIELD_KEYS),
        ("error", [key for key in errors.KEYS if key not in fields.DOC_KEYS]),
        ("event", [key for key in events.KEYS if key not in fields.DOC_KEYS]),
        ("namespace", [key for key in namespaces.KEYS if key not in fields.DOC_KEYS]),
    ],
)
def test_it_has_the_keys_of_the_loader(kind: str, keys: tuple[str, ...]) -> None:
    assert set(KEYS[kind]) == set(keys)


def test_it_has_the_kinds_of_declarations() -> None:
    declarations = json_schema()["$defs"]["declaration"]["anyOf"][1:]
    assert [found["required"][0] for found in declarations] == list(types.FORMS)
