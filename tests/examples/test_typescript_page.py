"""What docs/typescript.md shows works: its examples are compiled, run, and print what stands below
them, against the README's Python server and the page's own Node server.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from ackord.codegen import generate, write
from ackord.schema import load_contract

from tests.codegen.typescript_project import COMPILERS, Project
from tests.examples.test_readme import ROOT, blocks
from tests.hosts import Hosting
from tests.interop.conftest import serving_process, serving_python
from tests.node.required import require_node

PAGE: Final = (ROOT / "docs/typescript.md").read_text(encoding="utf-8")
EXAMPLES: Final = re.findall(r"```ts\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
FILES: Final = dict(re.findall(r'```ts title="([\w.]+)"\n(.*?)```', PAGE, re.DOTALL))
ADA: Final = """
import { ChatClient as Chat, UserName as Name } from "./chat/index.js";
const ada = await Chat.connect("http://127.0.0.1:8001", { auth: { name: Name("ada") } });
ada.onStillThere(() => true);
"""
"""Takes the name before the page's example does."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("page"))
    folder = project.directory
    (folder / "tasks.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    (folder / "server.py").write_text(blocks("python")[0], encoding="utf-8")
    (folder / "client.py").write_text(blocks("python")[1], encoding="utf-8")
    for schema, target, out in (
        (folder / "tasks.yaml", "typescript", "tasks"),
        (folder / "tasks.yaml", "python", "python/tasks"),
        (ROOT / "examples/chat/chat.yaml", "typescript", "chat"),
    ):
        contract = load_contract(schema).contract
        assert contract is not None
        write(generate(contract, source=schema.name, target=target), folder / out)
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    first, *others = (f"{code}console.log('---');\n" for code, _ in EXAMPLES)
    (folder / "first.ts").write_text(f"{first}process.exit(0);\n", encoding="utf-8")
    all_examples = "".join((ADA, first, *others, "process.exit(0);\n"))
    (folder / "main.ts").write_text(all_examples, encoding="utf-8")
    (folder / "node.d.ts").write_text("declare const process: { exit(code: number): never };\n")
    return project


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_examples_are_well_typed(project: Project, compiler: str) -> None:
    assert len(EXAMPLES) + len(FILES) == PAGE.count("```ts")
    assert project.compile(compiler) == []


def test_the_examples_print_what_the_page_says(project: Project) -> None:
    folder = project.directory
    serve = (
        f"import sys; sys.path[:0] = [{str(folder / 'python')!r}, {str(folder)!r}]\n"
        "from server import app\nfrom tests import hosts\nhosts.serve(app, hosts.Hosting.DIRECT)"
    )
    with (
        serving_process([sys.executable, "-c", serve]) as line,
        serving_python("tests.interop.chat_server", Hosting.DIRECT) as chat,
    ):
        ports = {"8000": line.split()[1], "8001": chat.rpartition(":")[2]}
        printed = run(project, "main.ts", ports)
    assert printed == [text for _, text in EXAMPLES]


def test_the_test_passes(project: Project) -> None:
    ran = project.run("vitest/vitest.mjs", "run", "tasks.test.ts")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_server_in_node_serves_both_clients(project: Project) -> None:
    port = free_port()
    bundle = build(project, "server.ts", {"8002": port})
    with bundle.open("a", encoding="utf-8") as script:
        script.write(f'\nconsole.log("listening {port}");\n')
    with serving_process([require_node(), str(bundle)]):
        assert run(project, "first.ts", {"8000": port}) == [EXAMPLES[0][1]]
        client = (project.directory / "client.py").read_text(encoding="utf-8")
        path = f"import sys; sys.path.insert(0, {str(project.directory / 'python')!r})\n"
        code = path + client.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.stdout.splitlines() == ["added: write a contract", "task 2"], done.stderr


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def build(project: Project, entry: str, ports: dict[str, str]) -> Path:
    """Bundle a file of the page, with other ports."""
    bundle = project.bundle(entry, "--platform=node", "--format=esm", "--packages=external")
    text = bundle.read_text(encoding="utf-8")
    for written, real in ports.items():
        text = re.sub(rf"\b{written}\b", real, text)
    script = project.directory / f"{entry}.mjs"
    script.write_text(text, encoding="utf-8")
    return script


def run(project: Project, entry: str, ports: dict[str, str]) -> list[str]:
    """Run examples; return what each has printed."""
    done = subprocess.run(
        [require_node(), str(build(project, entry, ports))],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("---\n")[:-1]
