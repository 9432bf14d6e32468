"""``ackord lsp``."""

from __future__ import annotations

import click


@click.command("lsp", epilog="docs/editors.md says how to set it up.")
def verb() -> None:
    """Serve an editor, which starts this by itself.

    Speaks the Language Server Protocol over standard input and output: problems while you type,
    completion, descriptions, the places of declarations, and changes that mend a misspelled name.
    """
    from ackord.codegen.lsp.server import make_server  # noqa: PLC0415

    make_server().start_io()
