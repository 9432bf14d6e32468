"""Makes the pictures of the README: ``make pictures``.

The editor shows a server with mistakes, and what mypy says of them: the README's contract is
generated, mypy reads the server, and Chromium draws the page. The explorer is that of the chat.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from ackord.codegen import generate
from ackord.schema import load_bytes
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.python import PythonLexer

from tests.node.toolchain import find_node

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
PICTURES: Final = ROOT / "docs/pictures"
COLORS: Final = 128
MISTAKES: Final = (HERE / "mistakes.py.txt").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the editor."""

    number: int
    indent: str
    code: Markup
    problems: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """What each checker says of it."""


def main() -> None:
    """Draw the editor and the explorer."""
    draw_editor()
    draw_explorer()


def draw_explorer() -> None:
    """Let two clients of the chat's explorer talk."""
    server = [sys.executable, "-m", "examples.chat.server", "--port", "0"]
    with subprocess.Popen(server, cwd=ROOT, stdout=subprocess.PIPE, text=True) as chat:
        try:
            assert chat.stdout is not None
            url = next(line.split()[-1] for line in chat.stdout if "/explorer" in line)
            script = ROOT / "tests/node/explorer_picture.mjs"
            picture = PICTURES / "explorer.png"
            subprocess.run([find_node().path, script, url, find_chromium(), picture], check=True)
            shrink(picture)
        finally:
            chat.terminate()


def draw_editor() -> None:
    """Draw what mypy says of a server with mistakes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = checked_lines(folder)
        formatter: HtmlFormatter[str] = HtmlFormatter(style="friendly")
        style = str(formatter.get_style_defs(".highlight"))  # type: ignore[no-untyped-call]  # of its stubs
        environment = Environment(loader=FileSystemLoader(HERE), autoescape=True)
        page = environment.get_template("editor.html.jinja").render(
            title="server.py",
            lines=lines,
            style=Markup(style),  # noqa: S704 - what Pygments wrote
        )
        (folder / "editor.html").write_text(page, encoding="utf-8")
        take(folder / "editor.html", PICTURES / "editor.png", size=(930, 575))
        shrink(PICTURES / "editor.png")


def checked_lines(folder: Path) -> list[Line]:
    """Return the lines of the server with what mypy says of them."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    schema = re.search(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert schema is not None
    contract = load_bytes(schema[1].encode(), "tasks.yaml").contract
    assert contract is not None
    (folder / "tasks").mkdir()
    for file, text in generate(contract, source="tasks.yaml").items():
        (folder / "tasks" / file).write_text(text, encoding="utf-8")
    (folder / "server.py").write_text(MISTAKES, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--output=json", "--config-file="]
    done = subprocess.run(
        [*command, "server.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    found: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    lines: list[Line] = [
        Line(number, code[: len(code) - len(code.lstrip(" "))], Markup(code.lstrip(" ")))  # noqa: S704 - what Pygments wrote
        for number, code in enumerate(highlighted(MISTAKES), start=1)
    ]
    for each in found:
        lines[int(each["line"]) - 1].problems.append(("mypy", each["message"]))
    return lines


def highlighted(code: str) -> list[str]:
    """Return the lines of a program with their colors, as HTML."""
    formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True, style="friendly")
    html = highlight(code, PythonLexer(), formatter)
    # The spaces at the beginning of a line are a token of their own.
    return [re.sub(r'^<span class="w">( *)</span>', r"\1", line) for line in html.splitlines()]


def find_chromium() -> str:
    """Return the browser's path."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium was not found; on Debian and Ubuntu: apt install chromium")
    return chromium


def take(page: Path, picture: Path, size: tuple[int, int]) -> None:
    """Let Chromium draw a page."""
    picture.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--hide-scrollbars",
        ]
        flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        shape = [f"--window-size={size[0]},{size[1]}", "--force-device-scale-factor=1.5"]
        subprocess.run(
            [
                find_chromium(),
                *flags,
                *shape,
                f"--user-data-dir={profile}",
                f"--screenshot={picture}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


def shrink(picture: Path) -> None:
    """Keep the most frequent colors: a third of the size, and the eye sees no difference in what
    consists of text and areas.
    """
    image = Image.open(picture).convert("RGB")
    found = image.getcolors(image.width * image.height)
    assert found is not None
    palette = Image.new("P", (1, 1))
    frequent = sorted(found, reverse=True)[:COLORS]
    palette.putpalette([part for _, color in frequent for part in cast("tuple[int, ...]", color)])
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main()
