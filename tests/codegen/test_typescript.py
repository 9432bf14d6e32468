"""Generated TypeScript: golden folders, checked by the oldest and the newest compiler, and mistakes
that they must report.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
from ackord.codegen import NotSupportedError, UnknownTargetError, generate, write
from ackord.codegen.typescript import target
from ackord.codegen.typescript.json_schema import schema_type
from ackord.codegen.typescript.reserved import CLIENT, MOCK
from ackord.schema import load_contract

from tests.codegen.typescript_project import COMPILERS, GOLDEN, Project, generate_golden

CONVERTED: Final = {"newtypes": "plain", "int64": "bigint", "datetime": "Date"}
VALIDATED: Final = {"validate": "standard-schema"}
NAMES: Final = sorted(path.parent.name for path in GOLDEN.glob("*/schema.yaml"))
FOLDERS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    **{f"{name}/typescript": (name, {}) for name in NAMES},
    "every_type/typescript_converted": ("every_type", CONVERTED),
    "travels/typescript_converted": ("travels", CONVERTED),
    "chat/typescript_validated": ("chat", VALIDATED),
    "every_type/typescript_validated": ("every_type", VALIDATED),
}
"""The golden contract and the options of each folder."""
ONCE: Final[Mapping[str, Sequence[str]]] = {
    "mocking.ts": ("chat/typescript",),
    "runtime.ts": (
        "chat/typescript",
        "every_type/typescript_converted",
        "chat/typescript_validated",
    ),
    "validation.ts": ("chat/typescript_validated",),
}
"""Files that don't depend on the contract, and the only folders that have them."""
MARK: Final = re.compile(r"// E$")
MISTAKES: Final = Path(__file__).parent / "typescript"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("typescript"))
    for folder, (name, options) in FOLDERS.items():
        made.add_package(name, options, called=folder.replace("/", "_"))
    return made


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_schema_gives_the_files_that_are_committed(folder: str) -> None:
    name, options = FOLDERS[folder]
    files = {**generate_golden(name, options)}
    expected = GOLDEN / folder
    assert files.pop("contract.json") == (GOLDEN / name / "expected" / "contract.json").read_text(
        encoding="utf-8"
    )
    static = [file for file in ONCE if file in files and folder not in ONCE[file]]
    moved = {file: files.pop(file) for file in static}
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(expected, ignore_errors=True)
        expected.mkdir()
        for file, text in files.items():
            (expected / file).write_text(text, encoding="utf-8")
    committed = {path.name: path.read_text(encoding="utf-8") for path in expected.iterdir()}
    assert committed == files, f"{folder} differs; set UPDATE_GOLDEN=1 to write it anew"
    for file, text in moved.items():
        others = [(GOLDEN / other / file).read_text(encoding="utf-8") for other in ONCE[file]]
        assert text in others, f"{file} of {folder} depends on the contract"


@pytest.mark.parametrize("compiler", COMPILERS)
def test_compilers_have_nothing_to_say(project: Project, compiler: str) -> None:
    assert project.compile(compiler) == []


def test_eslint_has_nothing_to_say(project: Project) -> None:
    assert project.lint() == ""


def test_no_type_is_any_and_nothing_is_suppressed(project: Project) -> None:
    for path in project.directory.glob("*/*.ts"):
        code = re.sub(r"//.*|/\*.*?\*/|\"(?:[^\"\\]|\\.)*\"", "", path.read_text(), flags=re.DOTALL)
        assert re.search(r"\bany\b|@ts-|eslint-", code) is None, path


@pytest.mark.parametrize("compiler", COMPILERS)
def test_mistakes_are_reported_where_they_are(tmp_path: Path, compiler: str) -> None:
    project = Project(tmp_path)
    project.add_package("chat", {})
    project.add_package("travels", {})
    expected: set[tuple[str, int]] = set()
    for file in sorted(MISTAKES.glob("mistakes*.ts")):
        shutil.copy(file, tmp_path)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if MARK.search(line):
                expected.add((file.name, number))
    reported = {
        (found[1], int(found[2]))
        for line in project.compile(compiler)
        if (found := re.match(r"([\w.]+)\((\d+),\d+\): error", line))
    }
    assert reported == expected
    assert len(expected) >= 20


def test_a_client_of_twenty_events_is_small(tmp_path: Path) -> None:
    events = [f"event_{number}: {{args: {{a: int, b: str}}, ack: bool}}" for number in range(10)]
    told = [f"told_{number}: {{args: {{a: int, b: str}}}}" for number in range(10)]
    text = "\n      ".join
    schema = tmp_path / "twenty.yaml"
    schema.write_text(
        "ackord: 1\nname: twenty\nversion: 1.0.0\nnamespaces:\n  /:\n    client_to_server:\n      "
        f"{text(events)}\n    server_to_client:\n      {text(told)}\n"
    )
    contract = load_contract(schema).contract
    assert contract is not None
    (tmp_path / "project").mkdir()
    project = Project(tmp_path / "project")
    (project.directory / "twenty").mkdir()
    for name, content in generate(contract, source="twenty.yaml", target="typescript").items():
        (project.directory / "twenty" / name).write_text(content)
    (project.directory / "entry.ts").write_text('export { TwentyClient } from "./twenty/index.js";')
    bundle = project.bundle("entry.ts", "--minify", "--format=esm", "--external:socket.io-client")
    assert len(gzip.compress(bundle.read_bytes(), mtime=0)) < 3 * 1024


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"colour": "red"}, "has no option 'colour': newtypes, int64, datetime, validate"),
        (
            {"int64": "number"},
            "the option 'int64' of the target typescript is one of: string, bigi",
        ),
    ],
)
def test_options_that_there_are_not_are_refused(options: Mapping[str, str], said: str) -> None:
    with pytest.raises(UnknownTargetError, match=said):
        generate_golden("minimal", options)


def test_names_that_become_one_are_reported(tmp_path: Path) -> None:
    schema = tmp_path / "schema.yaml"
    schema.write_text(
        "ackord: 1\nname: clash\nversion: 1.0.0\ntypes: {E: {enum: [a-b, a_b]}}\nnamespaces:\n"
        "  /x: {client_to_server: {a_1: {args: {b_2: int, b2: int}}, a1: {}}}\n"
    )
    contract = load_contract(schema).contract
    assert contract is not None
    with pytest.raises(NotSupportedError) as raised:
        generate(contract, source="schema.yaml", target="typescript")
    assert [
        problem.split(" would ")[0] for problem in raised.value.problems if "TypeS" in problem
    ] == [
        "enum E: the members 'a-b' and 'a_b'",
        "the events of /x: 'a_1' and 'a1'",
        "the arguments of 'a_1' in /x: 'b_2' and 'b2'",
    ]


@pytest.mark.parametrize(
    ("template", "reserved"), [("runtime.ts.jinja", CLIENT), ("mocking.ts.jinja", MOCK)]
)
def test_members_of_the_base_classes_are_reserved(template: str, reserved: frozenset[str]) -> None:
    text = (Path(target.__file__).parent / "templates" / template).read_text(encoding="utf-8")
    own = text.partition("abstract class ")[2].partition("{\n")[2].partition("\n}\n")[0]
    words = "private|protected|readonly|get|async"
    start = rf"^(?:  | {{4}}(?=private|readonly))(?:(?:{words}) )*"
    member = re.compile(rf"{start}(\w+)[?:=<( ]", re.MULTILINE)
    assert {"constructor", "handlers"} <= set(member.findall(own)) <= reserved
    assert {"toString", "valueOf", "hasOwnProperty"} <= reserved


def test_long_names_and_odd_ones_give_a_package_that_compiles(tmp_path: Path) -> None:
    events = "take join events ends to_string value_of has_own_property read_refusal received"
    listed = ", ".join(f"{name}: {{args: {{v: int}}}}" for name in events.split())
    path = "/a_namespace_with_a_name_that_is_longer_than_most_of_them"
    schema = tmp_path / "schema.yaml"
    schema.write_text(
        "ackord: 1\nname: odd\nversion: 1.0.0\n"
        "errors: {Refused: {code: constructor, fields: {at: datetime, big: int64, __proto__: int}}}"
        f"\nnamespaces:\n  {path}:\n    connect_errors: [Refused]\n"
        f"    client_to_server: {{{listed.replace(': int}', ': int}, errors: [Refused], ack: int')}}}"
        f"\n    server_to_client: {{{listed}}}\n"
    )
    loaded = load_contract(schema)
    assert loaded.contract is not None, loaded.diagnostics
    (tmp_path / "project").mkdir()
    project = Project(tmp_path / "project")
    files = generate(loaded.contract, source="schema.yaml", target="typescript", options=CONVERTED)
    write(files, project.directory / "odd")
    assert project.compile("typescript") == []


def test_types_that_hold_themselves_twice_are_written_once() -> None:
    node = {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}
    tree = {"type": "object", "properties": {"left": node, "right": node}}
    text = schema_type({"$ref": "#/$defs/Node", "$defs": {"Node": tree}}, str)
    assert text == "{ readonly left?: JsonValue | null; readonly right?: JsonValue | null }"


def test_front_ends_are_tested_without_a_server(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.add_package("chat", {})
    project.add_package("travels", {})
    shutil.copy(MISTAKES / "mock.test.ts", tmp_path)
    assert project.compile("typescript") == []
    ran = project.run("vitest/vitest.mjs", "run", "--reporter=json", "--outputFile=report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["numPassedTests"], report["numTotalTests"]) == (10, 10), ran.stdout
