"""The command line: what it prints, writes and exits with."""

from __future__ import annotations

import importlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from importlib.metadata import version
from pathlib import Path

import pytest
from ackord.codegen.main import main

CHAT = Path(__file__).parent / "golden" / "chat" / "schema.yaml"


ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}


def ackord(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Call what the console script calls, without the half second that a process takes."""
    out, err = io.StringIO(), io.StringIO()
    called = ["ackord", *map(str, arguments)]
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        stack.enter_context(chdir(cwd or Path.cwd()))
        patch.setattr(sys, "argv", called)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as exited:
            main()
    assert isinstance(exited.value.code, int | None)
    return subprocess.CompletedProcess(
        called, exited.value.code or 0, out.getvalue(), err.getvalue()
    )


def test_generate_writes_a_package_and_check_finds_it_good(tmp_path: Path) -> None:
    out = tmp_path / "contract"
    generated = ackord("generate", CHAT, "--out", out)
    assert generated.returncode == 0, generated.stderr
    assert f"wrote {out / 'server.py'}" in generated.stdout
    assert sorted(path.name for path in out.iterdir()) == [
        ".ackord-manifest.json",
        "__init__.py",
        "client.py",
        "client_sync.py",
        "contract.json",
        "emitter.py",
        "emitter_sync.py",
        "events.py",
        "py.typed",
        "server.py",
        "types.py",
    ]
    again = ackord("generate", CHAT, "--out", out, "--target", "python")
    assert (again.returncode, again.stdout) == (0, f"{out} is up to date\n")
    checked = ackord("check", CHAT, "--out", out)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, f"{out} is up to date\n", "")


@pytest.mark.parametrize("command", ["generate", "check"])
def test_an_unknown_target_is_wrong_usage_and_named(command: str, tmp_path: Path) -> None:
    done = ackord(command, CHAT, "--out", tmp_path / "contract", "--target", "cobol")
    assert done.returncode == 2
    assert "--target" in done.stderr
    assert "there is no target 'cobol': asyncapi, docs, python" in done.stderr
    assert not (tmp_path / "contract").exists()


def test_check_prints_the_difference_writes_nothing_and_exits_with_100(tmp_path: Path) -> None:
    schema = tmp_path / "chat.yaml"
    schema.write_bytes(CHAT.read_bytes())
    out = tmp_path / "contract"
    assert ackord("generate", schema, "--out", out).returncode == 0
    before = (out / "client.py").read_bytes()
    schema.write_text(CHAT.read_text().replace("active: bool = true", "active: bool = false"))
    checked = ackord("check", schema, "--out", out)
    assert checked.returncode == 100
    assert (
        "\n-    def typing(self, room: RoomName, active: bool = True) -> None:\n" in checked.stdout
    )
    assert (
        "\n+    def typing(self, room: RoomName, active: bool = False) -> None:\n" in checked.stdout
    )
    assert f"run: ackord generate {schema} --out {out}" in checked.stderr
    assert (out / "client.py").read_bytes() == before


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("a: int\n    b: str = ''", "properties.b is new"),
        ("a: str", 'properties.a.type is "string", and was "integer"'),
        ("a: int = Field(title='A', ge=0)", "properties.a.minimum is new"),
        ("pass", "properties.a is gone"),
    ],
)
def test_check_says_what_has_changed_in_a_model_of_the_application(
    tmp_path: Path, model: str, says: str
) -> None:
    schema, module = tmp_path / "a.yaml", tmp_path / "app_models.py"
    schema.write_text("ackord: 1\nname: a\nversion: 1.0.0\ntypes: {A: {python: app_models.A}}\n")
    head = "from pydantic import BaseModel, Field\n\nclass A(BaseModel):\n    "
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path])
        patch.setattr(sys, "dont_write_bytecode", True)  # both texts may have one size and second
        for text in ("a: int", model):
            module.write_text(head + text + "\n")
            importlib.invalidate_caches()
            sys.modules.pop("app_models", None)
            command = "generate" if text == "a: int" else "check"
            done = ackord(command, schema, "--out", "out", cwd=tmp_path)
        sys.modules.pop("app_models", None)
    assert done.returncode == 100
    assert (
        f"app_models.A, the Python type A, isn't what it was when out was generated: {says}\n"
        in (done.stderr)
    )


def test_check_of_a_package_that_was_never_generated_exits_with_100(tmp_path: Path) -> None:
    assert ackord("check", CHAT, "--out", tmp_path / "none").returncode == 100
    assert not (tmp_path / "none").exists()


def texts_before(mark: str, text: str) -> Iterator[str]:
    """Return the text before each mark, without marks."""
    *parts, _ = text.split(mark)
    for count in range(1, len(parts) + 1):
        yield "".join(parts[:count]).replace("»", "")


MARKED = """ackord: 1
name: demo
version: 1.0.0
import: [other.yaml]
types:
  Tz: {enum: [«"GMT+1"», «"GMT-1"», UTC]}
  R: {fields: {«_id»: int, «__id»: int, inner: {fields: {«_a»: int, «__a»: int}}}}
errors:
  E: {fields: {«_id»: int, «__id»: int}}
rooms:
  «a_b»: {name: x}
  «a__b»: {name: "y:{_p}:{__p}", params: {«_p»: int, «__p»: int}}
namespaces:
  /:
    auth: {fields: {of: other.Of}}
  "/t/{_p}/{__p}":
    name: tenant
    params: {«_p»: int, «__p»: int}
  /s:
    server_to_server: {b: {ack: int}}
"""


def test_names_that_a_target_cannot_tell_apart_are_shown_at_both_places(tmp_path: Path) -> None:
    places = [
        (text.count("\n") + 1, len(text) - text.rfind("\n")) for text in texts_before("«", MARKED)
    ]
    (tmp_path / "demo.yaml").write_text(MARKED.replace("«", "").replace("»", ""))
    (tmp_path / "other.yaml").write_text("ackord: 1\ntypes:\n  Of: {enum: [a-b, a.b]}\n")
    done = ackord("generate", "demo.yaml", "--out", "demo", cwd=tmp_path)
    pattern = r"^(?:  )?(\S+):(\d+):(\d+)(?: - error S078|: the other one)"
    found = [
        (file, int(line), int(column))
        for file, line, column in re.findall(pattern, done.stderr, re.MULTILINE)
    ]
    wanted = {("demo.yaml", *place) for place in places}
    assert set(found) == wanted | {("other.yaml", 3, 15), ("other.yaml", 3, 20)}
    assert len(found) == len(set(found))
    assert (done.returncode, (tmp_path / "demo").exists()) == (100, False)
    # The later one of two has the excerpt.
    assert done.stderr.startswith("demo.yaml:6:24 - error S078: enum Tz: the members 'GMT+1' and")
    assert "  hint: give one of them a name there, as in {value: " in done.stderr


def test_problems_of_the_schema_are_shown_with_excerpts_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    schema = tmp_path / "bad.yaml"
    schema.write_text(CHAT.read_text().replace("members: list[UserName]", "members: list[UserNam]"))
    failed = ackord("generate", "bad.yaml", "--out", "contract", cwd=tmp_path)
    assert failed.returncode == 100
    line = next(
        number
        for number, text in enumerate(schema.read_text().splitlines(), 1)
        if "UserNam]" in text
    )
    assert f"bad.yaml:{line}:" in failed.stderr
    assert "members: list[UserNam]" in failed.stderr
    assert "^^^^^^^" in failed.stderr
    assert "did you mean 'UserName'?" in failed.stderr
    assert failed.stdout == ""
    assert not (tmp_path / "contract").exists()


def test_warnings_are_shown_and_keep_nothing_from_being_generated(tmp_path: Path) -> None:
    schema = tmp_path / "chat.yaml"
    schema.write_text(
        CHAT.read_text()
        .replace('{type: "list[Message]", max_items: 50}', "list[Message]")
        .replace("max_length: 900000, ", "")
    )
    out = tmp_path / "contract"
    for command in ("generate", "check"):
        done = ackord(command, schema, "--out", out)
        assert done.returncode == 0, done.stderr
        assert "warning S061: this list may hold any number of attachments" in done.stderr
        assert "any size: ImageBody.data\n" in done.stderr
        assert done.stderr.endswith("\nFound 2 warnings.\n")


def test_an_earlier_package_survives_a_broken_schema(tmp_path: Path) -> None:
    schema = tmp_path / "chat.yaml"
    schema.write_bytes(CHAT.read_bytes())
    out = tmp_path / "contract"
    ackord("generate", schema, "--out", out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    schema.write_text("ackord: 1\nname: [")
    assert ackord("generate", schema, "--out", out).returncode == 100
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_package_that_would_hide_the_module_of_a_python_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house/models.py").write_text("class Author(str):\n    pass\n")
    (tmp_path / "s.yaml").write_text(
        "ackord: 1\nname: s\nversion: 1.0.0\ntypes:\n  R: {python: fractions.Fraction}\n  D: "
        "{python: house.models.int}\n"
    )
    (tmp_path / "house/models.py").write_text("int = int\n")
    refused = ackord("generate", "s.yaml", "--out", "house", cwd=tmp_path)
    assert refused.returncode == 2
    assert "would hide the module of house.models.int" in " ".join(
        refused.stderr.replace("│", " ").split()
    )
    assert [path.name for path in (tmp_path / "house").iterdir() if path.suffix] == ["models.py"]
    assert ackord("generate", "s.yaml", "--out", "house/contract", cwd=tmp_path).returncode == 0


def test_a_checkout_with_other_line_ends_is_up_to_date_and_one_without_the_manifest_is_not(
    tmp_path: Path,
) -> None:
    schema, out = tmp_path / "chat.yaml", tmp_path / "contract"
    schema.write_bytes(CHAT.read_bytes())
    assert ackord("generate", schema, "--out", out).returncode == 0
    for path in (schema, *out.iterdir()):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert (
        ackord("check", schema, "--out", out).returncode,
        ackord("generate", schema, "--out", out).stdout,
    ) == (
        0,
        f"{out} is up to date\n",
    )
    (out / ".ackord-manifest.json").unlink()
    checked = ackord("check", schema, "--out", out)
    assert (checked.returncode, checked.stdout) == (100, "")
    assert f"{out / '.ackord-manifest.json'} is missing" in checked.stderr
    assert f"run: ackord generate {schema} --out {out}" in checked.stderr
    generated = ackord("generate", schema, "--out", out)
    assert (generated.returncode, generated.stdout) == (
        0, f"{out / '.ackord-manifest.json'} was missing and is written anew; commit it with the other files\n"
    )  # fmt: skip


def test_an_edited_file_is_refused_with_100_and_overwritten_with_force(tmp_path: Path) -> None:
    out = tmp_path / "contract"
    ackord("generate", CHAT, "--out", out)
    (out / "types.py").write_text("# mine\n")
    refused = ackord("generate", CHAT, "--out", out)
    assert refused.returncode == 100
    assert f"{out / 'types.py'} was edited after it had been generated" in refused.stderr
    assert (out / "types.py").read_text() == "# mine\n"
    assert ackord("generate", CHAT, "--out", out, "--force").returncode == 0
    assert ackord("check", CHAT, "--out", out).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("generate",),
        ("generate", "x.yaml"),
        ("frobnicate",),
        ("check", "--nope"),
    ],
)
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    failed = ackord(*arguments, cwd=tmp_path)
    assert failed.returncode == 2
    assert failed.stdout or failed.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_schema_that_is_missing_is_named(tmp_path: Path) -> None:
    assert (
        "no-such-file.yaml"
        in ackord("generate", "no-such-file.yaml", "--out", "out", cwd=tmp_path).stderr
    )


def test_a_file_that_cannot_be_read_exits_with_1(tmp_path: Path) -> None:
    failed = ackord("generate", "no-such-file.yaml", "--out", "out", cwd=tmp_path)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert list(tmp_path.iterdir()) == []


def test_help_names_the_commands_and_the_exit_codes() -> None:
    shown = ackord("--help")
    assert shown.returncode == 0
    for words in (
        "generate",
        "check",
        "Exit codes: 0 all is well, 1 failure, 2 wrong usage, 100 findings.",
    ):
        assert words in shown.stdout
    for command in ("generate", "check"):
        assert "--out" in ackord(command, "--help").stdout


def test_version_is_that_of_the_distribution() -> None:
    shown = ackord("--version")
    assert (shown.returncode, shown.stdout) == (0, f"ackord {version('ackord')}\n")


def test_without_the_packages_of_the_command_line_it_says_what_to_install() -> None:
    script = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('jinja2', 'click', 'yaml'): raise "
        "ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from ackord.codegen.main import main\n"
        "main()\n"
    )
    failed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert failed.returncode == 1
    assert "pip install 'ackord[codegen]'" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_existing_python_types_are_looked_for_in_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "house_models.py").write_text(
        "from pydantic import BaseModel\n\n\nclass Author(BaseModel):\n    name: str\n"
    )
    (tmp_path / "s.yaml").write_text(
        "ackord: 1\nname: s\nversion: 1.0.0\ntypes:\n  Author: {python: house_models.Author}\n"
        "namespaces:\n  /x:\n    client_to_server: {who: {ack: Author}}\n"
    )
    script = (
        "import sys; sys.path.remove('') if '' in sys.path else None; "
        "from ackord.codegen.main import main; main()"
    )
    command = [sys.executable, "-c", script, "generate", "s.yaml", "--out", "out"]
    generated = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert generated.returncode == 0, generated.stderr
    assert "from house_models import Author\n" in (tmp_path / "out" / "types.py").read_text()


def test_the_command_line_runs_as_a_module_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ackord.codegen", "generate", str(CHAT), "--out", "contract"]
    generated = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert generated.returncode == 0, generated.stderr
    assert (tmp_path / "contract" / "client.py").exists()
    shown = subprocess.run(
        [*command[:3], "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Usage: ackord" in shown.stdout


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("my-chat", "; 'my_chat' would do."),
        *((name, " must be.") for name in ("class", "2fast", "ackord", "__main__")),
        ("\uff4a\uff53\uff4f\uff4e", "; 'json' would do."),
        *(
            (name, f"the module {name!r} of the standard library; '{name}_contract' would do.")
            for name in ("json", "types", "logging")
        ),
        *(
            (name, f"the package {name!r}, which ackord needs")
            for name in ("pydantic", "typing_extensions", "annotated_types", "msgpack", "click")
        ),
    ],
)
@pytest.mark.parametrize("command", ["generate", "check"])
def test_a_directory_that_could_not_be_imported_is_refused(
    tmp_path: Path, command: str, name: str, hint: str
) -> None:
    refused = ackord(command, CHAT, "--out", name, cwd=tmp_path)
    assert refused.returncode == 2
    message = " ".join(refused.stderr.replace("│", " ").split())
    assert f"{name!r} can't be the name of a package, as the last part of DIR must be" in message
    assert hint in message
    assert list(tmp_path.iterdir()) == []


def test_explain_prints_the_page_of_a_rule_or_lists_all() -> None:
    page = ackord("explain", "s063")
    assert page.returncode == 0
    assert page.stdout.startswith("## S063\n\n**Sizes without a limit** (warning, limits).")
    assert "demo.yaml:5:3 - warning S063: clients of /chat may send" in page.stdout
    change = ackord("explain", "FIELD_RENAME").stdout
    assert "**A field has another name on the wire** (`ackord breaking`: an error" in change
    listed = ackord("explain").stdout.splitlines()
    assert any(" ".join(line.split()) == "S005 Duplicate key" for line in listed)
    assert any(line.startswith("VERSION_NOT_RAISED ") for line in listed)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("S08", "did you mean S0"),
        ("FIELD_RENAMED", "did you mean FIELD_RENAME?"),
        ("?", "lists all"),
    ],
)
def test_explain_of_an_unknown_code_is_wrong_usage(code: str, hint: str) -> None:
    refused = ackord("explain", code)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"error: there is no rule {code!r}; " in refused.stderr
    assert hint in refused.stderr
