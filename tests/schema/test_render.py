"""Diagnostics as text."""

from __future__ import annotations

import json

import pytest
from ackord.schema import (
    Diagnostic,
    Range,
    load_bytes,
    render_github,
    render_json,
    render_text,
)
from ackord.schema.yaml import parsers

HEAD = "ackord: 1\nname: chat\nversion: 1.0.0\n"


def rendered(text: str, *, color: bool = False) -> str:
    result = load_bytes((HEAD + text).encode(), "chat.yaml")
    return render_text(result.diagnostics, result.sources, color=color)


def test_a_problem_shows_its_line_a_caret_and_a_hint() -> None:
    assert rendered("types:\n  Message:\n    fields:\n      text: strr\n") == (
        "chat.yaml:7:13 - error S021: unknown type 'strr'\n"
        "> 7 |       text: strr\n"
        "    |             ^^^^\n"
        "  hint: did you mean 'str'?\n"
        "\n"
        "Found 1 error.\n"
    )


def test_several_problems_are_counted_and_related_places_shown() -> None:
    assert rendered("types:\n  A: {enum: [a, a]}\ndoc: x\ndoc: y\n") == (
        "chat.yaml:5:17 - error S029: the member 'a' is listed twice\n"
        "> 5 |   A: {enum: [a, a]}\n"
        "    |                 ^\n"
        "  hint: list each member once\n"
        "\n"
        "chat.yaml:7:1 - error S005: the key 'doc' stands here for the second time\n"
        "> 7 | doc: y\n"
        "    | ^^^\n"
        "  hint: remove one of the two, or give it another name\n"
        "  chat.yaml:6:1: first defined here\n"
        "\n"
        "Found 2 errors.\n"
    )


def test_tabs_and_wide_numbers_keep_the_caret_below_its_text() -> None:
    assert rendered("# comment\n" * 6 + 'doc: "a\tb"\ntypes: {"\ta": int}\n').splitlines()[1:3] == [
        '> 11 | types: {"    a": int}',
        "     |         ^^^^^^^",
    ]


def test_control_characters_of_a_file_never_reach_the_terminal() -> None:
    text = rendered('types: {"\\e[31mred": int}\n# \u202e\u001b\n'.replace("\u001b", ""))
    assert "\x1b" not in text


def test_a_long_line_is_cut_around_the_caret() -> None:
    lines = rendered(
        f"doc: {'x' * 500}\ntypes: {{{', '.join(f'T{n}: int' for n in range(100))}, Last: strr}}\n"
    ).splitlines()
    assert len(lines[1]) < 220
    assert lines[1][lines[2].index("^") :].startswith("strr")


def test_a_range_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    lines = rendered(
        "namespaces:\n  /a:\n    client_to_server:\n      b:\n        ack:\n          c: "
        "int\n          d: int\n"
    ).splitlines()
    assert lines[0] == "chat.yaml:9:11 - error S022: expected a type, found a bare mapping of names"
    assert lines[2] == "    |           ^^^^^^"


def test_colors_wrap_words_and_change_nothing_else() -> None:
    plain, colored = rendered("doc: 5\n"), rendered("doc: 5\n", color=True)
    assert "\x1b[31m^\x1b[0m" in colored
    for code in ("0", "1", "2", "31", "36"):
        colored = colored.replace(f"\x1b[{code}m", "")
    assert colored == plain


def test_warnings_are_counted_apart() -> None:
    warning = Diagnostic(
        code="S001", severity="warning", file="a.yaml", range=Range(1, 1, 1, 1), message="careful"
    )
    error = Diagnostic(code="S001", file="a.yaml", range=Range(1, 1, 1, 1), message="broken")
    assert render_text([warning, error], {}) == (
        "a.yaml:1:1 - warning S001: careful\n\na.yaml:1:1 - error S001: broken\n\nFound 1 "
        "error and 1 warning.\n"
    )


def test_nothing_is_said_about_nothing() -> None:
    assert render_text([], {}) == ""


def test_each_format_shows_200_problems_of_a_file_and_counts_the_others() -> None:
    found = [
        Diagnostic(
            code="S001",
            severity="error" if line == 260 else "warning",
            file=file,
            range=Range(line, 1, line, 2),
            message="broken",
        )
        for file, count in (("a.yaml", 260), ("b.yaml", 201), ("c.yaml", 200))
        for line in range(1, count + 1)
    ]
    text = render_text(found, {})
    assert text.endswith(
        "a.yaml: 60 more problems are not shown.\n"
        "b.yaml: 1 more problem is not shown.\n"
        "Found 1 error and 660 warnings.\n"
    )
    assert text.count("broken") == 600
    assert text.count("a.yaml:260:1 - error S001") == 1, "errors come before warnings"
    written = json.loads(render_json(found))
    assert written["not_shown"] == {"a.yaml": 60, "b.yaml": 1}
    assert [one["line"] for one in written["diagnostics"]] == [
        *range(1, 200), 260, *range(1, 201), *range(1, 201)
    ]  # fmt: skip
    assert render_github(found).splitlines()[600:] == [
        "::notice file=a.yaml::60 more problems are not shown",
        "::notice file=b.yaml::1 more problem is not shown",
    ]


@pytest.mark.parametrize("fast", [parsers.FAST, None], ids=["libyaml", "PyYAML's own parser"])
@pytest.mark.parametrize("count", [100, 101, 500])
def test_a_file_of_many_syntax_errors_says_that_more_are_not_reported(
    monkeypatch: pytest.MonkeyPatch, fast: object, count: int
) -> None:
    monkeypatch.setattr(parsers, "FAST", fast)
    messages = [one.message for one in load_bytes(b"a: @b\n" * count, "a.yaml").diagnostics]
    more = messages.count("this file has more syntax errors, which aren't reported")
    assert more == (count > 100)
    assert sum("@" in message for message in messages) == 100
