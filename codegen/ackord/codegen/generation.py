"""Generates the files of a package from a contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ackord.codegen.errors import NotSupportedError
from ackord.codegen.languages import DEFAULT
from ackord.codegen.planning import plan_contract
from ackord.codegen.target import Options
from ackord.codegen.targets import check_options, find_target
from ackord.schema import Contract, dump_contract
from ackord.schema.collector import paused_collector


def generate(
    contract: Contract,
    *,
    source: str,
    target: str = DEFAULT,
    options: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, str]:
    """Return the text of each file of a contract's package, by its name.

    Args:
        contract: The contract.
        source: Name of the schema file, without its directory, so that the result is the same
            everywhere.
        target: Name of the target.
        options: Values of the target's own options, by their names.

    Raises:
        NotSupportedError: the contract has features that can't be generated.
        UnknownTargetError: no target has this name, or it has no such option.
    """
    chosen = find_target(target)
    check_options(chosen, options)
    with paused_collector():
        plan = plan_contract(contract)
        problems = chosen.problems(plan)
        if problems:
            raise NotSupportedError(problems)
        files = chosen.generate(plan, Options(source=Path(source).name, chosen=options))
        return {**files, "contract.json": dump_contract(contract)}
