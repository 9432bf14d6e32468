"""Makes the files of a new project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from ackord.codegen.casing import camel
from ackord.codegen.templates import template_environment

PACKAGE: Final = "contract"
"""The directory of the generated package."""


def project_files(name: str, *, has_pyproject: bool) -> Mapping[PurePosixPath, str]:
    """Return the hand-written files of a project by their paths, the schema file first.

    Args:
        name: The contract's name.
        has_pyproject: Whether the project has a ``pyproject.toml`` already; its configuration is in
            a file of its own then.
    """
    environment = template_environment("ackord.codegen.new_project", {})
    configuration = "ackord.toml" if has_pyproject else "pyproject.toml"
    templates = {
        f"{name}.yaml": "schema.yaml",
        "server.py": "server.py",
        "client.py": "client.py",
        "test_server.py": "test_server.py",
        configuration: configuration,
        "README.md": "README.md",
        ".gitignore": "gitignore",
    }
    return {
        PurePosixPath(path): environment.get_template(f"{template}.jinja").render(
            name=name, camel=camel(name)
        )
        for path, template in templates.items()
    }
