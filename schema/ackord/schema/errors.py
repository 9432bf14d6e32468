"""The exceptions of this package.

Problems of schema files are data (see the package `diagnostics`); only misuse and broken files that
a tool wrote are exceptions.

    SchemaError
    └── ContractJsonError       a contract.json can't be read
"""

from __future__ import annotations


class SchemaError(Exception):
    """Base of all errors of this package."""


class ContractJsonError(SchemaError):
    """A text isn't the JSON form of a contract."""
