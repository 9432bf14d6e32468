"""What the configuration of the project says, and the schema files that it names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ackord.codegen.cli.outcome import WRONG_USAGE, fail
from ackord.codegen.configuration import Configuration, ConfigurationError, find_configuration

EXAMPLE: Final = (
    '[[tool.ackord.contracts]] with schema = "chat.yaml" and '
    'targets = [{name = "python", out = "chat"}]'
)


def find_schemas(named: Sequence[str]) -> tuple[Path, ...]:
    """Return the schema files that are named, or those of the configuration."""
    if named:
        return tuple(dict.fromkeys(map(Path, named)))
    configuration = read_configuration()
    if configuration is None or not configuration.settings.contracts:
        fail([f"name a schema file, or write in pyproject.toml: {EXAMPLE}"], WRONG_USAGE)
    contracts = configuration.settings.contracts
    return tuple(dict.fromkeys(configuration.path(contract.schema_) for contract in contracts))


def read_configuration() -> Configuration | None:
    """Return the configuration, `None` without one; ends the program if it can't be used."""
    try:
        return find_configuration()
    except ConfigurationError as error:
        fail([str(error)], WRONG_USAGE)
