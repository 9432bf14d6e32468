"""``ackord breaking``."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ackord.codegen import generate
from ackord.schema import load_contract

from tests.codegen.test_cli import ackord

ROOT = Path(__file__).resolve().parents[2]
OLD = """ackord: 1
name: tiny
version: 1.0.0
namespaces:
  /:
    client_to_server:
      say: {args: {text: str}}
      "old:event": {name: leave}
    server_to_client:
      heard: {args: {text: str}}
"""
NO_REPOSITORY = (
    "--against: error: 'main' is no file, and . isn't in a git repository where it could name a "
    "commit\n"
)
NEW = OLD.replace("1.0.0", "2.0.0").replace(
    "say: {args: {text: str}}", "say: {args: {text: {type: str, max_length: 5}}}"
)
TEXT = """tiny.yaml:7:20 - error CONSTRAINT_TIGHTEN: a limit is new or stricter: `max_length: 5` rather than no `max_length`
  at namespaces./.client_to_server.say.args.text, before: {old}
  old_clients: a new server refuses what an old client may send
"""


def git(*arguments: str, cwd: Path) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose branch ``team/old`` has the old contract."""
    below = tmp_path / "schemas"
    below.mkdir()
    (below / "tiny.yaml").write_text(OLD)
    git("init", "-q", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    git("commit", "-q", "-m", "old", cwd=tmp_path)
    git("branch", "team/old", cwd=tmp_path)
    (below / "tiny.yaml").write_text(NEW)
    return below


@pytest.mark.parametrize(
    ("against", "old"),
    [
        ("team/old", "team/old:schemas/tiny.yaml:7"),
        ("HEAD", "HEAD:schemas/tiny.yaml:7"),
        ("team/old:schemas/tiny.yaml", "team/old:schemas/tiny.yaml:7"),
        ("before.yaml", "before.yaml:7"),
        ("contract.json", "contract.json: namespaces./.client_to_server.say.args.text"),
    ],
)
def test_the_old_contract_is_a_commit_or_a_file(repository: Path, against: str, old: str) -> None:
    (repository / "before.yaml").write_text(OLD)
    contract = load_contract(repository / "before.yaml").contract
    assert contract is not None
    (repository / "contract.json").write_text(
        generate(contract, source="before.yaml")["contract.json"]
    )
    done = ackord("breaking", "tiny.yaml", "--against", against, cwd=repository)
    assert (done.returncode, done.stdout, done.stderr) == (100, "", TEXT.format(old=old))


def test_imported_files_are_those_of_the_commit(repository: Path) -> None:
    common = repository / "parts" / "common.yaml"
    common.parent.mkdir()
    common.write_text("ackord: 1\nname: common\ntypes:\n  Text: {newtype: str}\n")
    importing = "ackord: 1\nimport: [parts/common.yaml]\n"
    used = OLD.replace("ackord: 1\n", importing).replace("text: str", "text: common.Text")
    (repository / "tiny.yaml").write_text(used)
    git("add", ".", cwd=repository)
    git("commit", "-q", "-m", "import", cwd=repository)
    common.write_text(common.read_text().replace("newtype: str", "newtype: int"))
    done = ackord("breaking", "tiny.yaml", "--against", "HEAD", cwd=repository)
    assert done.returncode == 100
    assert "parts/common.yaml:4:3 - error TYPE_CHANGE: " in done.stderr
    assert "before: HEAD:schemas/parts/common.yaml:4\n" in done.stderr


def test_a_schema_file_that_the_commit_lacks_is_new_if_the_configuration_names_it(
    repository: Path,
) -> None:
    (repository / "other.yaml").write_text(OLD.replace("tiny", "other"))
    tables = [
        f"{{schema = '{name}.yaml', targets = [{{name = 'python', out = '{name}'}}]}}"
        for name in ("other", "tiny")
    ]
    (repository / "ackord.toml").write_text(f"contracts = [{', '.join(tables)}]")
    done = ackord("breaking", "--against", "HEAD", cwd=repository)
    new = "other.yaml is new: HEAD has no such file\n"
    assert (done.returncode, done.stderr) == (
        100,
        new + TEXT.format(old="HEAD:schemas/tiny.yaml:7"),
    )


OF_PYTHON = (
    "types:\n  Uses: {union: [Of, int]}\n  Of: {python: datetime.date}\n"
    "  Gone: {python: gone.since.Then}\n"
)


@pytest.mark.parametrize(
    ("old_format", "codes"),
    [
        (None, ["PYTHON_TYPE_UNKNOWN"]),
        ("date", []),
        ("date-time", ["PYTHON_TYPE_CHANGE"]),
    ],
)
def test_python_types_are_those_of_the_contract_in_the_same_commit(
    repository: Path, old_format: str | None, codes: list[str]
) -> None:
    used = OLD.replace("namespaces:", OF_PYTHON + "namespaces:").replace("text: str", "text: Uses")
    new = used.replace("  Gone: {python: gone.since.Then}\n", "")
    (repository / "tiny.yaml").write_text(new)
    if old_format is not None:
        (repository / "ackord.toml").write_text(
            "contracts = [{schema = 'tiny.yaml', targets = [{name = 'python', out = 'app'}]}]"
        )
        assert ackord("generate", cwd=repository).returncode == 0
        contract = repository / "app" / "contract.json"
        contract.write_text(contract.read_text().replace('"date"', f'"{old_format}"'))
    # The class Gone was removed from the code after the commit.
    (repository / "tiny.yaml").write_text(used)
    git("add", ".", cwd=repository)
    git("commit", "-q", "-m", "python types", cwd=repository)
    (repository / "tiny.yaml").write_text(new.replace("1.0.0", "2.0.0"))
    done = ackord("breaking", "tiny.yaml", "--against", "HEAD", "--format", "json", cwd=repository)
    found = json.loads(done.stdout)["findings"]
    assert [one["rule"] for one in found if one["rule"] != "SOURCE_TYPE_REMOVE"] == codes
    assert done.returncode == (100 if "PYTHON_TYPE_CHANGE" in codes else 0)


def test_an_old_schema_file_does_not_tell_what_python_types_were(repository: Path) -> None:
    used = OLD.replace("namespaces:", OF_PYTHON + "namespaces:").replace("text: str", "text: Of")
    (repository / "before.yaml").write_text(used)
    new = used.replace("  Gone: {python: gone.since.Then}\n", "").replace("1.0.0", "1.1.0")
    (repository / "tiny.yaml").write_text(new)
    done = ackord("breaking", "tiny.yaml", "--against", "before.yaml", cwd=repository)
    assert done.returncode == 0
    assert "tiny.yaml:6:3 - warning PYTHON_TYPE_UNKNOWN: whether a `python:` type" in done.stderr
    assert "isn't known: `datetime.date`\n" in done.stderr


def test_only_what_breaks_the_chosen_rollouts_is_shown(repository: Path) -> None:
    chosen = ("--rollout", "old_servers", "--rollout", "other_nodes")
    done = ackord("breaking", "tiny.yaml", "--against", "HEAD", *chosen, cwd=repository)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "nobody is broken by the change since HEAD\n"


def test_findings_are_given_as_json_and_for_github(repository: Path) -> None:
    done = ackord("breaking", "tiny.yaml", "--against", "HEAD", "--format", "json", cwd=repository)
    assert done.returncode == 100
    assert json.loads(done.stdout) == {
        "findings": [
            {
                "rule": "CONSTRAINT_TIGHTEN",
                "level": "error",
                "breaks": ["old_clients"],
                "file": "tiny.yaml",
                "line": 7,
                "path": "namespaces./.client_to_server.say.args.text",
                "message": "a limit is new or stricter: `max_length: 5` rather than no "
                "`max_length` (tiny.yaml:7, before: HEAD:schemas/tiny.yaml:7). "
                "old_clients: a new server refuses what an old client may send",
            }
        ]
    }
    done = ackord(
        "breaking", "tiny.yaml", "--against", "HEAD", "--format", "github", cwd=repository
    )
    assert done.stdout.startswith("::error title=CONSTRAINT_TIGHTEN,file=tiny.yaml,line=7,col=20::")
    (repository / "tiny.yaml").write_text(OLD.replace("name: leave", "name: exit"))
    done = ackord("breaking", "tiny.yaml", "--against", "HEAD", "--format", "json", cwd=repository)
    assert done.returncode == 0
    assert [
        (one["rule"], one["level"], one["breaks"]) for one in json.loads(done.stdout)["findings"]
    ] == [
        ("VERSION_NOT_RAISED", "warning", []),
        ("SOURCE_EVENT_RENAME", "warning", []),
    ]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("namespaces./.client_to_server.say.args.text", 0),
        ("namespaces./.client_to_server.say", 0),
        ("namespaces./*.say.args.*", 0),
        ("namespaces./.client_to_server.sa", 100),
        ("types", 100),
    ],
)
def test_findings_are_ignored_by_rule_and_path(repository: Path, path: str, code: int) -> None:
    entry = f'{{rule = "CONSTRAINT_TIGHTEN", path = "{path}", reason = "nobody sends more"}}'
    (repository / "ackord.toml").write_text(f"[breaking]\nignore = [{entry}]\n")
    done = ackord("breaking", "tiny.yaml", "--against", "HEAD", cwd=repository)
    assert done.returncode == code
    unused = "ackord.toml: warning: breaking.ignore has CONSTRAINT_TIGHTEN at"
    assert (unused in done.stderr) == bool(code)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('{rule = "NO_RULE", path = "a", reason = "b"}', "ackord.toml: error: breaking.ignore: there is no rule 'NO_RULE'\n"),
        ('{rule = "ENUM_ADD", path = "a"}', "error: ackord.toml: breaking.ignore[0].reason: this is missing\n"),
        ('{rule = "ENUM_ADD", path = "a", reason = ""}', "error: ackord.toml: breaking.ignore[0].reason: this is empty\n"),
        ("1", "error: ackord.toml: breaking.ignore[0]: expected a table\n"),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_wrong_usage(repository: Path, entry: str, message: str) -> None:
    (repository / "ackord.toml").write_text(f"[breaking]\nignore = [{entry}]\n")
    done = ackord("breaking", "tiny.yaml", "--against", "HEAD", cwd=repository)
    assert (done.returncode, done.stderr) == (2, message)


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("no/branch", "'no/branch' is neither a file nor a commit that git knows"),
        ("--output=x", "'--output=x' is neither a file nor a commit that git knows"),
        ("HEAD:gone.yaml", "HEAD has no file gone.yaml"),
    ],
)
def test_an_old_contract_that_is_not_there_is_a_failure(
    repository: Path, against: str, message: str
) -> None:
    done = ackord("breaking", "tiny.yaml", f"--against={against}", cwd=repository)
    assert (done.returncode, done.stderr) == (1, f"--against: error: {message}\n")


def test_what_else_can_be_wrong_with_the_contracts(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:  # fmt: skip
    (repository / "new.yaml").write_text(NEW)
    done = ackord("breaking", "new.yaml", "--against", "HEAD", cwd=repository)
    assert (done.returncode, done.stderr) == (
        1,
        (
            "--against: error: HEAD has no file schemas/new.yaml; if it was another one, name that: "
            "HEAD:path/in/the/repository.yaml\n"
        ),
    )
    (repository / "bad.yaml").write_text("ackord: 1\n")
    done = ackord("breaking", "tiny.yaml", "--against", "bad.yaml", cwd=repository)
    assert done.returncode == 1
    assert "the old contract can't be compared, because bad.yaml has errors" in done.stderr
    assert ackord("breaking", "bad.yaml", "--against", "HEAD", cwd=repository).returncode == 100
    assert ackord("breaking", "gone.yaml", "--against", "HEAD", cwd=repository).returncode == 1
    assert ackord("breaking", "tiny.yaml", cwd=repository).returncode == 2
    (repository / "broken.json").write_text('{"ir": 1}')
    done = ackord("breaking", "tiny.yaml", "--against", "broken.json", cwd=repository)
    assert done.returncode == 1
    assert "broken.json - error: this is no contract.json" in done.stderr
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "tiny.yaml").write_text(NEW)
    done = ackord("breaking", "tiny.yaml", "--against", "main", cwd=elsewhere)
    assert (done.returncode, done.stderr) == (
        1,
        NO_REPOSITORY,
    )
