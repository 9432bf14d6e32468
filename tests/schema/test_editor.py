"""What is offered and said at a place of a schema file."""

from __future__ import annotations

from pathlib import Path

import pytest
from ackord.schema import LoadResult, load_bytes
from ackord.schema.editor.answers import complete, definition, hover

COMMON = b"ackord: 1\ntypes:\n  User: {fields: {name: str}, doc: Somebody.}\n"
CHAT = """\
ackord: 1
name: chat
version: 1.0.0
ignore: {S063: tested}
import: [common.yaml]
types:
  Role: {enum: [owner, guest]}
  Message: {fields: {by: common.User, text: str, role: "Role?"}}
  Body:
    union:
      - Message
    tag: kind
errors: {RoomFull: {doc: Try another room.}}
namespaces:
  /chat:
    client_to_server:
      say:
        args: {message: Message, to: "list[Role]"}
        ack: int
        errors: [RoomFull]
"""


NOTHING: set[str] = set()


class OneFile:
    """The file that CHAT imports."""

    def identity(self, file: str) -> str:
        return file

    def read(self, file: str, limit: int) -> bytes:
        return COMMON[:limit]


def loaded() -> LoadResult:
    result = load_bytes(CHAT.encode(), "chat.yaml", OneFile())
    assert result.contract is not None
    return result


def after(text: str, marked: str) -> tuple[int, int]:
    """Return line and column after a piece of the text."""
    before = text[: text.index(marked) + len(marked)]
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


@pytest.mark.parametrize(
    ("marked", "written", "offered", "refused"),
    [
        ("    client_to_server:\n", "    ", {"auth", "server_to_client"}, {"client_to_server"}),
        ("      say:\n", "        ", {"timeout", "rooms"}, {"args", "types"}),
        ("text: str", "", {"str", "list[]", "Role", "common.User"}, {"RoomFull"}),
        ("list[Ro", "", {"Role", "int"}, {"RoomFull"}),
        ("      - Me", "", {"Message", "Role"}, {"RoomFull", "tag"}),
        ("errors: [", "", {"RoomFull"}, {"Role", "str"}),
        ("enum: [owner, ", "", NOTHING, {"open", "str"}),
        ("version: 1.0.0\n", "acks: ", {"bare", "result"}, {"str"}),
        ("version: 1.0.0\n", "", {"acks", "names", "doc"}, {"types", "timeout"}),
        ("ignore: {", "", {"S061", "S062"}, {"S001"}),
        ("Role: {", "", {"open"}, {"fields", "enum"}),
        ("errors: {RoomFull: {", "", {"code"}, {"doc", "args"}),
        ("      say:\n", "        concurrent: ", {"true", "false"}, {"str"}),
        ("      say:\n", "        ack: {", {"args", "fields", "type"}, {"errors"}),
    ],
)
def test_what_may_stand_at_the_cursor_is_offered(
    marked: str, written: str, offered: set[str], refused: set[str]
) -> None:
    text = CHAT.replace(marked, f"{marked}{written}\n", 1) if marked.endswith("\n") else CHAT
    found = complete(loaded(), "chat.yaml", text, *after(text, f"{marked}{written}"))
    labels = {proposal.label for proposal in found}
    assert offered <= labels
    assert not refused & labels


@pytest.mark.parametrize(
    ("marked", "said", "place"),
    [
        ("by: common.Us", "`common.User`: a record\n\nSomebody.", ("common.yaml", 3, 3)),
        ('to: "list[Ro', "`Role`: an enum\n\n```yaml\nRole: {enum: [owner,", ("chat.yaml", 7, 3)),
        ("errors: [Room", "`RoomFull`: an error\n\nTry another room.", ("chat.yaml", 13, 10)),
        ("      sa", 'wire: `2/chat,1["say", message: Message, to: list[Role]]`', None),
        ("      sa", "Answered: `3/chat,1[int]`", None),
        ("      sa", 'Or `[{"error": {"code": …}}]`: `RoomFull`', None),
        ("import: [comm", "", ("common.yaml", 1, 1)),
        (
            "ack: in",
            "`int`: a number without a fraction: up to 2^53 also 5.0, which some clients write\n\nOn the wire: `5`",
            None,
        ),
        ("        err", "`errors`: Errors that may be answered; ", None),
        ("  Mess", "`Message`: a record", None),
        ("name: ch", "", None),
    ],
)
def test_names_are_described_and_found(
    marked: str, said: str, place: tuple[str, int, int] | None
) -> None:
    result = loaded()
    at = after(CHAT, marked)
    shown = hover(result, "chat.yaml", CHAT, *at)
    assert said in (shown or "")
    assert bool(said) == (shown is not None)
    found = definition(result, "chat.yaml", CHAT, *at)
    assert place == (found and (found.file, found.range.line, found.range.column))


def test_no_place_of_any_schema_raises() -> None:
    root = Path(__file__).resolve().parents[2]
    for path in (root / "examples/chat/chat.yaml", root / "examples/contracts/whiteboard.yaml"):
        text = path.read_text(encoding="utf-8")
        result = load_bytes(text.encode(), path.as_posix())
        for number, line in enumerate(text.split("\n"), 1):
            for column in range(1, len(line) + 2, 3):
                for answer in (complete, hover, definition):
                    answer(result, path.as_posix(), text, number, column)
