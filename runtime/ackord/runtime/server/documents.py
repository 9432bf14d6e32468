"""The contracts of a server's typed namespaces, for the explorer."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


class Documents:
    """Finds the ``contract.json`` of each generated package when it is asked for."""

    __slots__ = ("_paths",)

    def __init__(self) -> None:
        self._paths: dict[str, list[str]] = {}

    def add(self, package: str, path: str) -> None:
        """Note that a generated package has the contract of the namespace `path`; the name is empty
        where the code is in no package.
        """
        if package:
            self._paths.setdefault(package, []).append(path)

    def read(self) -> list[dict[str, Any]]:
        """Return the contracts, each with the namespaces that the server has of it, and with the
        name of its ``package``.

        A package without the file is left out.
        """
        found = [(package, _read(package), paths) for package, paths in self._paths.items()]
        return [
            {
                **contract,
                "package": package,
                "namespaces": [
                    each for each in contract.get("namespaces", ()) if each["path"] in paths
                ],
            }
            for package, contract, paths in found
            if contract is not None
        ]


def _read(package: str) -> dict[str, Any] | None:
    try:
        text = files(package).joinpath("contract.json").read_text(encoding="utf-8")
    except (FileNotFoundError, ModuleNotFoundError):
        return None
    contract: dict[str, Any] = json.loads(text)
    return contract
