"""Files that can't be read, and files that are unusual but fine."""

from __future__ import annotations

from pathlib import Path

from ackord.schema import LoadResult, Range, load_bytes, load_contract
from ackord.schema.load import MAX_BYTES

GOOD = b"ackord: 1\nname: demo\nversion: 1.0.0\n"


def codes(result: LoadResult) -> list[str]:
    assert result.contract is None
    return [found.code for found in result.diagnostics]


def test_a_missing_file_is_a_diagnostic(tmp_path: Path) -> None:
    result = load_contract(tmp_path / "nothing.yaml")
    assert codes(result) == ["S001"]
    assert "No such file" in result.diagnostics[0].message
    assert result.diagnostics[0].file == (tmp_path / "nothing.yaml").as_posix()


def test_a_directory_is_a_diagnostic(tmp_path: Path) -> None:
    assert codes(load_contract(tmp_path)) == ["S001"]


def test_an_impossible_path_is_a_diagnostic() -> None:
    assert codes(load_contract(Path("a\0b"))) == ["S001"]


def test_a_large_file_is_a_diagnostic(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(GOOD + b"#" * MAX_BYTES)
    assert codes(load_contract(path)) == ["S002"]


def test_a_file_of_the_largest_size_is_read() -> None:
    assert load_bytes(GOOD + b"#" * (MAX_BYTES - len(GOOD)), "a.yaml").contract is not None


def test_invalid_utf_8_is_reported_where_it_stands() -> None:
    result = load_bytes(GOOD + "doc: é".encode() + b"\xff\n", "a.yaml")
    assert codes(result) == ["S003"]
    assert result.diagnostics[0].range == Range(4, 7, 4, 8)


def test_a_lone_surrogate_is_reported() -> None:
    result = load_bytes(GOOD + b'doc: "\\ud800"\n', "a.yaml")
    assert codes(result) == ["S004"]


def test_the_document_is_there_beside_the_contract_and_beside_errors() -> None:
    good = load_bytes(GOOD + b"types: {A: int}\n", "a.yaml")
    broken = load_bytes(GOOD + b"types: {A: int, B: strr}\n", "a.yaml")
    assert good.document is not None
    assert good.contract is not None
    assert [node.name.text for node in good.document.types] == ["A"]
    assert broken.document is not None
    assert broken.contract is None
    assert [node.name.text for node in broken.document.types] == ["A", "B"]
    for text in (b"[" * 51, b"- a", b"ackord: 2\n"):
        assert load_bytes(text, "a.yaml").document is None


def test_an_empty_file_lacks_its_keys() -> None:
    assert codes(load_bytes(b"", "a.yaml")) == ["S012", "S012", "S012"]


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_bytes(GOOD)
    result = load_contract(path)
    assert result.contract is not None
    assert result.sources == {path.as_posix(): GOOD.decode()}


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    for end in (b"\r\n", b"\r"):
        same = load_bytes(b"\xef\xbb\xbf" + GOOD.replace(b"\n", end, 2), "a.yaml")
        assert same.contract == load_bytes(GOOD, "a.yaml").contract
    result = load_bytes(b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n") + b"doc: 5\r\n", "a.yaml")
    assert [(found.code, found.range) for found in result.diagnostics] == [
        ("S010", Range(4, 6, 4, 7))
    ]


def test_json_is_read_as_it_is_yaml() -> None:
    result = load_bytes(
        b'{"ackord": 1, "name": "demo", "version": "1.0.0", "types": {"A": "list[str]"}}', "a.json"
    )
    assert result.contract is not None
    assert [declaration.name for declaration in result.contract.types] == ["A"]


def test_words_that_old_yaml_reads_as_booleans_stay_names() -> None:
    events = "on: {}\n      off: {}\n      yes: {}\n      no: {name: no_}\n"
    text = GOOD.decode() + (
        f"types:\n  A: {{enum: [on, off, yes, no]}}\nnamespaces:\n  /a:\n"
        f"    client_to_server:\n      {events}"
    )
    contract = load_bytes(text.encode(), "a.yaml").contract
    assert contract is not None
    assert [event.name for event in contract.namespaces[0].client_to_server] == [
        "on",
        "off",
        "yes",
        "no",
    ]


def test_line_separators_that_only_old_yaml_knows_dont_move_the_places() -> None:
    result = load_bytes(GOOD + "# a\u2028b\u0085c\nacks: 5\n".encode(), "a.yaml")
    assert [found.range for found in result.diagnostics] == [Range(5, 7, 5, 8)]
    contract = load_bytes(GOOD + "doc: a\u2028b\u0085c\n".encode(), "a.yaml").contract
    assert contract is not None
    assert contract.doc == "a\u2028b\u0085c"


def test_all_problems_come_in_one_run_in_order_of_position() -> None:
    text = (
        GOOD
        + b"typs: {}\ntypes:\n  A: strr\n  a: int\nnamespaces:\n  chat: {}\n  /b: {auth: Nope}\n"
    )
    result = load_bytes(text, "a.yaml")
    assert codes(result) == ["S011", "S021", "S017", "S050", "S021"]
    assert [found.range.line for found in result.diagnostics] == [4, 6, 7, 9, 10]


def test_a_broken_declaration_causes_no_problem_where_it_is_used() -> None:
    text = (
        b"types:\n  A: {newtype: strr}\n  B: {union: [A, C], tag: kind}\n  C: {enum: 5}\n"
        b"  D: {fields: {a: A, b: 'list[C] = [x]', c: A | C}}\n"
    )
    text += b"namespaces:\n  /a: {auth: C, client_to_server: {x: {args: {a: A}, ack: C}}}\n"
    assert sorted(codes(load_bytes(GOOD + text, "a.yaml"))) == ["S010", "S021", "S032"]
