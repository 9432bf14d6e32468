"""What other packages may import."""

from __future__ import annotations

import ackord.schema


def test_the_public_names_are_these() -> None:
    assert sorted(ackord.schema.__all__) == [
        "CODES",
        "Contract",
        "ContractJsonError",
        "Diagnostic",
        "DiskFiles",
        "Document",
        "Files",
        "FormatResult",
        "LintSettings",
        "LoadResult",
        "Memory",
        "Place",
        "RULES",
        "Range",
        "Related",
        "Rule",
        "SchemaError",
        "dump_contract",
        "format_bytes",
        "github_command",
        "json_schema",
        "load_bytes",
        "load_contract",
        "load_contract_json",
        "render_github",
        "render_json",
        "render_text",
    ]
    assert all(hasattr(ackord.schema, name) for name in ackord.schema.__all__)
