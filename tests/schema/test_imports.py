"""Contracts of several files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ackord.schema import dump_contract, load_bytes, load_contract, load_contract_json
from ackord.schema import load as loading
from ackord.schema.model import Contract, Field, Record, RefType, ScalarType
from hypothesis import given
from hypothesis import strategies as st

HEAD = "ackord: 1\nname: demo\nversion: 1.0.0\nignore: {S063: tested}\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder, whose first is the contract's own; the others get `ackord: 1`."""
    for number, (name, text) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((HEAD if number == 0 else "ackord: 1\n") + text, encoding="utf-8")
    return folder / next(iter(files))


def load(folder: Path, files: dict[str, str]) -> Contract:
    result = load_contract(write(folder, files))
    assert {one.code for one in result.diagnostics} <= {"S076"}
    assert result.contract is not None
    assert load_contract_json(dump_contract(result.contract)) == result.contract
    return result.contract


def problems(folder: Path, files: dict[str, str]) -> list[str]:
    """Return the problems of the files as `file:line:column code message; hint`."""
    result = load_contract(write(folder, files))
    assert result.contract is None
    return [
        f"{Path(one.file).relative_to(folder)}:{one.range.line}:{one.range.column} {one.code} "
        f"{one.message}; {one.hint}".replace(f"{folder}/", "")
        for one in result.diagnostics
    ]


def test_imported_declarations_have_the_files_name_before_theirs(tmp_path: Path) -> None:
    contract = load(
        tmp_path,
        {
            "chat.yaml": """\
import:
  - shared/common.yaml
  - geo.yaml: {as: g}
types:
  User: {fields: {also: common.User, at: "g.Point?"}}
  Body: {union: [common.Text, Note], tag: kind}
  Note: {fields: {}}
  Role: {type: "map[common.Role, int]"}
namespaces:
  /chat:
    connect_errors: [common.Banned]
    client_to_server: {a: {args: {r: "common.Role = admin"}, errors: [common.Banned, g.lost]}}
    server_to_client: {b: {rooms: [common.lobby]}}
""",
            "shared/common.yaml": """\
doc: What several contracts have.
import: [../geo.yaml]
types:
  User: {fields: {name: str, home: {fields: {at: geo.Point}}}}
  Text: {fields: {}}
  Role: {enum: [admin, guest]}
errors: {Banned: {}}
rooms: {lobby: {name: lobby}}
""",
            "geo.yaml": """\
names: camelCase
types: {Point: {fields: {long_name: str}}}
errors: {lost: {name: Lost}}
""",
        },
    )
    assert [(type(each).__name__, each.name) for each in contract.types] == [
        ("Record", "User"),
        ("TaggedUnion", "Body"),
        ("Record", "Note"),
        ("Alias", "Role"),
        ("Record", "CommonUser"),
        ("Record", "CommonUserHome"),
        ("Record", "CommonText"),
        ("Enum", "CommonRole"),
        ("Record", "GPoint"),
    ]
    records = {each.name: each for each in contract.types if isinstance(each, Record)}
    assert records["User"].fields[0].type == RefType("CommonUser")
    assert records["CommonText"].tag_value == "text"
    assert records["GPoint"].fields == (
        Field(name="longName", identifier="long_name", type=ScalarType("str")),
    )
    assert [(error.name, error.code) for error in contract.errors] == [
        ("CommonBanned", "banned"),
        ("GLost", "lost"),
    ]
    (chat,) = contract.namespaces
    assert chat.client_to_server[0].errors == ("CommonBanned", "GLost")
    assert chat.server_to_client[0].rooms == ("common_lobby",)
    assert contract.rooms[0].template == "lobby"


def test_all_problems_of_all_files_are_reported_in_one_run(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        {
            "chat.yaml": """\
import: [a.yaml, missing.yaml, broken.yaml, "", 'folder']
types: {X: a.Usr, Y: User, Z: missing.Any, W: broken.Any, V: b.T}
""",
            "a.yaml": "types: {User: {fields: {x: Txt}}}\nnamespaces: {}\nacks: bare\n",
            "broken.yaml": "types: {A: [\n",
            "folder/x": "",
        },
    )
    assert found == [
        "a.yaml:2:28 S021 unknown type 'Txt'; declare it under `types:`",
        (
            "a.yaml:3:1 S069 an imported file has no 'namespaces'; it declares types, errors and "
            "rooms; move this to the contract's own file"
        ),
        (
            "a.yaml:4:1 S069 an imported file has no 'acks'; it declares types, errors and rooms; "
            "move this to the contract's own file"
        ),
        *(one for one in found if one.startswith("broken.yaml:")),
        (
            "chat.yaml:5:18 S066 'missing.yaml' can't be read: No such file or directory; paths are "
            "relative to the importing file"
        ),
        "chat.yaml:5:45 S066 this is no path of a file; paths are relative to the importing file",
        (
            "chat.yaml:5:49 S066 'folder' can't be read: Is a directory; paths are relative to the "
            "importing file"
        ),
        "chat.yaml:6:12 S021 unknown type 'a.Usr'; did you mean 'a.User'?",
        "chat.yaml:6:22 S021 unknown type 'User'; write a.User",
        "chat.yaml:6:47 S021 unknown type 'broken.Any'; declare it under `types:`",
        (
            "chat.yaml:6:62 S021 unknown type 'b.T'; no file is imported as 'b': list it under "
            "`import:`"
        ),
    ]
    assert [one[:16] for one in found if one.startswith("broken")] == ["broken.yaml:2:12"]


CYCLES = [
    ({"a.yaml": "import: [a.yaml]\n"}, "a.yaml:5:10", "a.yaml -> a.yaml"),
    (
        {
            "a.yaml": "import: [b.yaml]\n",
            "b.yaml": "import: [c.yaml]\n",
            "c.yaml": "import: [b.yaml]",
        },
        "c.yaml:2:10",
        "b.yaml -> c.yaml -> b.yaml",
    ),
    (
        {"a.yaml": "import: [x/b.yaml]\n", "x/b.yaml": "import: [../a.yaml]\n"},
        "x/b.yaml:2:10",
        "a.yaml -> x/b.yaml -> a.yaml",
    ),
]


@pytest.mark.parametrize(("files", "place", "chain"), CYCLES)
def test_a_cycle_is_reported_with_its_chain(
    tmp_path: Path, files: dict[str, str], place: str, chain: str
) -> None:
    (found,) = problems(tmp_path, files)
    assert found.startswith(f"{place} S067 the file imports itself: {chain};")


def test_links_that_go_round_end_in_a_cycle_or_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "self.yaml").symlink_to("self.yaml")
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("sub/deep")
    os.mkfifo(tmp_path / "pipe.yaml")
    names = ["loop/loop/b.yaml", "self.yaml", "pipe.yaml", "link/../c.yaml"]
    files = {"a.yaml": f"import: {names}\n", "b.yaml": "import: [loop/b.yaml]\n"}
    files |= {"c.yaml": "types: {Wrong: Wring}\n", "sub/c.yaml": "types: {Good: int}\n"}
    assert [one.split(";")[0] for one in problems(tmp_path, files)] == [
        "a.yaml:5:30 S066 'self.yaml' can't be read: Too many levels of symbolic links",
        "a.yaml:5:43 S066 'pipe.yaml' can't be read: it isn't a file",
        "loop/loop/b.yaml:2:10 S067 the file imports itself: loop/loop/b.yaml -> loop/loop/b.yaml",
    ]


CLASHES = [
    ("import: [b.yaml, x/b.yaml]\n", "two files are imported as 'b'"),
    ("import: [b.yaml, b.yaml: {as: c}]\n", "'b.yaml' is imported twice"),
    ("import: [b.yaml, x/../b.yaml: {as: c}]\n", "'x/../b.yaml' is imported twice"),
    ("import: [b.yaml]\ntypes: {BUser: int}\n", "the name BUser is used twice"),
    ("import: [b.yaml]\nrooms: {b_lobby: {name: l}}\n", "the room b_lobby is declared twice"),
    ("import: [c.yaml, y/c.yaml: {as: d}]\n", "the name BUser is used twice"),
    ("import: [b.yaml]\nerrors: {Lost: {}}\n", "the code 'lost' is used twice"),
    ("import: [b.yaml]\nreserved: {errors: [lost]}\n", "'lost' names the code of an error"),
]


@pytest.mark.parametrize(("text", "says"), CLASHES)
def test_names_of_several_files_that_would_be_the_same_are_reported(
    tmp_path: Path, text: str, says: str
) -> None:
    declared = "types: {User: {fields: {}}}\n"
    files = {
        "a.yaml": text,
        "b.yaml": f"{declared}errors: {{Lost: {{}}}}\nrooms: {{lobby: {{name: lobby}}}}\n",
        "x/b.yaml": declared,
        "c.yaml": "import: [x/b.yaml]\n",
        "y/c.yaml": "import: [../y/b.yaml]\n",
        "y/b.yaml": declared,
    }
    found = problems(tmp_path, files)
    assert any(says in one for one in found), found
    assert all(" S0" in one for one in found)


def test_an_imported_file_ignores_warnings_of_its_own(tmp_path: Path) -> None:
    many = "types: {A: 'list[bytes]'}\n"
    files = {
        "a.yaml": "import: [b.yaml, c.yaml]\ntypes: {A: 'tuple[b.A, c.A]'}\n",
        "b.yaml": many,
        "c.yaml": f"ignore: {{S061: tested}}\n{many}",
    }
    result = load_contract(write(tmp_path, files))
    found = [(Path(one.file).name, one.code) for one in result.diagnostics if one.code != "S076"]
    assert found == [("b.yaml", "S061")]
    assert sorted(Path(name).name for name in result.sources) == ["a.yaml", "b.yaml", "c.yaml"]


def test_an_import_that_nothing_uses_is_warned_of(tmp_path: Path) -> None:
    shared = "types: {A: int}\n"
    files = {
        "a.yaml": "import: [b.yaml, c.yaml: {as: other}, d.yaml, e.yaml]\ntypes: {B: 'list[b.A]'}\n",
        "b.yaml": f"import: [e.yaml]\n{shared}",
        "c.yaml": shared,
        "d.yaml": "rooms: {lobby: {name: lobby}}\n",
        "e.yaml": shared,
    }
    result = load_contract(write(tmp_path, files))
    found = [
        (Path(one.file).name, one.code, one.message)
        for one in result.diagnostics
        if one.code != "S076"
    ]
    # The name that e.yaml has in the contract is decided by the import of a.yaml.
    assert found == [
        ("a.yaml", "S075", "nothing in this file uses a name of 'other'"),
        ("a.yaml", "S075", "nothing in this file uses a name of 'd'"),
    ]
    files["a.yaml"] += (
        "namespaces: {/: {server_to_client: {c: {rooms: [d.lobby], args: {d: other.A}}}}}\n"
    )
    result = load_contract(write(tmp_path, files))
    assert "S075" not in {one.code for one in result.diagnostics}


def test_the_number_and_size_of_imported_files_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MAX_FILES", 3)
    files = {"a.yaml": "import: [b.yaml]\n", "b.yaml": "import: [c.yaml]\n"}
    files |= {"c.yaml": "import: [d.yaml]\n", "d.yaml": ""}
    assert problems(tmp_path, files) == [
        "c.yaml:2:10 S070 a contract has at most 3 files; import fewer files"
    ]
    monkeypatch.setattr(loading, "MAX_TOTAL_BYTES", 30)
    assert [one[:16] for one in problems(tmp_path, files)] == ["b.yaml:2:10 S070"]


class Commit:
    """Files that are in no folder."""

    def __init__(self) -> None:
        self.files = {"schemas/common.yaml": b"ackord: 1\ntypes: {User: int}\n"}

    def identity(self, file: str) -> str:
        return file

    def read(self, file: str, limit: int) -> bytes:
        if file not in self.files:
            raise FileNotFoundError(2, "it isn't in the commit")
        return self.files[file][:limit]


def test_imports_can_be_read_from_elsewhere_than_the_disk() -> None:
    text = f"{HEAD}import: [common.yaml, x.yaml]\ntypes: {{A: common.User}}\n"
    result = load_bytes(text.encode(), "schemas/a.yaml", Commit())
    assert [one.message for one in result.diagnostics] == [
        "'x.yaml' can't be read: it isn't in the commit"
    ]


def test_a_version_is_that_of_the_imported_file_if_it_has_one(tmp_path: Path) -> None:
    later = "types: {A: {fields: {x: {type: int, since: 3.0.0}}}}\n"
    files = {
        "a.yaml": "import: [b.yaml, c.yaml]\n",
        "b.yaml": later,
        "c.yaml": f"version: 3.0.0\n{later}",
    }
    (found,) = problems(tmp_path, files)
    assert found.startswith("b.yaml:2:44 S065 3.0.0 is later than the contract's version, 1.0.0")


SHARED = """\
ackord: 1
names: camelCase
import: [other.yaml: {as: o}]
reserved: {types: [Gone]}
types:
  User: {fields: {long_name: o.Name, "@x": {type: int?, name: x}}, reserved: [a_b]}
  Body: {union: [Text], tag: my_kind}
  Text: {fields: {}}
errors: {E_1: {name: First, fields: {user: User}}}
rooms: {lobby: {name: "lobby:{id}", params: {id: str}}}
"""
MAIN = f"""\
{HEAD}import: [shared.yaml]
types: {{A: "map[str, shared.User]", B: shared.Body | int}}
namespaces:
  /:
    connect_errors: [shared.First]
    server_to_client: {{a: {{rooms: [shared.lobby], args: {{b: B}}}}}}
"""
PIECES = st.sampled_from(
    ["{", "}", "[", "]", ": ", ", ", ".", "|", "?", '"', "\n", "shared", "o", "User", "as", "name",
     "import", "main.yaml", "type: list", "items: o.Name", "~", "since: 9.0.0", "reserved"]
)  # fmt: skip


@given(
    st.sampled_from(["main.yaml", "shared.yaml", "other.yaml"]),
    st.integers(0, len(SHARED)),
    st.integers(0, 40),
    st.lists(PIECES, max_size=4).map("".join),
)
def test_files_of_a_contract_with_a_part_replaced_give_a_result(
    changed: str, start: int, length: int, new: str
) -> None:
    files = Commit()
    texts = {
        "main.yaml": MAIN,
        "shared.yaml": SHARED,
        "other.yaml": "ackord: 1\ntypes: {Name: {newtype: str, max_length: 9}}\n",
    }
    texts[changed] = texts[changed][:start] + new + texts[changed][start + length :]
    files.files = {name: text.encode() for name, text in texts.items()}
    result = load_bytes(files.files["main.yaml"], "main.yaml", files)
    errors = [one for one in result.diagnostics if one.severity == "error"]
    assert (result.contract is None) == bool(errors)
    for one in result.diagnostics:
        lines = result.sources[one.file].split("\n")
        assert 1 <= one.range.line <= one.range.end_line <= len(lines) + 1
    if result.contract is not None:
        assert load_contract_json(dump_contract(result.contract)) == result.contract
