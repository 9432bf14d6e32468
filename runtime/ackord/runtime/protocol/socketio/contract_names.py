"""How two sides tell one another which contract they were generated from.

A generated client adds ``ackord=<name>@<version>`` to the query string of the handshake, once for
each contract. A server that serves a namespace by a contract of the same name adds the member
``ackord`` with its own version to the payload of CONNECT. Peers that know nothing of contracts
ignore the parameter, and are never sent the member.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from typing_extensions import override

PARAMETER: Final = "ackord"
"""The name of the parameter in the query string, and of the member in the payload of CONNECT."""
MAX_ANNOUNCED: Final = 20
"""Contracts of one client that are read; a server ignores the rest."""

_NUMBER: Final = "(?:0|[1-9][0-9]{0,9})"
_FORM: Final = re.compile(rf"([a-z][a-z0-9_]{{0,99}})@({_NUMBER}\.{_NUMBER}\.{_NUMBER})")
"""What a schema file may call a contract, and its version."""


@dataclass(frozen=True, slots=True)
class ContractName:
    """A contract's name and version."""

    name: str
    version: str
    """Three numbers, ``major.minor.patch``."""

    @property
    def major(self) -> int:
        """The first number of the version: another one means that clients may have to change."""
        return int(self.version.partition(".")[0])

    @override
    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def parse_contract_name(text: object) -> ContractName | None:
    """Read ``<name>@<version>``; return `None` for anything else."""
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else ContractName(found[1], found[2])


def read_announced(url: str) -> Mapping[str, ContractName]:
    """Return the contracts that the query string of a URL names, by name.

    What isn't ``<name>@<version>`` is ignored. Of several versions of one contract the last one
    counts, as of any repeated parameter.
    """
    if f"{PARAMETER}=" not in url:
        return {}
    announced: dict[str, ContractName] = {}
    for pair in url.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        contract = parse_contract_name(unquote_plus(value)) if name == PARAMETER else None
        if contract is not None and (contract.name in announced or len(announced) < MAX_ANNOUNCED):
            announced[contract.name] = contract
    return announced
