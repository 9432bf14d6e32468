"""The Python target: a contract's IR becomes the files of a package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ackord.codegen.errors import NotSupportedError
from ackord.codegen.python.client_module import plan_client
from ackord.codegen.python.events_module import plan_events
from ackord.codegen.python.init_module import plan_init
from ackord.codegen.python.literals import literal
from ackord.codegen.python.naming import name_everything
from ackord.codegen.python.rendering import Header, render
from ackord.codegen.python.server_module import plan_server
from ackord.codegen.python.types_module import plan_types
from ackord.codegen.python.values import NoExpressionError
from ackord.codegen.support import unsupported
from ackord.schema.model import Contract

API: Final = (1, 0)
"""What generated code expects of the runtime: major must be the same, minor at most the runtime's.
"""


def generate_python(contract: Contract, header: Header) -> Mapping[str, str]:
    """Give the text of each Python file, by its name.

    Raises:
        NotSupportedError: where the contract holds what can't be generated.
    """
    problems = unsupported(contract)
    if problems:
        raise NotSupportedError(problems)
    names = name_everything(contract)
    guard = f"(api={API}, source={literal(header.source)})"
    try:
        parts = [
            plan(contract, names, guard)
            for plan in (plan_types, plan_events, plan_server, plan_client)
        ]
    except NoExpressionError as error:
        raise NotSupportedError((f"{error} isn't supported by this version",)) from error
    exported = [part for part in parts if part.path != "events.py"]
    modules = [plan_init(contract, exported), *parts]
    return {module.path: render(module, header) for module in modules} | {"py.typed": ""}
