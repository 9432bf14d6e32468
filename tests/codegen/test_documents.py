"""The pages of a contract show all of it, lead nowhere wrong, and take no text for code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ackord.codegen import generate
from ackord.schema import Contract
from typing_extensions import override

from tests.codegen.test_asyncapi import ROOT, SCHEMAS, contract_of, loaded

_EMPTY = frozenset({"meta", "input"})


class Page(HTMLParser):
    """What a page holds, and whether all that it opens is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _EMPTY:
            self._open.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.targets += [value for name, value in attrs if name in {"href", "src"} and value]

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def pages_of(contract: Contract) -> Mapping[str, str]:
    return generate(contract, source="any.yaml", target="docs")


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda each: f"{each.parent.name}-{each.stem}")
def test_everything_is_shown_and_every_link_leads_somewhere(schema: Path) -> None:
    contract = contract_of(schema)
    files = pages_of(contract)
    page, markdown = Page(files["index.html"]), files["index.md"].replace("\\", "")
    parts = [*contract.types, *contract.errors, *contract.rooms]
    events = [
        event
        for each in contract.namespaces
        for event in (*each.client_to_server, *each.server_to_client, *each.server_to_server)
    ]
    for name in (
        *(each.name for each in (*parts, *events)),
        *(n.path for n in contract.namespaces),
    ):
        assert name in page.text
        assert " ".join(name.split()) in markdown
    assert len(set(page.ids)) == len(page.ids)
    assert {each.removeprefix("#") for each in page.targets} <= set(page.ids)
    anchors = set(re.findall(r'<a id="([^"]+)">', files["index.md"]))
    assert set(re.findall(r"\]\(#([^)]+)\)", files["index.md"])) <= anchors


def test_the_texts_of_a_contract_are_no_code() -> None:
    attack = "</script><img src=x onerror=alert(1)> {{ 7 * 7 }} | `x` [a](javascript:1) <!--"
    files = pages_of(
        loaded(f"""
doc: "{attack}"
types:
  It: {{doc: "{attack}", fields: {{a: {{type: str, doc: "{attack}"}}}}}}
namespaces:
  /: {{client_to_server: {{"<b>": {{name: bold, doc: "{attack}", args: {{it: It}}}}}}}}
""")
    )
    page = Page(files["index.html"])
    assert "img" not in page.tags
    assert page.tags.count("script") == 1
    assert page.text.count(attack) == 4
    assert "49" not in page.text
    assert "<img" not in files["index.md"].replace("\\<img", "")
    assert "](javascript" not in files["index.md"].replace("\\]", "")


def test_the_pages_ask_nothing_of_other_hosts() -> None:
    files = pages_of(contract_of(ROOT / "examples/chat/chat.yaml"))
    assert "//" not in files["index.html"].replace("https://example.org/", "")
