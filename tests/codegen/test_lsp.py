"""The editor's server, driven by a client of the Language Server Protocol over pipes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

COMMON = "ackord: 1\ntypes:\n  User: {fields: {name: str}, doc: Somebody.}\n"
CHAT = """\
ackord: 1
name: chat
version: 1.0.0
ignore: {S063: tested}
import: [common.yaml]
types:
  Role: {enum: [owner, "\N{GRINNING FACE}"]}
  Message: {fields: {by: common.User, text: str, role: "Role?"}}
errors: {RoomFull: {doc: Try another room.}}
namespaces:
  /chat:
    client_to_server:
      say:
        args: {message: Message, to: "list[Role]"}
        ack: int
        errors: [RoomFull]
"""


class Editor:
    """An editor with one open file."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.uri = (folder / "chat.yaml").as_uri()
        self.folder = folder
        self._version = 0
        self._published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]  # of pygls
        def published(params: types.PublishDiagnosticsParams) -> None:
            self._published.put_nowait(params)

    async def open(self, text: str) -> list[types.Diagnostic]:
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(self.uri, "yaml", 0, text))
        )
        return await self.problems()

    async def change(self, text: str) -> list[types.Diagnostic]:
        self._version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=self.uri, version=self._version),
                [types.TextDocumentContentChangeWholeDocument(text=text)],
            )
        )
        return await self.problems()

    async def problems(self) -> list[types.Diagnostic]:
        while True:
            published = await self._published.get()
            if published.uri == self.uri:
                return list(published.diagnostics)

    def at(self, text: str, marked: str) -> dict[str, Any]:
        """Return the parameters for the place after a piece of the text."""
        before = text[: text.index(marked) + len(marked)]
        column = len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
        return {
            "text_document": types.TextDocumentIdentifier(self.uri),
            "position": types.Position(before.count("\n"), column),
        }


def edit(folder: Path, scenario: Callable[[Editor], Awaitable[None]]) -> None:
    """Start the server, and let an editor use it."""
    (folder / "common.yaml").write_text(COMMON)

    async def main() -> None:
        client = LanguageClient("editor", "1")
        editor = Editor(client, folder)
        async with asyncio.timeout(60):
            connection: Any = client  # pygls has no types for this
            await connection.start_io(sys.executable, "-m", "ackord.codegen", "lsp")
            await client.initialize_async(
                types.InitializeParams(
                    capabilities=types.ClientCapabilities(), root_uri=folder.as_uri()
                )
            )
            client.initialized(types.InitializedParams())
            await scenario(editor)
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()  # type: ignore[no-untyped-call]  # of pygls

    asyncio.run(main())


def test_problems_are_shown_while_one_types_and_gone_when_mended(tmp_path: Path) -> None:
    async def scenario(editor: Editor) -> None:
        assert await editor.open(CHAT) == []
        (found,) = await editor.change(CHAT.replace('role: "Role?"', 'role: "Rolle?"'))
        assert (found.code, found.severity, found.source) == (
            "S021",
            types.DiagnosticSeverity.Error,
            "ackord",
        )
        assert found.message == "unknown type 'Rolle'\ndid you mean 'Role'?"
        actions = await editor.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(editor.uri), found.range, types.CodeActionContext([])
            )
        )
        assert actions is not None
        (action,) = actions
        assert isinstance(action, types.CodeAction)
        assert action.title == "Change to 'Role'"
        assert action.edit is not None
        assert action.edit.changes is not None
        (change,) = action.edit.changes[editor.uri]
        assert change == types.TextEdit(found.range, "Role")
        broken = await editor.change(CHAT.replace("  Role: {", "  Role: {{"))
        assert broken != []
        assert await editor.change(CHAT) == []

    edit(tmp_path, scenario)


def test_columns_are_counted_in_the_units_of_the_client(tmp_path: Path) -> None:
    text = CHAT.replace('"\N{GRINNING FACE}"]}', '"\N{GRINNING FACE}"], opn: true}')

    async def scenario(editor: Editor) -> None:
        (found,) = await editor.open(text)
        place = editor.at(text, '"\N{GRINNING FACE}"], ')["position"]
        assert found.range == types.Range(place, types.Position(place.line, place.character + 3))

    edit(tmp_path, scenario)


def test_names_are_completed_described_and_found(tmp_path: Path) -> None:
    async def scenario(editor: Editor) -> None:
        await editor.open(CHAT)
        at = editor.at(CHAT, "by: common.Us")
        found = await editor.client.text_document_completion_async(types.CompletionParams(**at))
        assert isinstance(found, types.CompletionList)
        assert {"str", "Role", "common.User"} <= {item.label for item in found.items}
        shown = await editor.client.text_document_hover_async(types.HoverParams(**at))
        assert shown is not None
        assert isinstance(shown.contents, types.MarkupContent)
        assert shown.contents.value.startswith("`common.User`: a record\n\nSomebody.")
        place = await editor.client.text_document_definition_async(types.DefinitionParams(**at))
        assert place == types.Location(
            (tmp_path / "common.yaml").as_uri(),
            types.Range(types.Position(2, 2), types.Position(2, 6)),
        )

    edit(tmp_path, scenario)


def test_an_imported_file_is_a_part_of_the_contract_that_is_open(tmp_path: Path) -> None:
    async def scenario(editor: Editor) -> None:
        assert await editor.open(CHAT) == []
        uri = (tmp_path / "common.yaml").as_uri()
        item = types.TextDocumentItem(uri, "yaml", 0, COMMON.replace("User", "Person"))
        editor.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        (found,) = await editor.problems()
        assert "unknown type 'common.User'" in found.message

    edit(tmp_path, scenario)


def test_other_yaml_files_are_left_alone(tmp_path: Path) -> None:
    async def scenario(editor: Editor) -> None:
        assert await editor.open("services: {web: {image: a}}\n") == []

    edit(tmp_path, scenario)
