from __future__ import annotations

from typing import Any

import pytest
from ackord.runtime.engine.cookie import Cookie
from ackord.runtime.errors import UsageError
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import Site


@pytest.mark.parametrize(
    ("cookie", "header"),
    [
        (Cookie(), "io=abc; Path=/; HttpOnly; SameSite=Lax"),
        (Cookie(name="node", path=None, http_only=False, same_site=None), "node=abc"),
        (
            Cookie(domain="app.example", path="/live", secure=True, same_site="none", max_age=3600),
            "io=abc; Max-Age=3600; Domain=app.example; Path=/live; HttpOnly; Secure; SameSite=None",
        ),
    ],
)
def test_a_cookie_is_written_as_the_reference_writes_it(cookie: Cookie, header: str) -> None:
    assert cookie.header("abc") == header


@pytest.mark.parametrize(
    "options",
    [
        {"name": ""},
        {"name": "i o"},
        {"name": "io=1; Domain"},
        {"name": "io\r\nset-cookie"},
        {"name": "ïo"},
        {"path": "live"},
        {"path": "/;Domain=evil.example"},
        {"path": "/\r\nx: y"},
        {"domain": "evil.example; Path=/"},
        {"domain": "-x.example"},
        {"domain": ""},
        {"domain": "a b"},
        {"same_site": "sometimes"},
        {"same_site": "none"},
    ],
)
def test_ghsa_pxg6_pf52_xh8x_what_would_break_the_header_is_refused(
    options: dict[str, Any],
) -> None:
    with pytest.raises(UsageError):
        Cookie(**options)


def test_the_first_polling_response_alone_has_the_cookie() -> None:
    async def scenario() -> None:
        site = Site(cookie=Cookie())
        response = await site.get("EIO=4&transport=polling")
        sid = site.recorder.socket.sid
        assert response.headers["set-cookie"] == f"io={sid}; Path=/; HttpOnly; SameSite=Lax"
        query = f"EIO=4&transport=polling&sid={sid}"
        assert "set-cookie" not in (await site.post(query, b"4a")).headers
        site.recorder.socket.send("4b")
        assert "set-cookie" not in (await site.get(query)).headers
        assert "set-cookie" not in (await site.get("EIO=3&transport=polling")).headers
        websocket = await site.open_websocket()
        assert "set-cookie" not in websocket.headers

    run(scenario())
