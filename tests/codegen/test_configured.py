"""The verbs that work on what the configuration of a project names."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.codegen.test_cli import CHAT, ackord

CONFIGURATION = """
[[tool.ackord.contracts]]
schema = "chat.yaml"
targets = [{ name = "python", out = "app/chat" }]

[[tool.ackord.contracts]]
schema = "tiny.yaml"
targets = [{ name = "python", out = "app/tiny" }]
"""
TO_B = "{name = 'python', out = 'b'}"
TINY = "ackord: 1\nname: tiny\nversion: 1.0.0\nnamespaces:\n  /: {client_to_server: {ping: {}}}\n"
UNBOUNDED = TINY.replace("{ping: {}}", "{say: {args: {text: str}}}")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    (tmp_path / "chat.yaml").write_bytes(CHAT.read_bytes())
    (tmp_path / "tiny.yaml").write_text(TINY)
    (tmp_path / "deep" / "below").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("where", [".", "deep/below"])
def test_all_packages_of_the_configuration_are_generated_and_checked(
    project: Path, where: str
) -> None:
    up = "../../" if where != "." else ""
    done = ackord("generate", cwd=project / where)
    assert done.returncode == 0, done.stderr
    assert f"wrote {up}app/chat/server.py\n" in done.stdout
    assert f"wrote {up}app/tiny/server.py\n" in done.stdout
    checked = ackord("check", cwd=project / where)
    assert (checked.returncode, checked.stdout) == (
        0,
        f"{up}app/chat is up to date\n{up}app/tiny is up to date\n",
    )
    (project / "tiny.yaml").write_text(TINY.replace("ping", "pong"))
    for arguments, code in (([], 100), ([f"{up}chat.yaml"], 0), ([f"{up}tiny.yaml"], 100)):
        assert ackord("check", *arguments, cwd=project / where).returncode == code
    assert "run: ackord generate\n" in ackord("check", cwd=project).stderr


def test_nothing_is_written_if_one_of_the_packages_cannot_be(project: Path) -> None:
    (project / "app" / "tiny").mkdir(parents=True)
    (project / "app" / "tiny" / "mine.py").write_text("")
    refused = ackord("generate", cwd=project)
    assert refused.returncode == 100
    assert "app/tiny isn't empty" in refused.stderr
    assert not (project / "app" / "chat").exists()
    (project / "tiny.yaml").write_text("ackord: 1")
    assert ackord("generate", "--force", cwd=project).returncode == 100
    assert not (project / "app" / "chat").exists()


def test_a_file_of_its_own_comes_before_the_table_in_pyproject(project: Path) -> None:
    (project / "ackord.toml").write_text(
        '[[contracts]]\nschema = "tiny.yaml"\ntargets = [{name = "python", out = "tiny"}]\n'
    )
    assert ackord("generate", cwd=project).returncode == 0
    assert (project / "tiny" / "server.py").exists()
    assert not (project / "app").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("contracts = 5", "ackord.toml: contracts: expected a list"),
        ("[contracts]\nschema = 'a'", "contracts: expected a list"),
        ("[[contracts]]\nschema = 'a'", "ackord.toml: contracts[0].targets: this is missing"),
        (
            "[[contracts]]\nschema = 'a'\ntargets = []",
            "contracts[0].targets: this is empty",
        ),
        (
            "[[contracts]]\nschema = 'a'\ntargets = [{name = 'python', output = 'b'}]",
            "error: ackord.toml: contracts[0].targets[0].out: this is missing\n",
        ),
        (
            "[[contracts]]\nschema = 'a'\ntargets = [{name = 'python', out = 'b', output = 'c'}]",
            "the target python has no option 'output': it has none",
        ),
        (
            "[[contracts]]\nschema = 'a'\ntargets = [{name = 'typescript', out = 'b', int64 = 'x'}]",
            "the option 'int64' of the target typescript is one of: string, bigint",
        ),
        (
            "[[contracts]]\nschema = 'a'\ntargets = [{name = 'typescript', out = 'b', int64 = 5}]",
            "targets[0].options.int64: expected text",
        ),
        (
            "[[contracts]]\nschema = 'a'\ntargets = [{name = 'cobol', out = 'b'}]",
            "there is no target 'cobol': asyncapi, docs, python, typescript",
        ),
        (
            f"[[contracts]]\nschema = 'a'\ntargets = [{', '.join([TO_B] * 2)}]",
            "ackord.toml: two targets have the directory 'b'",
        ),
        ("[[contracts]\n", "ackord.toml can't be read: Expected ']]'"),
        ("\x00", "ackord.toml can't be read: "),
        ("", "ackord.toml names no contract; or name --out"),
        ("lint = {ignore = ['S999']}", "ackord.toml: lint.ignore[0]: S999 is no code of a warning"),
        ("lint = {ignore = ['S021']}", "S021 is the code of an error; warnings are S061, "),
        ("lint = {ignore = 'S063'}", "ackord.toml: lint.ignore: expected a list"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_wrong_usage(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "ackord.toml").write_text(text)
    done = ackord("generate", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["generate", "check", "validate", "lint"])
def test_without_a_configuration_a_verb_says_what_to_name(verb: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    done = ackord(verb, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: name a schema file")
    assert '[[tool.ackord.contracts]] with schema = "chat.yaml"' in done.stderr


@pytest.mark.parametrize(
    ("text", "validated", "linted"),
    [(TINY, 0, 0), (UNBOUNDED, 0, 100), (TINY + "  5\n", 100, 100), (None, 1, 1)],
)
def test_validate_fails_for_errors_and_lint_for_warnings_too(
    project: Path, text: str | None, validated: int, linted: int
) -> None:
    tiny = project / "tiny.yaml"
    if text is None:
        tiny.unlink()
    else:
        tiny.write_text(text)
    assert ackord("validate", "tiny.yaml", cwd=project).returncode == validated
    assert ackord("lint", "tiny.yaml", cwd=project).returncode == linted


TWO = UNBOUNDED.replace("text", "from")


@pytest.mark.parametrize(
    ("settings", "only", "codes"),
    [
        ("", [], ["S063", "S077"]),
        ("lint = {ignore = ['S063']}", [], ["S077"]),
        ("lint = {ignore = ['S063', 'S077']}", [], []),
        ("", ["S063"], ["S063"]),
        ("lint = {ignore = ['S063']}", ["s063", "S074"], ["S063"]),
        ("", ["S061"], []),
        # What stands in the file is needed elsewhere, or was until now.
        ("ignored", ["S077"], ["S077"]),
        ("ignored", ["S074"], []),
        ("ignored", [], ["S076", "S077"]),
    ],
)
def test_warnings_are_chosen_by_the_configuration_or_by_their_codes(
    tmp_path: Path, settings: str, only: list[str], codes: list[str]
) -> None:
    entries = "ignore: {S063: tested, S061: tested}\n" if settings == "ignored" else ""
    (tmp_path / "tiny.yaml").write_text(entries + TWO)
    (tmp_path / "ackord.toml").write_text("" if settings == "ignored" else settings)
    arguments = ["lint", "tiny.yaml", "--format", "json", *(f"--only={code}" for code in only)]
    done = ackord(*arguments, cwd=tmp_path)
    assert [one["code"] for one in json.loads(done.stdout)["diagnostics"]] == codes
    assert done.returncode == (100 if codes else 0)


def test_only_takes_codes_of_warnings_and_keeps_errors(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TWO.replace("str}", "strr}"))
    assert "S021" in ackord("lint", "tiny.yaml", "--only", "S063", cwd=tmp_path).stderr
    refused = ackord("lint", "tiny.yaml", "--only", "S021", cwd=tmp_path)
    assert (refused.returncode, "'S021' is no code of a warning" in refused.stderr) == (2, True)


@pytest.mark.parametrize("verb", ["generate", "check", "validate"])
def test_every_verb_that_shows_warnings_reads_which(verb: str, project: Path) -> None:
    (project / "tiny.yaml").write_text(TWO)
    assert "'from' has another name in generated Python" in ackord(verb, cwd=project).stderr
    ignoring = CONFIGURATION + "\n[tool.ackord.lint]\nignore = ['S063', 'S077']\n"
    (project / "pyproject.toml").write_text(ignoring)
    assert "warning" not in ackord(verb, cwd=project).stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [("python", "'from' has another name in generated Python"), ("typescript", None)],
)
def test_names_that_the_language_of_another_target_reserves_are_no_warning(
    tmp_path: Path, target: str, said: str | None
) -> None:
    (tmp_path / "tiny.yaml").write_text(TWO)
    done = ackord("generate", "tiny.yaml", "--out", "app", "--target", target, cwd=tmp_path)
    assert (said or "S063") in done.stderr
    assert ("S077" in done.stderr) == (said is not None)


@pytest.mark.parametrize("verb", ["validate", "lint"])
def test_problems_are_printed_for_other_programs(verb: str, project: Path) -> None:
    (project / "tiny.yaml").write_text(UNBOUNDED.replace("str}", "strr}"))
    done = ackord(verb, "tiny.yaml", "--format", "json", cwd=project)
    (found,) = json.loads(done.stdout)["diagnostics"]
    assert found == {
        "code": "S021",
        "severity": "error",
        "file": "tiny.yaml",
        "line": 5,
        "column": 45,
        "end_line": 5,
        "end_column": 49,
        "message": "unknown type 'strr'",
        "hint": "did you mean 'str'?",
        "related": [],
    }
    done = ackord(verb, "tiny.yaml", "--format", "github", cwd=project)
    assert done.stdout == (
        "::error title=S021,file=tiny.yaml,line=5,col=45,endLine=5,endColumn=49"
        "::unknown type 'strr' (did you mean 'str'?)\n"
    )
    (project / "tiny.yaml").write_text(TINY)
    done = ackord(verb, "tiny.yaml", "--format", "json", cwd=project)
    assert json.loads(done.stdout) == {"diagnostics": []}
    said = {"validate": "tiny.yaml is valid\n", "lint": "tiny.yaml has no problems\n"}
    assert ackord(verb, "tiny.yaml", cwd=project).stdout == said[verb]


def test_a_schema_is_validated_from_standard_input(project: Path) -> None:
    command = [sys.executable, "-m", "ackord.codegen", "validate", "-"]
    for text, code in ((TINY, 0), ("ackord: 2", 100)):
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert (done.stdout or done.stderr).startswith(("standard input is valid", "<stdin>:1:9"))


def test_watching_generates_again_after_a_change_and_goes_on_after_an_error(project: Path) -> None:
    command = [sys.executable, "-u", "-m", "ackord.codegen", "generate", "--watch", "tiny.yaml"]
    with subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        guard = threading.Timer(60, process.kill)
        guard.start()

        def read_until_it_waits() -> str:
            lines = iter(process.stdout or ())
            return "".join(iter(lambda: next(lines), "waiting for a change; Ctrl-C ends this\n"))

        assert "wrote app/tiny/server.py" in read_until_it_waits()
        (project / "tiny.yaml").write_text("ackord: 2\n")
        assert "S013" in read_until_it_waits()
        (project / "tiny.yaml").write_text(TINY.replace("ping", "pong"))
        assert "wrote app/tiny/server.py" in read_until_it_waits()
        process.send_signal(2)
        assert process.wait() == 0
        guard.cancel()
