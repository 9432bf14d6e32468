"""Generated validators in TypeScript: they accept what pydantic accepts, and clients use them."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from ackord.codegen import NotSupportedError, generate, write
from ackord.codegen.planning import plan_contract
from ackord.codegen.typescript.naming import name_everything
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import AttachmentError
from ackord.schema import load_bytes, load_contract
from ackord.schema.model import Contract, Event, Field, Namespace, RefType, TaggedUnion
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.codegen.conftest import load_package
from tests.codegen.schema_values import ATTACHMENTS, ODD, SPECIAL, Values, with_mistake, written
from tests.codegen.typescript_project import COMPILERS, GOLDEN, Project, generate_golden
from tests.node.required import require_node

HERE: Final = Path(__file__).parent / "typescript_validation"
VALIDATED: Final = {"validate": "standard-schema"}
THOROUGH: Final = "ACKORD_THOROUGH" in os.environ
VALUES: Final = 5000 if THOROUGH else 250
NAMES: Final = sorted(path.parent.name for path in GOLDEN.glob("*/schema.yaml"))
LIMITS: Final = {
    "ackord": 1,
    "name": "limits",
    "version": "1.0.0",
    "types": {
        **{
            f"A{name.title().replace('_', '')}": {"type": name}
            for name in (*SPECIAL, "str", "int", "float", "bool", "bytes", "json", "json_object")
        },
        "Short": {"newtype": "str", "min_length": 1, "max_length": 2},
        "Dots": {"newtype": "str", "pattern": r"^.\s[\S.]$"},
        "NoDots": {"newtype": "str", "pattern": r"^[^.\S]\S\D\W?$|b/c"},
        "Letters": {"newtype": "str", "pattern": r"^\p{L}.(?<n>\u{61}|\n)?$"},
        "Words": {"newtype": "str", "pattern": r"^\w+\b-\d/[\\\]]*\W$"},
        "Even": {"newtype": "int", "ge": -4, "lt": 10, "multiple_of": 2},
        "Tenths": {"newtype": "float", "gt": -1, "le": 5, "multiple_of": 0.1},
        "Price": {"newtype": "decimal", "ge": "0", "lt": "100", "multiple_of": "0.05"},
        "Digits": {"newtype": "decimal", "max_digits": 4, "decimal_places": 2},
        "Few": {"newtype": "decimal", "max_digits": 3, "gt": "-100"},
        "Places": {"newtype": "decimal", "decimal_places": 1, "le": "100"},
        "Hundreds": {"newtype": "decimal", "multiple_of": "1e2"},
        "Sixteenths": {"newtype": "decimal", "multiple_of": "0.016"},
        "Near": {"newtype": "decimal", "ge": "0.05", "le": "9.95"},
        "Small": {"newtype": "int64", "gt": -5, "le": 9007199254740993, "multiple_of": 3},
        "Data": {"newtype": "bytes", "min_length": 1, "max_length": 1000},
        "Own": {"newtype": "email", "max_length": 12, "pattern": "@example"},
        "Some": {"type": "list[int]", "min_items": 1, "max_items": 2},
        "Table": {"type": "map[Short, bool]", "min_items": 1, "max_items": 2},
        "Closed": {"union": ["Dot"], "tag": "kind"},
        "Open": {"union": ["Dot"], "tag": "kind", "open": True},
        "Dot": {"fields": {"x": "int"}},
        "Literal": {"type": 'literal["a", 1, true, "1", 0, false]'},
        "One": {"type": "literal[1] | null"},
        "Odd": {"fields": {"constructor": "int", "toString": "str?", "hasOwnProperty": "int?"}},
        "Maybe": {
            "fields": {"a": "int?", "b": "int | null?", "c": "int = 1", "d": "int | null = 1"}
        },
    },
}
"""Each scalar with and without limits, and what the golden contracts don't have."""

DIFFERENCES: Final = (
    ("limits", "AInt", "9007199254740992", "Python"),  # not exact in JavaScript
    ("limits", "Literal", "1.0", "TypeScript"),  # JavaScript doesn't tell 1.0 from 1
    ("limits", "Literal", "-0.0", "TypeScript"),
    ("limits", "ABytes", '{"_placeholder": true, "num": 1.0}', "TypeScript"),
    ("every_type", "Circle", '{"radius": 1}', "Python"),  # Python fills in the tag
    ("every_type", "Address", '"x"', "TypeScript"),  # only Python has the class
    ("limits", "AUrl", '"foo://@"', "Python"),  # the URL standard refuses it
    ("every_type", "EmptyAck", '{"_placeholder": true, "num": 1}', "Python"),  # not JSON there
)
"""The differences that can't be mended, and which side takes the value; docs/typescript-validation.md
lists them.
"""

BOUNDARY: Final = """
ackord: 1
name: boundary
version: 1.0.0
errors: {Full: {fields: {limit: int}}, Hint: {fields: {n: "int?"}}, Bare: {}}
namespaces:
  /:
    connect_errors: [Full, Hint, Bare]
    client_to_server:
      tell: {args: {room: {type: str, max_length: 3}, n: int = 1}}
      ask: {args: {n: int}, ack: {type: int, ge: 0}, errors: [Full]}
      split: {ack: {args: {a: int, b: {type: "bytes?", max_length: 9}}}}
    server_to_client:
      posted: {args: {n: int, data: {type: bytes, max_length: 2}, why: str = "-"}}
      question: {args: {n: int}, ack: {type: str, max_length: 3}, errors: [Full]}
"""
WHOLE: Final = "Input should be a whole number up to 2^53 - 1"
LONG: Final = "Input should have at most 3 characters"
REFUSED: Final = {"code": "invalid_request", "message": "The arguments don't fit the event"}
TRANSCRIPT: Final[list[list[Any]]] = [
    ["thrown", f"invalid room: {LONG}; n: {WHOLE}"],
    ["sent", [["tell", "abc"]]],
    ["rejected", f"invalid n: {WHOLE}"],
    ["sent", []],
    ["answer", {"ok": True, "value": 5}],
    ["rejected", "invalid value: Input should be at least 0"],
    ["rejected", f"invalid value: {WHOLE}"],
    ["answer", {"ok": False, "error": {"code": "full", "message": "", "data": {"limit": 3}}}],
    ["rejected", f"invalid limit: {WHOLE}"],
    [
        "answer",
        {
            "ok": False,
            "error": {
                "code": "unknown", "receivedCode": "other", "message": "", "data": {"limit": "3"}
            },
        },
    ],
    ["answer", {"ok": True, "value": [1, None]}],
    ["answer", {"ok": True, "value": [1, {"0": 0, "1": 0}]}],
    ["rejected", f"invalid a: {WHOLE}"],
    ["rejected", "invalid b: Input should be valid bytes"],
    ["posted", [1, 2, "-"]],
    ["posted", [1, 2, "-"]],
    ["warned", f"posted: n: {WHOLE}; data: Input should have at most 2 bytes"],
    ["listeners", 1],
    [
        "reported",
        ["posted", [{"loc": ["data"], "msg": "Input should be valid bytes", "type": "bytes_type"}]],
    ],
    ["warned", "posted: why: Input should be a valid string"],
    ["posted", [4, 1, "-"]],
    ["posted", [4, 1, "-"]],
    ["next", 1],
    ["next", 4],
    ["listeners", 0],
    ["answer to 1", ["yes"]],
    ["answer to 2", [{"error": {"code": "internal", "message": "The handler failed"}}]],
    ["unhandled", f"invalid value: {LONG}"],
    ["answer to 3", [{"error": {"code": "full", "message": "", "data": {"limit": 3}}}]],
    ["answer to 4", [{"error": {"code": "internal", "message": "The handler failed"}}]],
    ["unhandled", f"invalid limit: {WHOLE}"],
    [
        "answer to 5",
        [{"error": {**REFUSED, "issues": [{"loc": ["n"], "msg": WHOLE, "type": "int_type"}]}}],
    ],
    ["warned", f"question: n: {WHOLE}"],
    ["refused", {"code": "full", "message": "full", "data": {"limit": 3}}, True],
    [
        "refused",
        {"code": "unknown", "receivedCode": "full", "message": "full", "data": {"limit": "3"}},
        True,
    ],
    ["refused", {"code": "hint", "message": "hint", "data": {}}, True],
    ["refused", {"code": "bare", "message": "bare"}, False],
]  # fmt: skip
"""What `boundary.ts` says."""

CONVERTED: Final = {"newtypes": "plain", "int64": "bigint", "datetime": "Date"}
PRELUDE: Final = """
import { ChatClient, InvalidPayloadError, RoomName } from "./chat/index.js";
import type { UserName } from "./chat/index.js";
declare const chat: ChatClient;
declare const input: { value: string };
declare function report(event: string, issues: InvalidPayloadError["issues"]): void;
declare function show(issues: readonly unknown[]): void;
declare function join(name: UserName): void;
export { forget };
"""
"""What the examples of the documentation need."""
OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {"": {}, "_converted": CONVERTED}
SAME: Final = """
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : 1) : 2;
"""

ENTRY: Final = """
import {{ createInterface }} from "node:readline";
{imports}
const packages = {{ {names} }};
const attachments = {sizes}.map((size) => new Uint8Array(size));
const restore = (key, value) =>
  value?._placeholder === true && Number.isInteger(value.num) && value.num in attachments ? attachments[value.num] : value;
for await (const line of createInterface({{ input: process.stdin }})) {{
  const answers = JSON.parse(line).map(([name, schema, text]) => {{
    const result = packages[name][schema]["~standard"].validate([JSON.parse(text, restore)]);
    return (result.issues ?? []).map(({{ path, message }}) => `${{path.join(".")}}: ${{message}}`);
  }});
  console.log(JSON.stringify(answers));
}}
"""


@dataclass(frozen=True)
class Probed:
    """A contract with an event for each of its types, in Python."""

    name: str
    contract: Contract
    module: ModuleType
    values: Values

    def issues(self, number: int, text: str) -> list[tuple[str, str]]:
        """Return why Python doesn't take a value of a type, as kinds and messages."""
        event = self.module.__dict__["events"].__dict__[f"PROBE_T{number}"]
        try:
            event.arguments.decode(f'["t{number}",{text}]', ATTACHMENTS)
        except InvalidArgumentsError as error:
            return [(issue["type"], issue["msg"]) for issue in error.issues or ()]
        except AttachmentError as error:
            return [("attachment", str(error))]
        return []

    @property
    def tags(self) -> frozenset[str]:
        """The tags of the contract's unions."""
        return frozenset(of.tag for of in self.contract.types if isinstance(of, TaggedUnion))


class Both:
    """The contracts in Python, and a Node process with their schemas."""

    def __init__(self, probed: Sequence[Probed], node: subprocess.Popen[str]) -> None:
        self.probed = probed
        self.node = node

    @property
    def types(self) -> list[tuple[Probed, int]]:
        """Return every type, as its contract and its number there."""
        return [
            (each, number) for each in self.probed for number in range(len(each.contract.types))
        ]

    def ask(self, cases: Sequence[tuple[Probed, int, str]]) -> list[list[str]]:
        """Return the issues that TypeScript's validators have with each value."""
        asked = [(each.name, f"ProbeT{number}Arguments", text) for each, number, text in cases]
        assert self.node.stdin is not None
        assert self.node.stdout is not None
        print(json.dumps(asked), file=self.node.stdin, flush=True)
        answers: list[list[str]] = json.loads(self.node.stdout.readline())
        return answers

    def compare(self, cases: Sequence[tuple[Probed, int, str]]) -> list[str]:
        """Return where the two differ."""
        differences: list[str] = []
        for (each, number, text), issues in zip(cases, self.ask(cases), strict=True):
            own = each.issues(number, text)
            if bool(own) != bool(issues) and not _is_known(each, text, own, issues):
                name = each.contract.types[number].name
                differences.append(f"{each.name}.{name} {text}: Python {own}, TypeScript {issues}")
        return differences


def _is_known(
    probed: Probed, text: str, own: Sequence[tuple[str, str]], issues: Sequence[str]
) -> bool:
    """Whether a difference is one of `DIFFERENCES`."""
    if own:
        kinds = {kind for kind, _ in own}
        has_float = re.search(r"\d\.0|-0", text) is not None
        return "value_error" in kinds or (has_float and kinds <= {"literal_error", "attachment"})
    return all(
        message == "Input should be a whole number up to 2^53 - 1"
        or (message == "Field required" and path.rpartition(".")[2] in probed.tags)
        or (message == "Input should be a valid URL" and "//@" in text)
        or (message == "Input should be an object" and "_placeholder" in text)
        for path, _, message in (issue.partition(": ") for issue in issues)
    )


def probe(contract: Contract) -> Contract:
    """Return a contract with the same types, and an event for each."""
    events = tuple(
        Event(
            name=f"t{number}",
            identifier=f"t{number}",
            args=(Field(name="v", type=RefType(of.name)),),
        )
        for number, of in enumerate(contract.types)
    )
    namespace = Namespace(path="/probe", identifier="probe", client_to_server=events)
    return replace(contract, namespaces=(namespace,), rooms=())


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    directory = tmp_path_factory.mktemp("validation")
    project = Project(directory)
    contracts = {name: load_contract(GOLDEN / name / "schema.yaml").contract for name in NAMES}
    limits = load_bytes(json.dumps(LIMITS).encode(), "limits.yaml")
    contracts["limits"] = limits.contract
    probed: list[Probed] = []
    for name, contract in contracts.items():
        assert contract is not None, limits.diagnostics
        if not contract.types:
            continue
        given_ = probe(contract)
        files = generate(given_, source="s.yaml", target="typescript", options=VALIDATED)
        write(files, directory / name)
        write(generate(given_, source="s.yaml"), directory / f"{name}_python")
        module = load_package(f"validated_{name}", directory / f"{name}_python")
        __import__(f"validated_{name}.events")
        probed.append(Probed(name, given_, module, Values(given_)))
    imports = [f'import * as {each.name} from "./{each.name}/schemas.js";' for each in probed]
    entry = ENTRY.format(
        imports="\n".join(imports),
        names=", ".join(each.name for each in probed),
        sizes=json.dumps(list(map(len, ATTACHMENTS))),
    )
    (directory / "entry.js").write_text(entry)
    bundle = project.bundle("entry.js", "--platform=node", "--format=esm")
    module_ = bundle.with_suffix(".mjs")
    bundle.rename(module_)
    with subprocess.Popen(
        [require_node(), str(module_)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        yield Both(probed, node)
        assert node.stdin is not None
        node.stdin.close()


def test_the_texts_at_the_borders_of_each_form_are_taken_by_both_or_none(both: Both) -> None:
    (limits,) = (each for each in both.probed if each.name == "limits")
    values = [*map(written, ODD), *(written(text) for texts in SPECIAL.values() for text in texts)]
    cases = [
        (limits, number, text) for number in range(len(limits.contract.types)) for text in values
    ]
    found = both.compare(cases)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("name", "type_", "text", "taken_by"), DIFFERENCES)
def test_the_differences_are_those_that_are_listed(
    both: Both, name: str, type_: str, text: str, taken_by: str
) -> None:
    ((each, number),) = (
        (each, number)
        for each, number in both.types
        if (each.name, each.contract.types[number].name) == (name, type_)
    )
    assert both.compare([(each, number, text)]) == []
    (issues,) = both.ask([(each, number, text)])
    assert (not each.issues(number, text), not issues) == (
        taken_by == "Python",
        taken_by == "TypeScript",
    )


@settings(max_examples=VALUES // 5)
@given(st.data())
def test_validators_accept_what_pydantic_accepts(both: Both, data: st.DataObject) -> None:
    cases: list[tuple[Probed, int, str]] = []
    for _ in range(5):
        each, number = both.types[data.draw(st.sampled_from(range(len(both.types))))]
        value = data.draw(each.values.valid(RefType(each.contract.types[number].name)))
        if data.draw(st.booleans()):
            value = data.draw(with_mistake(value))
        cases.append((each, number, written(value)))
    found = both.compare(cases)
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All golden contracts with validators, and for each type that it is the schema's type."""
    made = Project(tmp_path_factory.mktemp("schemas"))
    lines = ['import type { InferOutput } from "./chat/validation.js";', SAME]
    for name, (suffix, options) in product(NAMES, OPTIONS.items()):
        package = f"{name}{suffix}"
        made.add_package(name, {**VALIDATED, **options}, called=package)
        contract = load_contract(GOLDEN / name / "schema.yaml").contract
        assert contract is not None
        types = name_everything(plan_contract(contract)).types.values()
        lines += [f'import type * as {package} from "./{package}/index.js";' for _ in types][:1]
        lines += [
            f"export const {package}_{of}: "
            f"Same<InferOutput<typeof {package}.schemas.{of}>, {package}.{of}> = true;"
            for of in types
        ]
    (made.directory / "same.ts").write_text("\n".join(lines))
    contract = load_bytes(BOUNDARY.encode(), "boundary.yaml").contract
    assert contract is not None
    files = generate(contract, source="s.yaml", target="typescript", options=VALIDATED)
    write(files, made.directory / "boundary")
    shutil.copy(HERE / "boundary.ts", made.directory)
    page = (GOLDEN.parents[2] / "docs" / "typescript-validation.md").read_text()
    blocks = "".join(re.findall(r"^```ts\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    (made.directory / "page.ts").write_text(PRELUDE + blocks.replace("./chat", "./chat/index.js"))
    return made


@pytest.mark.parametrize("compiler", [COMPILERS[0], COMPILERS[-1]])
def test_the_types_of_schemas_are_the_declared_types(project: Project, compiler: str) -> None:
    assert project.compile(compiler) == []


def test_clients_validate_what_they_send_and_what_comes(project: Project) -> None:
    options = ("--platform=node", "--format=esm", "--external:socket.io-client")
    bundle = project.bundle("boundary.ts", *options)
    bundle = bundle.rename(bundle.with_suffix(".mjs"))
    done = subprocess.run([require_node(), str(bundle)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == TRANSCRIPT


@pytest.mark.parametrize("name", NAMES)
def test_without_the_option_there_is_no_trace_of_validation(name: str) -> None:
    plain = generate_golden(name, {})
    assert not {"schemas.ts", "validation.ts"} & set(plain)
    words = re.compile(r"schemas|InvalidPayload|valid\(|onInvalid|Schema")
    assert [
        file for file in sorted(plain) if file.endswith(".ts") and words.search(plain[file])
    ] == []


def test_patterns_that_javascript_reads_otherwise_are_refused_wherever_they_are() -> None:
    text = """
        ackord: 1
        name: foreign
        version: 1.0.0
        types:
          A: {newtype: str, pattern: "(?i)a"}
          B: {type: list, items: {type: str, pattern: "[a&&b]"}}
          C: {fields: {x: {type: map, keys: {type: str, pattern: "\\\\z"}, values: int}, y: str}}
        errors: {D: {fields: {x: {type: "str | null", pattern: "[[:alpha:]]"}}}}
        rooms: {r: {name: "r:{x}", params: {x: {type: str, pattern: "(?x)a"}}}}
        namespaces:
          "/n/{x}":
            params: {x: {type: str, pattern: "\\\\A"}}
            client_to_server:
              e: {args: {x: {type: tuple, items: [{type: str, pattern: "\\\\pL"}]}}, ack: {type: str, pattern: "]"}}
              f: {ack: {args: {x: {type: str, pattern: "(?P<n>a)"}}}}
        """
    loaded = load_bytes(textwrap.dedent(text).encode(), "foreign.yaml")
    assert loaded.contract is not None, loaded.diagnostics
    assert generate(loaded.contract, source="s.yaml")
    with pytest.raises(NotSupportedError) as raised:
        generate(loaded.contract, source="s.yaml", target="typescript")
    problems = [each.partition(" in a pattern")[0] for each in raised.value.problems]
    assert problems == [
        f"{place}: JavaScript doesn't take `{part}`"
        for place, part in (
            ("type A", "(?i)"),
            ("type B", "&&"),
            ("field C.x", r"\z"),
            ("error D, field x", "[:alpha:]"),
            ("room r, parameter x", "(?x)"),
            ("namespace /n/{x}, parameter x", r"\A"),
            ("event 'e' of /n/{x}, argument x", r"\pL"),
            ("event 'e' of /n/{x}, ack", "]"),
            ("event 'f' of /n/{x}, argument x", "(?P<n>"),
        )
    ]


def test_a_client_that_validates_is_small(project: Project) -> None:
    (project.directory / "entry.ts").write_text('export { ChatClient } from "./chat/index.js";')
    bundle = project.bundle("entry.ts", "--minify", "--format=esm", "--external:socket.io-client")
    assert len(gzip.compress(bundle.read_bytes(), mtime=0)) < 5.8 * 1024
