"""The plan, and what a target makes of it: one of another language needs nothing of Python's."""

from __future__ import annotations

import json
import keyword
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from ackord.codegen import NotSupportedError, UnknownTargetError, generate, languages, targets
from ackord.codegen.errors import Problem
from ackord.codegen.plan import EmitterPlan, Plan
from ackord.codegen.planning import plan_contract
from ackord.codegen.python import reserved
from ackord.codegen.python.names import members
from ackord.codegen.target import Options, Target
from ackord.codegen.templates import template_environment
from ackord.codegen.typescript import reserved as typescript
from ackord.codegen.typescript.naming import name_everything as typescript_names
from ackord.schema import Contract, load_bytes, load_contract

GOLDEN = Path(__file__).parent / "golden"


def contract(name: str) -> Contract:
    loaded = load_contract(GOLDEN / name / "schema.yaml").contract
    assert loaded is not None
    return loaded


class Listing:
    """Lists the events of a contract, in no language at all."""

    name: ClassVar[str] = "listing"
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    reserved_names: ClassVar[Mapping[str, frozenset[str]]] = {}

    def problems(self, plan: Plan) -> tuple[Problem, ...]:
        return (Problem("there are too many namespaces"),) if len(plan.namespaces) > 1 else ()

    def directory_problem(self, name: str, contract: Contract) -> str | None:
        return None

    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
        lines = [
            f"{event.declared.name} {event.timeout}"
            for namespace in plan.namespaces
            for event in namespace.events
            if event.acked
        ]
        return {"events.txt": "\n".join((options.source, *lines))}


def test_a_target_is_chosen_by_name_and_gets_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "TARGETS", {**targets.TARGETS, "listing": Listing})
    files = generate(contract("chat"), source="some/chat.yaml", target="listing")
    assert files["events.txt"].splitlines() == [
        "chat.yaml", "join 5.0", "leave 20.0", "send_message 5.0", "rooms 20.0", "still_there 10.0"
    ]  # fmt: skip
    assert sorted(files) == ["contract.json", "events.txt"]
    with pytest.raises(NotSupportedError, match="too many namespaces"):
        generate(contract("two_namespaces"), source="x.yaml", target="listing")
    with pytest.raises(
        UnknownTargetError, match="no target 'cobol': asyncapi, docs, listing, python"
    ):
        generate(contract("chat"), source="x.yaml", target="cobol")


def test_the_plan_says_who_sends_what() -> None:
    def sent(emitter: EmitterPlan) -> tuple[list[str], list[str]]:
        return (
            [event.declared.name for event in emitter.sends],
            [event.declared.name for event in emitter.asks],
        )

    guests, kitchen = plan_contract(contract("two_namespaces")).namespaces
    plain = ["order", "closing", "noise", "music", "called"]
    assert sorted(sent(guests.client)[0]) == sorted([*plain, "poll", "confirm"])
    assert sent(guests.everybody) == (plain, ["poll", "confirm"])
    assert {each.room.name: sent(each) for each in guests.rooms if each.room} == {
        "table": (["order", "called"], ["confirm"]),
        "order": (["order", "noise", "music"], ["poll"]),
    }
    assert [each.room.name for each in kitchen.rooms if each.room] == ["kitchen", "table"]
    assert kitchen.cluster is None


def test_the_names_that_each_target_reserves_are_known_without_the_target() -> None:
    reserved_names = {name: find().reserved_names for name, find in targets.TARGETS.items()}
    assert {name: names for name, names in reserved_names.items() if names} == {
        name: language.reserved_names for name, language in languages.LANGUAGES.items()
    }
    code = (
        "import sys, ackord.codegen.languages; "
        "sys.exit('jinja2' in sys.modules or 'ackord.codegen.python.target' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_each_argument_that_lint_warns_of_has_another_name_in_typescript() -> None:
    reserved_names = sorted(typescript.NAMES["argument"])
    args = dict.fromkeys([*reserved_names, "plain"], "int")
    event = {"name": "one", "args": args}
    document = {"ackord": 1, "name": "demo", "version": "1.0.0"}
    document |= {"namespaces": {"/": {"client_to_server": {"one": event}}}}
    loaded = load_bytes(json.dumps(document).encode(), "demo.json").contract
    assert loaded is not None
    (namespace,) = typescript_names(plan_contract(loaded)).namespaces
    (names,) = namespace.events.values()
    assert names.parameters == (*(f"{name}_" for name in reserved_names), "plain")


def test_names_that_a_target_reserves_are_changed_and_others_are_not() -> None:
    target: Target = targets.find_target("python")
    assert target.reserved_names is reserved.NAMES
    assert set(keyword.kwlist) | {"timeout", "client"} < reserved.NAMES["argument"]
    for taken in target.reserved_names.values():
        listed = sorted(taken)
        assert members([*listed, "plain"], taken) == (*(f"{name}_" for name in listed), "plain")


def test_compiled_templates_are_kept_like_modules_and_a_broken_one_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def rendered() -> str:
        template = template_environment("ackord.codegen.python", {}).get_template("to.py.jinja")
        return template.render(rooms=[])

    assert rendered() == ""
    assert list(tmp_path.rglob("*.cache")) == []
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert rendered() == ""
    (kept,) = tmp_path.rglob("*.cache")
    content = kept.read_bytes()
    for broken in (b"", content[:20], content[:-9], content[:10] + b"\xff" * 90):
        kept.write_bytes(broken)
        assert rendered() == ""
    assert kept.read_bytes() == content
