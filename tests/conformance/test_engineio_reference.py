"""The same HTTP requests go to this engine and to npm's engine.io: status, body and headers are the
same, or listed with the reason.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from ackord.runtime.engine.cookie import Cookie

from tests.hosts import Hosting
from tests.node.required import require_node
from tests.node.toolchain import find_node
from tests.runtime.engine.harness import Site
from tests.runtime.hosting.network import serving

pytestmark = pytest.mark.interop

ROOT = Path(__file__).parents[2]
SID = re.compile(r"[A-Za-z0-9_-]{20}(?=[\";&]|$)")
COMPARED = re.compile(r"content-(type|encoding)|cache-control|set-cookie|vary|access-control-.*")
INFLATE: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}
APP = "https://app.example"


@dataclass(frozen=True)
class Step:
    """One request; ``SID`` stands for the session that the first step opened."""

    method: str
    query: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


OPEN = Step("GET", "EIO=4&transport=polling")
SESSION = "EIO=4&transport=polling&sid=SID"
TEXT = {"content-type": "text/plain;charset=UTF-8"}


def get(query: str = SESSION, **headers: str) -> Step:
    return Step("GET", query, headers=headers)


def post(body: bytes, query: str = SESSION, **headers: str) -> Step:
    return Step(
        "POST",
        query,
        body,
        {**TEXT, **{name.replace("_", "-"): value for name, value in headers.items()}},
    )


PLAIN: dict[str, list[Step]] = {
    "handshake": [OPEN],
    "no transport": [get("EIO=4")],
    "unknown transport": [get("EIO=4&transport=tube")],
    "prototype as transport": [get("EIO=4&transport=__proto__")],
    "webtransport": [get("EIO=4&transport=webtransport")],
    "websocket without upgrade": [get("EIO=4&transport=websocket")],
    "protocol 3": [get("EIO=3&transport=polling")],
    "no protocol": [get("transport=polling")],
    "handshake by POST": [post(b"", "EIO=4&transport=polling")],
    "handshake by PUT": [Step("PUT", "EIO=4&transport=polling")],
    "preflight without CORS": [Step("OPTIONS", "EIO=4&transport=polling", headers={"origin": APP})],
    "unknown session": [get("EIO=4&transport=polling&sid=nobody")],
    "unknown session by POST": [post(b"4a", "EIO=4&transport=polling&sid=nobody")],
    "origin of another site": [get("EIO=4&transport=polling", origin=APP)],
    "echo of a text": [OPEN, post(b"4hello"), get()],
    "echo of several": [OPEN, post("4one\x1e4zwei €\x1ebAQID\x1e4".encode()), get()],
    "echo of empty binary": [OPEN, post(b"b"), get()],
    "close": [OPEN, post(b"1"), get()],
    "messages after close": [OPEN, post(b"4a\x1e1\x1e4b"), get()],
    "bad packet": [OPEN, post(b"abc"), get()],
    "noop, upgrade and open are ignored": [OPEN, post(b"6\x1e5\x1e0\x1e3\x1e4a"), get()],
    "binary body": [OPEN, post(b"\x00", content_type="application/octet-stream"), get()],
    "another method": [OPEN, Step("PUT", SESSION), Step("DELETE", SESSION), post(b"4a"), get()],
    "transport of a session": [OPEN, get("EIO=4&transport=websocket&sid=SID"), post(b"4a"), get()],
    "protocol of a session": [OPEN, get("EIO=3&transport=polling&sid=SID"), post(b"4a"), get()],
    "body as large as may be": [OPEN, post(b"4" * 1000), get()],
    "body too large": [OPEN, post(b"4" * 1001), post(b"4a"), get()],
    "large response": [OPEN, post(b"4" + b"x" * 999), get(**{"accept-encoding": "gzip, deflate"})],
}
COMPRESSED = {
    coding: [OPEN, post(b"4" + b"x" * 400), get(**{"accept-encoding": coding})]
    for coding in (
        "gzip",
        "deflate",
        "gzip, deflate, br",
        "deflate;q=1, gzip;q=0.5",
        "gzip;q=0",
        "identity",
        "*",
    )
}
CORS = {
    "its origin": [get("EIO=4&transport=polling", origin=APP), post(b"4a", origin=APP)],
    "another origin": [get("EIO=4&transport=polling", origin="https://evil.example")],
    "no origin": [OPEN],
    "preflight": [
        Step(
            "OPTIONS",
            "EIO=4&transport=polling",
            headers={
                "origin": APP,
                "access-control-request-method": "POST",
                "access-control-request-headers": "x-a,x-b",
            },
        )
    ],
    "preflight of another origin": [
        Step("OPTIONS", "EIO=4&transport=polling", headers={"origin": "https://evil.example"})
    ],
    "refusal": [get("EIO=4&transport=tube", origin=APP)],
}

DIFFERENCES = {
    "bad packet": "the POST is answered with 400, where theirs says 200: the official suite allows both",
}
"""Whole cases; two more are in `Answer.of`."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str]

    @classmethod
    def of(cls, status: int, body: str, headers: dict[str, str]) -> Answer:
        """Take an answer, but for what differs on purpose."""
        if status != 200:
            headers.pop("cache-control", None)  # refusals of ours aren't to be stored either
        if "access-control-allow-origin" not in headers:
            headers.pop(
                "access-control-allow-credentials", None
            )  # it means nothing to an origin that isn't allowed
        return cls(status, body, headers)


async def play(url: str, steps: Sequence[Step]) -> list[Answer]:
    answers: list[Answer] = []
    sid = ""
    async with aiohttp.ClientSession(
        skip_auto_headers=["accept-encoding", "content-type"], auto_decompress=False
    ) as http:
        for step in steps:
            query = step.query.replace("SID", sid)
            async with http.request(
                step.method, f"{url}?{query}", data=step.body or None, headers=step.headers
            ) as response:
                body = await response.read()
                headers = {
                    name.lower(): value
                    for name, value in response.headers.items()
                    if COMPARED.fullmatch(name.lower())
                }
                if (coding := headers.get("content-encoding")) is not None:
                    body = INFLATE[coding](body)
                text = body.decode()
                if not sid and text.startswith("0{"):
                    sid = SID.findall(text)[0]
                headers = {
                    name: re.sub(r"charset=utf-8", "charset=UTF-8", SID.sub("SID", value))
                    for name, value in headers.items()
                }
                vary = sorted(
                    {
                        part.strip()
                        for part in ",".join(response.headers.getall("vary", [])).split(",")
                    }
                    - {""}
                )
                answers.append(
                    Answer.of(
                        response.status, SID.sub("SID", text), {**headers, "vary": ", ".join(vary)}
                    )
                )
    return answers


@asynccontextmanager
async def reference(options: str) -> AsyncGenerator[str]:
    process = await asyncio.create_subprocess_exec(
        find_node().path,
        "tests/node/engine_server.mjs",
        options,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            port = (await process.stdout.readline()).split()[1].decode()
        yield f"http://127.0.0.1:{port}/engine.io/"
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    ("cases", "theirs", "ours"),
    [
        pytest.param(
            PLAIN,
            '{"maxHttpBufferSize": 1000}',
            {"max_payload": 1000, "compression_threshold": 1024},
            id="plain",
        ),
        pytest.param(
            COMPRESSED,
            '{"httpCompression": {"threshold": 300}}',
            {"compression_threshold": 300},
            id="compression",
        ),
        pytest.param(
            CORS,
            '{"cors": {"origin": ["https://app.example"], "credentials": true, "exposedHeaders": ["x-trace"], "maxAge": 600}}',
            {
                "cors_origins": (APP,),
                "cors_credentials": True,
                "cors_exposed_headers": ("x-trace",),
                "cors_max_age": 600,
            },
            id="cors",
        ),
        pytest.param(
            CORS, '{"cors": {"origin": "*"}}', {"cors_origins": "*"}, id="cors for anybody"
        ),
        pytest.param(
            CORS,
            '{"cors": {"origin": true}}',
            {"cors_origins": True},
            id="cors for each by its name",
        ),
        pytest.param(
            {"cookie": [OPEN, post(b"4a"), get()]},
            '{"cookie": true}',
            {"cookie": Cookie()},
            id="cookie",
        ),
        pytest.param(
            {"cookie": [OPEN]},
            '{"cookie": {"name": "node", "path": "/live", "httpOnly": false, "sameSite": "strict", "maxAge": 60, "domain": "app.example"}}',
            {
                "cookie": Cookie(
                    name="node",
                    path="/live",
                    http_only=False,
                    same_site="strict",
                    max_age=60,
                    domain="app.example",
                )
            },
            id="another cookie",
        ),
        pytest.param(
            {"initial packet": [OPEN]},
            '{"initialPacket": "welcome"}',
            {"initial_packet": "welcome"},
            id="initial packet",
        ),
        pytest.param(
            {"no upgrade": [OPEN]},
            '{"allowUpgrades": false}',
            {"allow_upgrades": False},
            id="no upgrades",
        ),
    ],
)
@pytest.mark.parametrize("direct", [True, False], ids=[Hosting.DIRECT, Hosting.ASGI])
def test_requests_are_answered_as_npms_engine_io_answers_them(
    cases: Mapping[str, Sequence[Step]], theirs: str, ours: Mapping[str, Any], *, direct: bool
) -> None:
    require_node()

    async def main() -> dict[str, tuple[list[Answer], list[Answer]]]:
        site = Site(echo=True, path="/engine.io/", **ours)
        async with reference(theirs) as there, serving(site, direct=direct) as served:
            here = f"http://127.0.0.1:{served.host.port}/engine.io/"
            return {
                name: (await play(here, steps), await play(there, steps))
                for name, steps in cases.items()
            }

    for name, (here, there) in asyncio.run(main()).items():
        if name in DIFFERENCES:
            assert here != there, f"{name}: no difference any more"
        else:
            assert here == there, name
