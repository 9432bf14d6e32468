"""``ackord jsonschema``."""

from __future__ import annotations

import click


@click.command("jsonschema", epilog="Example: ackord jsonschema > ackord.schema.json")
def verb() -> None:
    """Print the JSON Schema of the language, for editors.

    Begin a schema file with `# yaml-language-server: $schema=ackord.schema.json`.
    """
    import json  # noqa: PLC0415

    from ackord.schema import json_schema  # noqa: PLC0415

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
