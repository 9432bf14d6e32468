"""The CPU of the editor's server for one change of a large file, until its problems are there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO, Any, Final

from tests.bench import cpu

KEYSTROKES: Final = 3
_CODE: Final = "from ackord.codegen.lsp.server import make_server; make_server().start_io()"


class Editor:
    """An editor that talks to its server over pipes, as the Language Server Protocol says."""

    def __init__(self, server: Popen[bytes], file: Path) -> None:
        assert server.stdin is not None
        assert server.stdout is not None
        self._pid = server.pid
        self._to: IO[bytes] = server.stdin
        self._from: IO[bytes] = server.stdout
        self._uri = file.as_uri()
        self._version = 0

    def start(self, text: str) -> None:
        """Begin, and open the file."""
        self._send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, id=1)
        while self._receive().get("id") != 1:
            pass
        self._send("initialized", {})
        document = {"uri": self._uri, "languageId": "yaml", "version": 0, "text": text}
        self._send("textDocument/didOpen", {"textDocument": document})
        self._wait_for_problems()

    def type(self, line: int, column: int, character: str) -> float:
        """Put a character at a place, from 0; return the seconds of CPU of the server."""
        self._version += 1
        at = {"line": line, "character": column}
        change = {"range": {"start": at, "end": at}, "text": character}
        document = {"uri": self._uri, "version": self._version}
        before = cpu.read(self._pid).total
        self._send("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        self._wait_for_problems()
        return cpu.read(self._pid).total - before

    def _wait_for_problems(self) -> None:
        while self._receive().get("method") != "textDocument/publishDiagnostics":
            pass

    def _send(self, method: str, params: object, **others: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **others}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._to.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while (header := self._from.readline()) != b"\r\n":
            if not header:
                raise RuntimeError("the editor's server has ended")
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._from.read(length))
        return message


def keystroke(directory: Path, before: str, character: str) -> float:
    """Return the CPU of the cheapest of some keystrokes, each behind a text of the file."""
    file = directory / "large.yaml"
    text = f"# a comment\n{file.read_text()}"
    above = text[: text.index(before) + len(before)].split("\n")
    with Popen([sys.executable, "-c", _CODE], stdin=PIPE, stdout=PIPE, cwd=directory) as server:
        editor = Editor(server, file)
        try:
            editor.start(text)
            line, column = len(above) - 1, len(above[-1])
            return min(editor.type(line, column, character) for _ in range(KEYSTROKES))
        finally:
            server.kill()
