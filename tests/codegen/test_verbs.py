"""Verbs that other distributions add to the command line, as a process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from ackord.codegen.cli.verbs import find_verbs, own_verbs

CHAT = Path(__file__).parent / "golden" / "chat" / "schema.yaml"
DOCS = Path(__file__).parents[2] / "docs"
VERBS = {
    "greet": """
import click
@click.command()
@click.option("--name", default="you")
def verb(name: str) -> None:
    "Say hello."
    click.echo(f"hello, {name}")
""",
    "split": """
import click
@click.command()
def verb() -> None:
    "Need what isn't installed, once called."
    import left_half
""",
    "lost": "import left_half\nverb = None\n",
    "crash": "raise RuntimeError('no\\n luck')\n",
    "plain": "verb = print\n",
    "nameless": "vrb = None\n",
}
METADATA = """\
Metadata-Version: 2.4
Name: halves
Version: 1.0
Provides-Extra: left
Requires-Dist: left_half>=1; extra == 'left'
"""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a directory with a distribution that has verbs of all sorts."""
    folder = tmp_path_factory.mktemp("plugins")
    info = folder / "halves-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    points = "".join(f"{name} = halves_{name}:verb\n" for name in VERBS)
    (info / "entry_points.txt").write_text(f"[ackord.verbs]\n{points}check = halves_greet:verb\n")
    for name, code in VERBS.items():
        (folder / f"halves_{name}.py").write_text(code)
    return folder


def python(
    code: str, *arguments: str | Path, path: Path | str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(path),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


MAIN = "from ackord.codegen.main import main; main()"
NOT_INSTALLED = "No module named 'left_half'; install it with: pip install 'halves[left]'"


def test_help_lists_the_verbs_of_all_distributions_and_says_which_are_not_available(
    plugins: Path,
) -> None:
    shown = python(MAIN, "--help", path=plugins)
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = [" ".join(line.strip("│ ").split()) for line in shown.stdout.splitlines()]
    verbs = lines[next(n for n, line in enumerate(lines) if "Commands" in line) :]
    own = [verb.name for verb in entry_points(group="ackord.verbs")]
    expected = sorted([*VERBS, *own])
    assert [line.split()[0] for line in verbs if line[:1].islower()][: len(expected)] == expected
    assert "greet Say hello." in verbs
    assert any(line.startswith("crash Not available: no luck") for line in verbs)


@pytest.mark.parametrize(
    ("arguments", "code", "out", "error"),
    [
        (("greet", "--name", "Ada"), 0, "hello, Ada\n", ""),
        (("lost", "--port", "5"), 1, "", f"ackord: 'lost' is not available: {NOT_INSTALLED}\n"),
        (("crash",), 1, "", "ackord: 'crash' is not available: no luck\n"),
        (("plain",), 1, "", "ackord: 'plain' is not available: halves_plain:verb is no click"),
        (("nameless",), 1, "", "ackord: 'nameless' is not available: module 'halves_nameless' "),
        (
            ("split",),
            1,
            "",
            "ackord: this needs the package left_half; install it with: pip install 'halves[left]'",
        ),
    ],
)
def test_a_verb_runs_or_says_in_one_line_why_it_cannot(
    plugins: Path, arguments: tuple[str, ...], code: int, out: str, error: str
) -> None:
    done = python(MAIN, *arguments, path=plugins)
    assert (done.returncode, done.stdout) == (code, out)
    assert done.stderr.startswith(error)
    assert done.stderr.count("\n") == bool(error)


def test_no_other_distribution_takes_the_place_of_a_verb_of_ours(plugins: Path) -> None:
    later = f"import sys; sys.path.append({str(plugins)!r}); {MAIN}"
    for shown in (
        python(MAIN, "check", "--help", path=plugins),
        python(later, "check", "--help"),
    ):
        assert "Compare generated packages" in shown.stdout


def test_a_misspelled_verb_is_told_the_nearest(plugins: Path) -> None:
    done = python(MAIN, "gret", path=plugins)
    assert done.returncode == 2
    assert "Did you mean 'greet'?" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_completion_names_verbs_and_the_options_of_one(
    shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"_ACKORD_COMPLETE={shell}_complete" in python(MAIN, "--show-completion", shell).stdout
    monkeypatch.setenv("_ACKORD_COMPLETE", f"{shell}_complete")
    for typed, offered in (("gen", "generate"), ("lint --f", "--format")):
        words = f"ackord {typed}"
        monkeypatch.setenv("COMP_WORDS", words)
        at = words.rpartition(" ")[2] if shell == "fish" else str(words.count(" "))
        monkeypatch.setenv("COMP_CWORD", at)
        assert offered in python(MAIN).stdout


def test_help_loads_neither_schema_nor_generator_and_a_verb_loads_no_other_one(
    plugins: Path,
) -> None:
    report = "import atexit, sys; atexit.register(lambda: print('LOADED', *sorted(sys.modules)));"
    shown = python(f"{report}{MAIN}", "--help").stdout.rpartition("LOADED")[2].split()
    assert not {"pydantic", "jinja2", "yaml", "ackord.schema"} & set(shown)
    greeted = python(f"{report}{MAIN}", "greet", path=plugins).stdout.rpartition("LOADED")[2]
    assert not {"halves_lost", "halves_split", "ackord.codegen.cli.check"} & set(greeted.split())


def test_a_verb_of_ours_looks_at_no_other_distributions(tmp_path: Path) -> None:
    own = {each.name: each.value for each in entry_points(group="ackord.verbs")}
    assert {each.name: each.value for each in own_verbs().values()} == own
    report = "import atexit, sys; atexit.register(lambda: print('LOADED', *sorted(sys.modules)));"
    done = python(f"{report}{MAIN}", "generate", CHAT, "--out", tmp_path / "contract")
    assert done.returncode == 0
    assert "importlib.metadata" not in done.stdout.rpartition("LOADED")[2].split()


def test_without_any_verbs_the_command_line_says_what_to_do() -> None:
    done = python(
        "import importlib.metadata as m; m.entry_points = lambda **_: ();" + MAIN, "greet"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "install ackord again" in done.stderr
    assert done.stderr.count("\n") == 1


RARE = """\
ackord: 1
name: rare
version: 1.0.0
types:
  A: {fields: {a: 'datetime = "2026-13-01T00:00:00Z"', b: strr, c: "uuid | str"}}
  B: [
"""
"""Needs the modules that few schema files need."""
LOAD = (
    "from pathlib import Path; from ackord.codegen.cli.loading import load_all, show; "
    "show(load_all([Path('rare.yaml')]).values())"
)


def test_files_of_the_working_directory_hide_nothing_that_the_command_line_imports(
    tmp_path: Path,
) -> None:
    script = f"import sys; sys.path.remove(''); {MAIN}"  # as the console script, which has no ''
    (tmp_path / "rare.yaml").write_text(RARE)
    for name in ("pydantic", "difflib", "uuid", "calendar", "typing_extensions"):
        hiding = tmp_path / f"{name}.py"
        hiding.write_text("raise SystemExit('hidden')\n")
        done = python(f"import sys; sys.path.remove(''); {LOAD}", cwd=tmp_path)
        assert (done.returncode, done.stderr.count(" - error ")) == (0, 4), name
        assert "did you mean 'str'?" in done.stderr
        hiding.rename(hiding.with_suffix(".txt"))
    for name in ("jinja2", "pydantic", "difflib", "click", "left_half"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hidden')\n")
    done = python(script, "generate", CHAT, "--out", "contract", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_verb_has_a_section_with_an_example_and_exit_codes() -> None:
    rows = re.findall(
        r"^\| (\[.*?\)) \| (.*) \|$",
        (DOCS / "command-line.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    described = {
        name: target
        for link, _ in rows
        for names, target in re.findall(r"\[(.*?)\]\((.*?)\)", link)
        for name in re.findall(r"`([a-z]+)`", names)
    }
    assert sorted(described) == sorted(find_verbs())
    for name, target in described.items():
        file, _, section = target.partition("#")
        text = (DOCS / (file or "command-line.md")).read_text(encoding="utf-8")
        if section:
            text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
        assert re.search(rf"```console\n(?:.*\n)*?(?:\$ |.*\| )ackord {name}\b", text), name
        assert re.search(r"exit codes?\b|exits with", text, re.IGNORECASE), name
