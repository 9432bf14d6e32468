"""``ackord call``: what it sends, prints and exits with."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.runtime.cli.conftest import LONG, SEEN, run

ROOT = Path(__file__).parents[3]
SCHEMA = str(ROOT / "examples/chat/chat.yaml")
CONTRACT = str(ROOT / "examples/chat/contract/contract.json")
ADA = '{"name":"ada"}'
SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["echo", "5"], 5),
        (["echo", '"text"'], "text"),
        (["echo", '{"a": [1, null, "é\\ud800"]}'], {"a": [1, None, "é\ufffd"]}),
        (["echo", "1", '"b"'], [1, "b"]),
        (["echo", "[1, 2]"], [1, 2]),
        (["echo"], None),
        (["echo", "--", "-5"], -5),
        (["-5", "1"], 1),
        (["echo", "-5", "-t", "9", "-0.5e-1", "1"], [-5, -0.05, 1]),
        (["echo", '{"$base64": "AP8="}'], {"$base64": "AP8="}),
        (["echo", '[{"a": {"$base64": ""}}]'], [{"a": {"$base64": ""}}]),
        (["echo", '{"$base64": 5}'], {"$base64": 5}),
        (["echo", '{"$base64": "AP8=", "b": 1}'], {"$base64": "AP8=", "b": 1}),
        (["almost"], {"error": {"code": "x"}, "more": 1}),
        (["strange"], ["\x1b[2J\u202e\x9b", "\U000e0001é", "\n"]),
        (["long"], LONG),
        (["echo", json.dumps(LONG), "-t", "60"], LONG),
    ],
)
def test_the_acknowledgement_is_printed_as_json(
    url: str, arguments: list[str], printed: object
) -> None:
    answer = run("call", url, "/", *arguments)
    assert (answer.code, answer.error, answer.json) == (0, "", printed)
    assert answer.out.count("\n") == 1
    assert answer.out[:-1].isprintable()


@pytest.mark.parametrize(
    ("argument", "printed"),
    [
        ("@{file}", {"$base64": base64.b64encode(b"\x00\xff{}").decode()}),
        ("@-", {"$base64": base64.b64encode(b"[1]").decode()}),
        ("-", [1]),
    ],
)
def test_an_argument_may_be_a_file_or_standard_input(
    url: str, tmp_path: Path, argument: str, printed: object
) -> None:
    file = tmp_path / "a file"
    file.write_bytes(b"\x00\xff{}")
    answer = run("call", url, "/", "echo", argument.format(file=file), stdin=b"[1]")
    assert (answer.code, answer.error, answer.json) == (0, "", printed)


def test_the_options_reach_the_server(url: str, tmp_path: Path) -> None:
    (tmp_path / "auth").write_text('{"token": "from a file"}')
    options = [
        "-H",
        "X-One: 1:2",
        "-H",
        "x-two:b",
        "-q",
        "a=b=c",
        "--query",
        "e=",
        "--path",
        "/socket.io",
    ]
    for auth, stdin in (
        ('{"token": 1}', b""),
        (f"@{tmp_path / 'auth'}", b""),
        ("-", b'{"token": 2}'),
    ):
        assert run("call", url, "/", "echo", "-a", auth, *options, stdin=stdin).code == 0
    assert SEEN.auths[-3:] == [{"token": 1}, {"token": "from a file"}, {"token": 2}]
    assert {"x-one": "1:2", "x-two": "b"}.items() <= SEEN.handshakes[-1].items()
    assert {"a": "b=c", "e": ""}.items() <= SEEN.queries[-1].items()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_the_transport_can_be_chosen(url: str, transport: str) -> None:
    assert run("call", url, "/", "echo", "1", "--transport", transport).json == 1
    assert SEEN.queries[-1]["transport"] == transport


def test_without_an_acknowledgement_the_event_arrives_and_nothing_is_printed(url: str) -> None:
    answer = run("call", url, "/", "note", '"sent"', "--no-ack")
    assert (answer.code, answer.out, answer.error) == (0, "", "")
    assert run("call", url, "/", "echo").code == 0
    assert ("sent",) in SEEN.notes


@pytest.mark.parametrize(
    ("arguments", "code", "printed", "said"),
    [
        (
            ["/", "fail"],
            100,
            {"error": {"code": "too_late", "message": "Come\nearlier", "data": {"by": 5}}},
            "the server answered with the error too_late: Come\\nearlier",
        ),
        (["/nope", "echo"], 100, {"message": "Invalid namespace"}, "refused the connection: Invalid"),
        (
            ["/closed", "echo"],
            100,
            {"message": "Go \x1b[31maway", "data": {"code": "banned", "data": {"days": 3}}},
            "the server refused the connection: Go \\x1b[31maway",
        ),
        (["/", "hang", "-t", "0.2"], 1, None, "no acknowledgement within 0.2 s"),
        (["/", "hang_up"], 1, None, "disconnect"),
        (["/", "echo", json.dumps(LONG + LONG)], 2, None, "takes at most 3000000"),
    ],
)  # fmt: skip
def test_no_answer_is_1_and_an_error_100(
    url: str, arguments: list[str], code: int, printed: object, said: str
) -> None:
    answer = run("call", url, *arguments)
    assert (answer.code, json.loads(answer.out or "null")) == (code, printed)
    assert answer.error.startswith("ackord: ")
    assert answer.error.count("\n") == 1
    assert said in answer.error


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("http://127.0.0.1:1", "127.0.0.1"),
        (f"http://user:{SECRET}@127.0.0.1:1?token={SECRET}", "127.0.0.1"),
    ],
)
def test_no_connection_is_1(server: str, said: str) -> None:
    answer = run("call", server, "/", "echo", "-t", "5")
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.error
    assert SECRET not in answer.error


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["URL", "/"], "Missing argument"),
        (["URL", "/", "echo", "--nope"], "No such option"),
        (["URL", "/", "echo", "-5", "-x"], "No such option"),
        (["URL", "/", "echo", "--", "-x"], "argument 1 is no JSON"),
        (["URL", "/", "echo", "--timeout", "soon"], "--timeout"),
        (["URL", "/", "echo", "--timeout", "0"], "--timeout"),
        (["URL", "/", "echo", "--timeout", "nan"], "--timeout"),
        (["URL", "/", "echo", "--timeout", "inf"], "timeout"),
        (["URL", "/", "echo", f"{SECRET}"], "argument 1 is no JSON: expected value at line 1 column 1 (a text"),
        (["URL", "/", "echo", "1", f'{{"a": {SECRET}}}'], "argument 2 is no JSON"),
        (["URL", "/", "echo", "NaN"], "argument 1 is no JSON"),
        (["URL", "/", "echo", "1e999"], "argument 1 is no JSON: a number is too large"),
        (["URL", "/", "echo", "[" * 500], "argument 1 is no JSON"),
        (["URL", "/", "echo", ""], "argument 1 is no JSON"),
        (["URL", "/", "echo", '{"$base64": "?"}'], 'argument 1: what stands under "$base64" is no base64'),
        (["URL", "/", "echo", "@/no/such"], "argument 1: can't read the file '/no/such': No such file"),
        (["URL", "/", "echo", "@"], "argument 1: can't read the file ''"),
        (["URL", "/", "echo", "@a\0b"], "argument 1: can't read the file"),
        (["URL", "/", "echo", "-", "@-"], "only one of the arguments can come from standard input"),
        (["URL", "/", "echo", "-", "--auth", "-"], "only one of the arguments"),
        (["URL", "/", "echo", "-"], "argument 1 is no JSON: it isn't UTF-8"),
        (["URL", "/", "connect"], "'connect' is a reserved event name"),
        (["URL", "/", "echo", "--auth", f"{SECRET}"], "--auth is no JSON"),
        (["URL", "/", "echo", "--auth", f'["{SECRET}"]'], "--auth is no JSON object"),
        (["URL", "/", "echo", "-H", SECRET], "--header looks like 'Name: value'"),
        (["URL", "/", "echo", "-H", f"a: {SECRET}", "-H", f"a: {SECRET}"], "--header: 'a' is given twice"),
        (["URL", "/", "echo", "-H", f"a: b\n{SECRET}"], "the header 'a' can't be sent"),
        (["URL", "/", "echo", "-q", SECRET], "--query looks like name=value"),
        (["URL", "/", "echo", "-q", f"EIO={SECRET}"], "'EIO' in the query string belongs to the protocol"),
        (["URL", "chat", "echo"], "a namespace begins with '/'"),
        ([f"ftp://a:{SECRET}@h?token={SECRET}", "/", "echo"], "a server's URL looks like https://"),
        (["http://h/chat", "/", "echo"], "has a path"),
        (["localhost:8000", "/", "echo"], "a server's URL looks like"),
    ],
)  # fmt: skip
def test_wrong_usage_is_2_and_shows_no_secret(url: str, arguments: list[str], said: str) -> None:
    given = [url if argument == "URL" else argument for argument in arguments]
    answer = run("call", *given, stdin=b"\xff")
    assert (answer.code, answer.out) == (2, "")
    assert said in " ".join(answer.error.replace("│", " ").split())
    assert SECRET not in answer.error


@pytest.mark.parametrize("contract", [SCHEMA, CONTRACT])
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["join", '"lobby"'], 0, ""),
        (["typing", '"lobby"'], 0, ""),
        (["leave", '"lobby"'], 0, ""),
        (["join", '"LOBBY"'], 2, "the arguments of 'join' aren't as declared: room: "),
        (["join"], 2, "room: Argument required"),
        (["join", '"a"', '"b"'], 2, "event 'join' has 1 arguments, not 2"),
        (["jion", '"lobby"'], 2, "no event 'jion' of clients in namespace /chat; did you mean 'join'?"),
        (["send_message", '"a"', '{"kind":"image","mime":"image/png","data":"AP8="}'], 2, "body.image.data: "),
        (["send_message", '"a"', '{"kind":"image","mime":"image/png","data":{"$base64":"AP8="}}'], 100, "not_in_room"),
    ],
)  # fmt: skip
def test_with_a_contract_the_arguments_are_checked_before_anything_is_sent(
    url: str, contract: str, arguments: list[str], code: int, said: str
) -> None:
    answer = run("call", url, "/chat", *arguments, "--auth", ADA, "--contract", contract)
    assert answer.code == code, answer.error
    assert said in answer.error


@pytest.mark.parametrize(
    ("namespace", "options", "said"),
    [
        ("/chta", ["-c", SCHEMA, "-a", ADA], "no namespace '/chta'; did you mean '/chat'?"),
        ("/chat", ["-c", SCHEMA], "--auth isn't as declared: auth.name: Field required"),
        ("/chat", ["-c", SCHEMA, "-a", '{"name": 5}'], "--auth isn't as declared: auth.name: "),
        ("/chat", ["-c", "no-such.yaml"], "no-such.yaml"),
        ("/chat", ["-c", "no-such.json"], "no-such.json"),
        ("/chat", ["-c", __file__], "error"),
        ("/chat", ["-c", "{broken}"], "this is no contract.json"),
    ],
)
def test_a_contract_that_does_not_fit_is_wrong_usage(
    url: str, tmp_path: Path, namespace: str, options: list[str], said: str
) -> None:
    broken = tmp_path / "contract.json"
    broken.write_text('{"ir": 7}')
    given = [option.format(broken=broken) if option == "{broken}" else option for option in options]
    answer = run("call", url, namespace, "rooms", *given)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.error


def test_an_answer_that_is_not_as_declared_is_printed_and_is_1(liar: str) -> None:
    answer = run("call", liar, "/chat", "leave", '"a"', "-a", ADA, "-c", SCHEMA)
    assert (answer.code, answer.json) == (1, "no bool")
    assert answer.error.startswith("ackord: the answer isn't as declared: ack of 'leave': ")
    assert run("call", liar, "/chat", "rooms", "-a", ADA, "-c", SCHEMA).code == 0


def test_a_contract_is_announced_and_another_version_is_said(url: str, tmp_path: Path) -> None:
    newer = tmp_path / "newer.yaml"
    newer.write_text(Path(SCHEMA).read_text().replace("version: 1.", "version: 7."))
    answer = run("call", url, "/chat", "rooms", "-a", ADA, "-c", str(newer))
    assert answer.code == 0
    assert (
        answer.error
        == "ackord: the server has the contract chat@1.0.0, and the file has chat@7.0.0\n"
    )
    other = tmp_path / "other.yaml"
    other.write_text(Path(SCHEMA).read_text().replace("name: chat\n", "name: forum\n"))
    refused = run("call", url, "/chat", "rooms", "-a", ADA, "-c", str(other))
    assert (refused.code, refused.json["data"]["code"]) == (100, "contract_mismatch")
