"""An AsyncAPI document of each contract is valid, and its schemas accept what is sent."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ackord.codegen import generate
from ackord.codegen.planning import plan_contract
from ackord.codegen.wire.examples import Examples
from ackord.schema import Contract, load_bytes, load_contract
from ackord.schema.model import RefType
from jsonschema import Draft7Validator

from tests.node.toolchain import HERE, find_node

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = sorted(
    {
        *ROOT.glob("tests/codegen/golden/*/schema.yaml"),
        *ROOT.glob("examples/contracts/*.yaml"),
        ROOT / "examples/chat/chat.yaml",
    }
)


def contract_of(file: Path) -> Contract:
    loaded = load_contract(file).contract
    assert loaded is not None
    return loaded


def document_of(contract: Contract) -> Any:
    return json.loads(generate(contract, source="any.yaml", target="asyncapi")["asyncapi.json"])


def loaded(text: str) -> Contract:
    found = load_bytes(f"ackord: 1\nname: any\nversion: 1.0.0{text}".encode(), "any.yaml")
    assert found.contract is not None, found.diagnostics
    return found.contract


def accepts(document: Any, schema: Any, value: Any) -> bool:
    whole = {**schema, "components": document["components"]}
    errors: list[Any] = [*Draft7Validator(whole).iter_errors(value)]  # pyright: ignore[reportUnknownMemberType]
    return not errors


def without_patterns(document: Any) -> Any:
    """Leave out patterns, which examples needn't fit."""

    def keep(parts: dict[str, Any]) -> dict[str, Any]:
        return {
            name: part
            for name, part in parts.items()
            if name != "pattern" or not isinstance(part, str)
        }

    return json.loads(json.dumps(document), object_hook=keep)


def test_the_official_parser_finds_nothing_wrong(tmp_path: Path) -> None:
    names = {"every_type", "names_from_hell", "tenants", "chat"}
    schemas = [each for each in SCHEMAS if names & {each.parent.name, each.stem}]
    files: list[Path] = []
    for number, schema in enumerate(schemas):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(document_of(contract_of(schema))), encoding="utf-8")
        files.append(file)
    done = subprocess.run(
        [find_node().path, HERE / "check_asyncapi.mjs", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [each["problems"] for each in found] == [[]] * len(schemas)
    events = [
        len([*namespace.client_to_server, *namespace.server_to_client])
        for schema in schemas
        for namespace in contract_of(schema).namespaces
    ]
    connects = [
        namespace.auth is not None or bool(namespace.connect_errors)
        for schema in schemas
        for namespace in contract_of(schema).namespaces
    ]
    assert sum(each["operations"] for each in found) == sum(events) + sum(connects)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda each: f"{each.parent.name}-{each.stem}")
def test_examples_are_as_their_schemas_say(schema: Path) -> None:
    contract = contract_of(schema)
    document = document_of(contract)
    for each in document["components"]["schemas"].values():
        Draft7Validator.check_schema(each)
    document = without_patterns(document)
    for channel in document["channels"].values():
        for message in channel["messages"].values():
            for example in message.get("examples", ()):
                fits = accepts(document, message["payload"], example["payload"])
                assert fits, (message["name"], example)


@pytest.mark.parametrize(
    ("written", "schema"),
    [
        ("str", {"type": "string"}),
        ("{type: str, max_length: 4, pattern: '^a'}", {"maxLength": 4, "pattern": "^a"}),
        ("{type: int, ge: 1, lt: 9, multiple_of: 2}",
         {"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "multipleOf": 2}),
        ("{type: float, gt: 0.5, le: 1}", {"exclusiveMinimum": 0.5, "maximum": 1}),
        ("{type: 'list[int]', min_items: 1, max_items: 3}",
         {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}),
        ("{type: 'map[str, bool]', max_items: 3}",
         {"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 3}),
        ("map[Color, int]", {"propertyNames": {"$ref": "#/components/schemas/Color"}}),
        ("tuple[int, str]", {"items": [{"type": "integer"}, {"type": "string"}], "minItems": 2,
                             "additionalItems": False}),
        ('literal["a", 1]', {"enum": ["a", 1]}),
        ("int | str", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ("Color | null", {"anyOf": [{"$ref": "#/components/schemas/Color"}, {"type": "null"}]}),
        ("ip", {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
        ("int64 = 5", {"type": "string", "format": "int64", "default": "5"}),
        ("bytes", {"description": "A binary attachment."}),
        ("json", {}),
    ],
)  # fmt: skip
def test_types_and_limits_are_json_schema(written: str, schema: dict[str, Any]) -> None:
    quoted = written if written.startswith("{") else json.dumps(written)
    contract = loaded(f"""
types:
  Color: {{enum: [red, blue]}}
  Holder: {{fields: {{it: {quoted}}}}}
""")
    found = document_of(contract)["components"]["schemas"]["Holder"]["properties"]["it"]
    assert {key: found.get(key) for key in schema} == schema


def test_a_type_that_holds_itself_has_a_short_example() -> None:
    contract = loaded("""
types:
  Tree: {fields: {children: "list[Tree]", left: "Tree?", right: "Tree | null"}}
""")
    examples = Examples(plan_contract(contract))
    assert examples.of(RefType("Tree")) == {"children": [], "right": None}
