"""The server: its messages, and how places and problems are written in the protocol."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ackord.codegen.lsp.workspace import Workspace
from ackord.codegen.version import VERSION
from ackord.schema import Diagnostic, Range
from ackord.schema.editor.answers import ProposalKind, complete, definition, fixes, hover
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec, TextDocument

PAUSE: Final = 0.05
"""Seconds without a change after which files are loaded."""
_KINDS: Final[dict[ProposalKind, types.CompletionItemKind]] = {
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
    "types": types.CompletionItemKind.Class,
    "errors": types.CompletionItemKind.Event,
    "rooms": types.CompletionItemKind.Module,
}
_SEVERITIES: Final = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
}


class SchemaServer(LanguageServer):
    """A language server for schema files."""

    def __init__(self) -> None:
        super().__init__("ackord", VERSION)  # pyright: ignore[reportUnknownMemberType]  # of pygls
        self.files = Workspace()
        self._problems: dict[str, list[Diagnostic]] = {}
        self._shown: set[str] = set()
        self._loading: asyncio.Task[None] | None = None

    def changed(self, uri: str) -> None:
        """Take the text of a file, and load it after a pause."""
        document = self.workspace.get_text_document(uri)
        self.files.texts[path_of(uri)] = document.source
        if self._loading is not None:
            self._loading.cancel()
        self._loading = asyncio.ensure_future(self._load_later())

    def closed(self, uri: str) -> None:
        """Forget the text of a file: the one on the disk counts again."""
        self.files.texts.pop(path_of(uri), None)
        self.show()

    async def _load_later(self) -> None:
        await asyncio.sleep(PAUSE)
        self.show()

    def show(self) -> None:
        """Load all contracts, and publish their problems."""
        self._problems = dict(self.files.load())
        for file in self._shown - self._problems.keys():
            self._publish(file, [])
        for file, found in self._problems.items():
            if found or file in self._shown or file in self.files.texts:
                self._publish(file, found)
        self._shown = {file for file, found in self._problems.items() if found}

    def problems_at(self, uri: str, at: types.Range) -> list[Diagnostic]:
        """Return the problems of a file whose places touch a range."""
        return [
            found
            for found in self._problems.get(path_of(uri), ())
            if (place := self.to_client(path_of(uri), found.range)).start <= at.end
            and at.start <= place.end
        ]

    def to_client(self, file: str, at: Range) -> types.Range:
        """Write a range as the client counts: from 0, and in its own units."""
        lines = self._lines(file)
        start = types.Position(at.line - 1, at.column - 1)
        end = types.Position(at.end_line - 1, at.end_column - 1)
        return self._codec.range_to_client_units(lines, types.Range(start, end))

    def from_client(self, uri: str, position: types.Position) -> tuple[int, int]:
        """Read a position: line and column from 1."""
        read = self._codec.position_from_client_units(self._lines(path_of(uri)), position)
        return read.line + 1, read.character + 1

    @property
    def _codec(self) -> PositionCodec:
        return self.workspace.position_codec

    def _lines(self, file: str) -> Sequence[str]:
        text = self.files.texts.get(file)
        if text is None:
            text = next(
                (
                    result.sources[file]
                    for result in self.files.results.values()
                    if file in result.sources
                ),
                "",
            )
        return text.splitlines(keepends=True)

    def _publish(self, file: str, found: Sequence[Diagnostic]) -> None:
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=uri_of(file), diagnostics=[self.diagnostic(file, one) for one in found]
            )
        )

    def diagnostic(self, file: str, one: Diagnostic) -> types.Diagnostic:
        """Write a problem for the client."""
        return types.Diagnostic(
            range=self.to_client(file, one.range),
            severity=_SEVERITIES[one.severity],
            code=one.code,
            source="ackord",
            message=f"{one.message}\n{one.hint}" if one.hint else one.message,
            related_information=[
                types.DiagnosticRelatedInformation(
                    location=types.Location(
                        uri=uri_of(other.file), range=self.to_client(other.file, other.range)
                    ),
                    message=other.message,
                )
                for other in one.related
            ],
        )


def make_server() -> SchemaServer:
    """Make the server, with all that it answers."""
    server = SchemaServer()
    _follow_changes(server)
    _answer_questions(server)
    return server


def _follow_changes(server: SchemaServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def others_changed(_: types.DidChangeWatchedFilesParams) -> None:
        server.show()


def _answer_questions(server: SchemaServer) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[" ", "[", ".", "{", ","]),
    )
    def completion(params: types.CompletionParams) -> types.CompletionList:
        file, text, line, column = _where(server, params.text_document.uri, params.position)
        result = server.files.result_with(file)
        proposals = [] if result is None else complete(result, file, text, line, column)
        items = [
            types.CompletionItem(
                label=proposal.label,
                kind=_KINDS[proposal.kind],
                insert_text=proposal.text,
                documentation=proposal.doc or None,
            )
            for proposal in proposals
        ]
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        file, text, line, column = _where(server, params.text_document.uri, params.position)
        result = server.files.result_with(file)
        said = None if result is None else hover(result, file, text, line, column)
        if said is None:
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(params: types.DefinitionParams) -> types.Location | None:
        file, text, line, column = _where(server, params.text_document.uri, params.position)
        result = server.files.result_with(file)
        place = None if result is None else definition(result, file, text, line, column)
        if place is None:
            return None
        return types.Location(uri_of(place.file), server.to_client(place.file, place.range))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        file = path_of(uri)
        return [
            types.CodeAction(
                title=fix.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[server.diagnostic(file, found)],
                edit=types.WorkspaceEdit(
                    changes={uri: [types.TextEdit(server.to_client(file, fix.range), fix.text)]}
                ),
                is_preferred=True,
            )
            for found in server.problems_at(uri, params.range)
            for fix in fixes(found)
        ]


def _where(server: SchemaServer, uri: str, position: types.Position) -> tuple[str, str, int, int]:
    document: TextDocument = server.workspace.get_text_document(uri)
    return path_of(uri), document.source, *server.from_client(uri, position)


def path_of(uri: str) -> str:
    """Return the path of a file without links; the address itself for what is no file."""
    path = to_fs_path(uri)
    return uri if path is None else os.path.realpath(path)


def uri_of(file: str) -> str:
    """Return the address of a file."""
    return from_fs_path(str(Path(file))) or file
