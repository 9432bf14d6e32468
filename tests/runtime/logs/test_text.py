"""What the log shows of packets and texts of peers: no secret, and never a second line."""

from __future__ import annotations

import json
import string

import pytest
from ackord.runtime.logs.text import (
    MAX_PACKET,
    masked_packet,
    masked_url,
    printable,
    quoted,
    shortened,
)
from hypothesis import given
from hypothesis import strategies as st

SECRET = "s3cr3t-" + string.ascii_letters

MASKED = (
    # packet, whether the server sent it, what is shown
    ('40{"token":"%s","n":[1]}', False, '40{"token":"***","n":"***"}'),
    ('40/chat?token=%s,{"x":"%s"}', False, '40/chat?***,{"x":"***"}'),
    ('40/a\n,["%s"]', False, "40/a\\n,***"),
    ('40{"%s"', False, "40***"),
    ('40/chat,{"sid":"public","pid":"%s"}', True, '40/chat,{"sid":"public","pid":"***"}'),
    ('0{"sid":"%s","pingInterval":25000}', True, '0{"sid":"s3cr…","pingInterval":25000}'),
    (
        '42/chat,1["login",{"Password":"%s","user":"ann"}]',
        False,
        '42/chat,1["login",{"Password":"***","user":"ann"}]',
    ),
    ('43["Bearer %s",{"a":[{"apiKey":["%s"]}]}]', True, '43["***",{"a":[{"apiKey":"***"}]}]'),
    ('42["pass\\u0077ord",{"pass\\u0077ord":"%s"}]', False, '42["password",{"password":"***"}]'),
    ('42["x",{"token":"%s"', False, None),
    (
        '42["x",{"headers":{"cookie":"a=%s","authorization":"Basic %s"}}]',
        False,
        '42["x",{"headers":{"cookie":"***","authorization":"***"}}]',
    ),
    (
        '42["author",{"author":"ann","keyboard":1}]',
        False,
        '42["author",{"author":"ann","keyboard":1}]',
    ),
    ('451-["up",{"_placeholder":true,"num":0}]', False, '451-["up",{"_placeholder":true,"num":0}]'),
    ("2probe", False, "2probe"),
    ("41/chat,", True, "41/chat,"),
)


@pytest.mark.parametrize(("packet", "from_server", "shown"), MASKED)
def test_secrets_are_masked(packet: str, from_server: bool, shown: str | None) -> None:
    text = masked_packet(packet.replace("%s", SECRET), from_server=from_server)
    assert SECRET not in text
    assert shown is None or text == shown


SECRET_NAMES = [
    "password",
    "passwords",
    "user_password",
    "PASSWORD",
    "userPass",
    "DB_PASS",
    "pass",
    "pass_hash",
    "passphrase",
    "pwd",
    "pin",
    "user_pin",
    "pinCode",
    "otp",
    "mfa",
    "cvv",
    "secret",
    "secrets",
    "token",
    "accessToken",
    "refresh-token",
    "csrf",
    "apiKeyId",
    "api_keys",
    "apikey",
    "X-Api-Key",
    "private_key_pem",
    "key",
    "auth",
    "Authorization",
    "oauth",
    "cookie",
    "Set-Cookie",
    "session",
    "sessionId",
    "sessid",
    "sid",
    "userSid",
    "pid",
    "jwt",
    "bearer",
    "signature",
    "credentials",
]
HARMLESS_NAMES = [
    "author",
    "authors",
    "keyboard",
    "monkey",
    "passenger",
    "compass",
    "pinned",
    "spinner",
    "side",
    "outside",
    "user_name",
    "message",
    "pidgin",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_values_under_the_names_of_secrets_are_masked_wherever_they_stand(name: str) -> None:
    for value in (
        {name: SECRET},
        {name: [{"a": SECRET}]},
        [[name, SECRET]],
        {"a": [{name: 1.5}, {name: SECRET}]},
    ):
        shown = masked_packet(f'42["x",{json.dumps(value)}]', from_server=False)
        assert SECRET not in shown
        assert "1.5" not in shown
    assert masked_packet(f'42["{name}","{SECRET}",5]', from_server=False) == f'42["{name}","***",5]'


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_other_values_are_shown(name: str) -> None:
    for packet in (f'42["x",{{"{name}":"a b"}}]', f'42["{name}","a b"]'):
        assert masked_packet(packet, from_server=True) == packet


@pytest.mark.parametrize(
    "text",
    [
        "curl -H 'Bearer %s'",
        "https://a.org/?x=1&token=%s",
        "https://ann:%s@a.org",
        '{"password": "%s"}',
        "Cookie: io=%s",
    ],
)
def test_a_text_that_holds_a_secret_is_masked(text: str) -> None:
    assert (
        masked_packet(f'42["x",{json.dumps(text.replace("%s", SECRET))}]', from_server=False)
        == '42["x","***"]'
    )


@pytest.mark.parametrize(
    "start",
    [
        '40{"token":"',
        '42["login",{"password":"',
        '43[{"cookie":"',
        "40/x?token=",
        "40/x?token=a,",
        "0",
    ],
)
def test_of_a_large_packet_only_the_beginning_is_shown(start: str) -> None:
    text = masked_packet(start + SECRET * (MAX_PACKET // len(SECRET) + 1), from_server=False)
    assert "s3cr3t" not in text
    assert "characters)" in text
    assert len(text) < 100


@given(st.text() | st.text(alphabet='40123/,-[]{}"\\u\n:x\u2028\ud83d', max_size=30), st.booleans())
def test_any_packet_is_one_printable_line(packet: str, from_server: bool) -> None:
    for text in (
        masked_packet(packet, from_server=from_server),
        quoted(packet),
        printable(packet),
        masked_url(packet),
        shortened(packet),
    ):
        assert text.isprintable()


@given(
    st.recursive(
        st.none() | st.integers(),
        lambda items: st.lists(items) | st.dictionaries(st.text(max_size=5), items),
        max_leaves=8,
    )
)
def test_what_holds_no_secret_is_shown_as_it_is(value: object) -> None:
    packet = f'42["x",{json.dumps(value)}]'
    if (
        "***" not in (text := masked_packet(packet, from_server=True))
        and text.isascii()
        and "\\" not in text
    ):
        assert json.loads(text[2:]) == ["x", value]


def test_a_url_shows_which_parameters_it_has_and_only_the_harmless_values() -> None:
    url = f"/socket.io/?EIO=4&transport=polling&sid={SECRET}&token={SECRET}&flag"
    assert masked_url(url) == "/socket.io/?EIO=4&transport=polling&sid=***&token=***&flag"
    assert (
        masked_url(f"wss://me:{SECRET}@example.org:8000/socket.io/?EIO=4")
        == "wss://example.org:8000/socket.io/?EIO=4"
    )


def test_a_deep_packet_is_shown_without_recursion() -> None:
    assert masked_packet("42" + "[" * 8000 + "]" * 8000, from_server=False).startswith("42***")
