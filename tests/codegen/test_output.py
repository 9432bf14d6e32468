"""Writing generated files: what is touched, what isn't, and when nothing is."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ackord.codegen import OutputFailedError, OutputRefusedError, diff, write
from ackord.codegen.output import MANIFEST, manifest_problem
from hypothesis import given
from hypothesis import strategies as st

FILES = {"types.py": "a = 1\n", "server.py": "b = 2\n", "py.typed": ""}


def contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir() if path.name != MANIFEST}


def test_files_and_their_manifest_are_written_into_a_new_directory(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "package"
    changes = write(FILES, out)
    assert contents(out) == FILES
    assert changes.written == ("types.py", "server.py", "py.typed")
    assert sorted(json.loads((out / MANIFEST).read_text())["files"]) == sorted(FILES)
    assert (
        (out / "types.py").stat().st_mode & 0o777
        == (out / MANIFEST).stat().st_mode & 0o777
        != 0o600
    )


def test_files_that_are_as_they_should_be_are_not_touched(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    before = {
        path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.iterdir()
    }
    changes = write(FILES, tmp_path)
    assert {
        path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.iterdir()
    } == before
    assert changes.written == ()
    assert sorted(changes.unchanged) == sorted(FILES)


def test_only_files_that_changed_are_replaced(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    inode = (tmp_path / "server.py").stat().st_ino
    assert write({**FILES, "types.py": "a = 2\n"}, tmp_path).written == ("types.py",)
    assert (tmp_path / "types.py").read_text() == "a = 2\n"
    assert (tmp_path / "server.py").stat().st_ino == inode


def test_a_file_that_is_no_longer_generated_is_removed(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    assert write({"types.py": "a = 1\n"}, tmp_path).removed == ("py.typed", "server.py")
    assert contents(tmp_path) == {"types.py": "a = 1\n"}


def test_files_of_others_beside_ours_are_left_alone(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / "mine.py").write_text("mine\n")
    write({"types.py": "a = 1\n"}, tmp_path)
    assert (tmp_path / "mine.py").read_text() == "mine\n"


def test_a_file_that_was_edited_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / "server.py").write_text("b = 3\n")
    with pytest.raises(OutputRefusedError, match=r"server\.py was edited") as caught:
        write({**FILES, "types.py": "a = 2\n"}, tmp_path)
    assert any("--force" in problem for problem in caught.value.problems)
    assert contents(tmp_path) == {**FILES, "server.py": "b = 3\n"}


def test_a_file_that_was_edited_is_not_removed_either(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / "server.py").write_text("b = 3\n")
    with pytest.raises(OutputRefusedError, match=r"server\.py was edited"):
        write({"types.py": "a = 1\n"}, tmp_path)
    assert (tmp_path / "server.py").exists()


def test_an_edit_that_gives_what_would_be_generated_is_no_problem(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / "server.py").write_text("b = 3\n")
    assert write({**FILES, "server.py": "b = 3\n"}, tmp_path).written == ()
    assert write({**FILES, "server.py": "b = 4\n"}, tmp_path).written == ("server.py",)


def test_a_file_that_was_deleted_is_written_again(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / "server.py").unlink()
    assert write(FILES, tmp_path).written == ("server.py",)


def test_force_overwrites_edits(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / "server.py").write_text("b = 3\n")
    write(FILES, tmp_path, force=True)
    assert contents(tmp_path) == FILES


def test_a_directory_with_files_of_others_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(
        OutputRefusedError, match=r"isn't empty and nothing in it was generated.*notes\.txt"
    ):
        write(FILES, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    write(FILES, tmp_path, force=True)
    assert contents(tmp_path) == {**FILES, "notes.txt": "hello"}


def test_a_foreign_file_in_our_directory_is_not_overwritten(tmp_path: Path) -> None:
    write({"types.py": "a = 1\n"}, tmp_path)
    (tmp_path / "server.py").write_text("theirs\n")
    with pytest.raises(OutputRefusedError, match=r"server\.py exists and wasn't generated"):
        write(FILES, tmp_path)
    assert (tmp_path / "server.py").read_text() == "theirs\n"


def test_a_fresh_checkout_without_the_manifest_is_recognized_by_its_content(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / MANIFEST).unlink()
    assert write(FILES, tmp_path).written == ()
    assert (tmp_path / MANIFEST).exists()


@given(st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=8, max_size=8))
def test_line_ends_do_not_count(tmp_path_factory: pytest.TempPathFactory, ends: list[str]) -> None:
    files = {"types.py": "a = 1\nb = 2\nc = 3\n", "py.typed": ""}
    out = tmp_path_factory.mktemp("ends")
    write(files, out)
    for name in ("types.py", MANIFEST):
        lines = (out / name).read_text().splitlines()
        (out / name).write_bytes(
            "".join(line + end for line, end in zip(lines, ends * 2, strict=False)).encode()
        )
    before = (out / "types.py").read_bytes()
    assert diff(files, out) == ""
    assert manifest_problem(files, out, changed=False) is None
    assert write(files, out).written == ()
    assert (out / "types.py").read_bytes() == before
    assert write({**files, "types.py": "a = 2\n"}, out).written == ("types.py",)
    (out / "types.py").write_bytes(b"a = 3\r\n")
    with pytest.raises(OutputRefusedError, match=r"types\.py was edited"):
        write(files, out)


def test_without_a_manifest_files_as_they_should_be_are_adopted_and_others_need_force(
    tmp_path: Path,
) -> None:
    write(FILES, tmp_path)
    (tmp_path / "mine.py").write_text("mine\n")
    (tmp_path / MANIFEST).unlink()
    (tmp_path / "types.py").unlink()
    assert manifest_problem(FILES, tmp_path, changed=False) == (
        f"{tmp_path / MANIFEST} is missing: it says which files were generated, and belongs "
        "into version control with them"
    )
    changes = write(FILES, tmp_path)
    assert (changes.adopted, changes.written) == (True, ("types.py",))
    assert not write(FILES, tmp_path).adopted
    (tmp_path / MANIFEST).unlink()
    with pytest.raises(OutputRefusedError) as caught:
        write({**FILES, "types.py": "a = 2\n"}, tmp_path)
    assert (
        f"{MANIFEST} is missing, so ackord can't tell whether it wrote these files, which "
        "aren't as they would be now: types.py" in str(caught.value)
    )
    assert "restore the manifest from version control" in str(caught.value)
    assert contents(tmp_path) == {**FILES, "mine.py": "mine\n"}
    write({**FILES, "types.py": "a = 2\n"}, tmp_path, force=True)
    assert contents(tmp_path) == {**FILES, "types.py": "a = 2\n", "mine.py": "mine\n"}


def test_a_manifest_that_lists_other_files_than_there_are_is_a_problem(tmp_path: Path) -> None:
    write({"types.py": "a = 1\n"}, tmp_path)
    (tmp_path / MANIFEST).write_text('{"manifest": 1, "files": {}}')
    assert (
        manifest_problem({"types.py": "a = 1\n"}, tmp_path, changed=False)
        == f"{tmp_path / MANIFEST} doesn't list the files as they are"
    )


@pytest.mark.parametrize(
    ("pattern", "replacement", "says"),
    [
        (
            r"(?s)^.*$",
            r"<<<<<<< HEAD\n\g<0>=======\n\g<0>>>>>>>> branch\n",
            "has the marks of a merge conflict",
        ),
        (r"(?s).{20}\Z", "", "isn't a manifest that this version of ackord has written"),
        ('"manifest": 1', '"manifest": 2', "isn't a manifest that this version"),
        ("types.py", "../types.py", "names '../types.py', which isn't in this directory"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named_with_the_ways_out_and_force_writes_all_anew(
    tmp_path: Path, pattern: str, replacement: str, says: str
) -> None:
    write(FILES, tmp_path)
    (tmp_path / MANIFEST).write_text(
        re.sub(pattern, replacement, (tmp_path / MANIFEST).read_text(), count=1)
    )
    for refused in (lambda: write(FILES, tmp_path), lambda: diff(FILES, tmp_path)):
        with pytest.raises(
            OutputRefusedError, match="restore it from version control, or generate with --force"
        ) as caught:
            refused()
        assert says in str(caught.value)
    write(FILES, tmp_path, force=True)
    assert diff(FILES, tmp_path) == ""


def test_runs_at_once_in_one_directory_leave_all_files_of_one_of_them(tmp_path: Path) -> None:
    contracts = [
        {f"{name}.py": f"{name} = {number}\n" * 2000 for name in "abcdefgh"[: 5 + number]}
        for number in range(3)
    ]
    out = tmp_path / "deep" / "out"

    def run(number: int) -> None:
        files = contracts[number % 3]
        write(files, out)
        assert {path.name for path in out.iterdir()} >= {MANIFEST}
        names = set(re.findall(r"^\+\+\+ (?:b/)?(.*)\n", diff(files, out), re.MULTILINE))
        others = [contract for contract in contracts if contract is not files]
        # What is there is the whole output of one run: nothing differs, or every file does.
        assert names in [
            set(),
            *(
                {name if name in files else "/dev/null" for name in {**files, **other}}
                for other in others
            ),
        ]

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(run, number) for number in range(60)]:
            done.result()
    assert contents(out) in contracts


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"manifest": 1, "files": {"types.py": 1}}', '{"files": {"../x": "00"}}'],
)
def test_a_broken_manifest_is_refused(tmp_path: Path, content: str) -> None:
    victim = tmp_path / "x"
    victim.write_text("x")
    out = tmp_path / "out"
    write(FILES, out)
    (out / MANIFEST).write_text(content)
    with pytest.raises(OutputRefusedError, match=r"\.ackord-manifest\.json"):
        write({"types.py": "a = 1\n"}, out)
    assert contents(out) == FILES
    assert victim.exists()


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputRefusedError, match="isn't a directory"):
        write(FILES, tmp_path / "out")


def test_a_directory_in_place_of_a_file_stops_everything_before_anything_is_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "py.typed").mkdir(parents=True)
    with pytest.raises(OutputFailedError, match=r"py\.typed"):
        write(FILES, tmp_path, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["py.typed"]


def test_no_temporary_files_are_left_where_a_file_cannot_be_put_into_its_place(
    tmp_path: Path,
) -> None:
    with pytest.raises(OutputFailedError):
        write({"missing/types.py": ""}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


@pytest.mark.parametrize("replaced", range(4))
def test_a_run_that_is_cut_off_between_two_files_is_completed_by_the_next_one_without_force(
    tmp_path: Path, replaced: int
) -> None:
    write(FILES, tmp_path)
    wanted = {"types.py": "a = 2\n", "server.py": "b = 3\n", "new.py": "c = 1\n"}
    original, count = Path.replace, 0

    def fail_after_some(self: Path, target: Path) -> Path:
        nonlocal count
        if count == replaced:
            raise OSError(28, "No space left on device", str(target))
        count += 1
        return original(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", fail_after_some)
        with pytest.raises(OutputFailedError, match="No space left"):
            write(wanted, tmp_path)
    assert sum(
        (tmp_path / name).exists() and (tmp_path / name).read_text() == wanted[name]
        for name in wanted
    ) == max(0, replaced - 1)
    write(wanted, tmp_path)
    assert contents(tmp_path) == wanted
    assert "before" not in (tmp_path / MANIFEST).read_text()


def test_an_edit_in_a_run_that_was_cut_off_is_still_an_edit(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    original = Path.unlink

    def fail_for_stale(self: Path, missing_ok: bool = False) -> None:
        if self.name == "server.py":
            raise OSError(5, "Input/output error", str(self))
        original(self, missing_ok=missing_ok)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", fail_for_stale)
        with pytest.raises(OutputFailedError, match=r"server\.py: Input/output error"):
            write({"types.py": "a = 2\n"}, tmp_path)
    assert "before" in (tmp_path / MANIFEST).read_text()
    (tmp_path / "types.py").write_text("mine\n")
    with pytest.raises(OutputRefusedError, match=r"types\.py was edited"):
        write({"types.py": "a = 3\n"}, tmp_path)


def test_what_a_killed_run_has_left_is_no_obstacle_and_goes(tmp_path: Path) -> None:
    (tmp_path / ".ackord-temporary-x1").write_text("half")
    write(FILES, tmp_path)
    assert contents(tmp_path) == FILES


def test_there_is_no_difference_after_writing(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    assert diff(FILES, tmp_path) == ""


def test_the_difference_is_a_unified_diff_towards_what_would_be_generated(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / "types.py").write_text("a = 0\n")
    (tmp_path / "py.typed").unlink()
    assert diff({"types.py": "a = 1\n", "py.typed": "", "new.py": "c = 3\n"}, tmp_path) == (
        "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+c = 3\n"
        "--- /dev/null\n+++ b/py.typed\n"
        "--- a/server.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-b = 2\n"
        "--- a/types.py\n+++ b/types.py\n@@ -1 +1 @@\n-a = 0\n+a = 1\n"
    )


def test_the_difference_from_a_directory_that_does_not_exist_is_everything(tmp_path: Path) -> None:
    assert "+a = 1" in diff(FILES, tmp_path / "none")
    assert not (tmp_path / "none").exists()
