"""``ackord jsonschema``."""

from __future__ import annotations

import typer

verb = typer.Typer(add_completion=False, rich_markup_mode=None)


@verb.command(epilog="Example: ackord jsonschema > ackord.schema.json")
def jsonschema() -> None:
    """Print the JSON Schema of the language, for editors.

    Begin a schema file with `# yaml-language-server: $schema=ackord.schema.json`.
    """
    import json  # noqa: PLC0415

    from ackord.schema import json_schema  # noqa: PLC0415

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
