"""The documentation site builds, its links lead somewhere, and no public name is missing."""

from __future__ import annotations

import re
import subprocess
import tomllib
import zlib
from collections.abc import Generator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from typing_extensions import override

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".cache/docs/site"
# Pages that are looked things up in; all others are read from the beginning to the end.
REFERENCES = (
    "docs/reference/",
    "docs/decisions/",
    *(f"docs/{name}.md" for name in ("api", "breaking-rules", "diagnostics", "generated-code")),
    *(f"docs/{name}.md" for name in ("logging", "options", "schema")),
    *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
)


@pytest.fixture(scope="module", autouse=True)
def site() -> None:
    done = subprocess.run(["make", "docs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Links(HTMLParser):
    """The places that a page leads to, and the anchors that it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src"} and value:
                self.targets.append(value)
            if name in {"id", "name"} and value:
                self.anchors.add(value)


def test_no_link_is_dead() -> None:
    pages = {page: Links(page) for page in SITE.rglob("*.html") if page.name != "404.html"}
    assert len(pages) > 80
    dead: list[tuple[str, str]] = []
    for page, links in pages.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            file = file / "index.html" if file.is_dir() else file
            anchor = unquote(parts.fragment)
            if not file.exists() or (
                anchor and file in pages and anchor not in pages[file].anchors
            ):
                dead.append((page.relative_to(SITE).as_posix(), target))
    assert sorted(set(dead)) == []


def test_a_bar_in_the_code_of_a_table_has_no_backslash() -> None:
    pages = [page.read_text(encoding="utf-8") for page in SITE.rglob("*.html")]
    assert [code for page in pages for code in re.findall(r"<td><code>[^<]*\\\|[^<]*", page)] == []


def test_every_public_name_is_in_the_reference() -> None:
    inventory = (SITE / "objects.inv").read_bytes()
    lines = zlib.decompress(inventory.partition(b"using zlib.\n")[2]).decode().splitlines()
    names = {line.split()[0] for line in lines}
    public = (ROOT / "tests/runtime/public_api.txt").read_text(encoding="utf-8").split()
    assert [name for name in public if name not in names] == []


def in_nav(entries: Any) -> Generator[str]:
    """Yield the pages of the site's navigation: texts in lists and mappings."""
    match entries:
        case str():
            yield entries
        case {}:
            yield from in_nav([*entries.values()])
        case _:
            for entry in entries:
                yield from in_nav(entry)


def test_llms_txt_names_every_page_and_leads_to_files() -> None:
    text = (SITE / "llms.txt").read_text(encoding="utf-8")
    title, _, summary = text.partition("\n\n")
    assert title.startswith("# ")
    assert summary.startswith("> ")
    links = re.findall(r"^- \[[^]]+\]\(([^)]+)\): \S", text, re.MULTILINE)
    assert [link for link in links if not (SITE / link).is_file()] == []
    configuration = tomllib.loads((ROOT / "docs/zensical.toml").read_text(encoding="utf-8"))
    pages = [page.removesuffix(".md") for page in in_nav(configuration["project"]["nav"])]
    assert sorted(link.rpartition(".")[0] for link in links) == sorted(pages)


def prose(page: str) -> int:
    """Count the words that are read from the beginning to the end: neither code nor tables."""
    text = re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)
    return sum(len(line.split()) for line in text.splitlines() if not line.startswith("|"))


def test_every_page_is_in_the_navigation_and_no_page_is_long() -> None:
    configuration = tomllib.loads((ROOT / "docs/zensical.toml").read_text(encoding="utf-8"))
    pages = list(in_nav(configuration["project"]["nav"]))
    written = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/tutorial").glob("*.md")]
    written += [*(ROOT / "docs/how-to").glob("*.md"), *(ROOT / "docs/reference").glob("*.md")]
    written += (ROOT / "examples").glob("*/README.md")
    paths = [page.relative_to(ROOT).as_posix() for page in written]
    assert [path for path in paths if path not in pages and path != "docs/README.md"] == []
    words = {page: prose((ROOT / page).read_text(encoding="utf-8")) for page in pages}
    assert {
        page: count
        for page, count in words.items()
        if count > 1_500 and not page.startswith(REFERENCES)
    } == {}
