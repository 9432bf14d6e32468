"""Names that a generated package can't have, because it couldn't be imported, or would hide another
package.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path
from typing import Final

from ackord.codegen.installed import noted
from ackord.schema import Contract
from ackord.schema.model import PythonType

_ALWAYS: Final = frozenset(
    {
        "ackord_speedups",
        "annotated_types",
        "pydantic",
        "pydantic_core",
        "typing_extensions",
        "typing_inspection",
    }
)
"""The packages that generated code imports, directly or not; refused even if the metadata of
distributions is missing.
"""


def name_problem(name: str) -> str | None:
    """Return why no package can have a name, for any contract."""
    message = f"{name!r} can't be the name of a package, as the last part of DIR must be"
    normal = unicodedata.normalize("NFKC", name)  # as Python normalizes the name in an import
    if (
        not name.isidentifier()
        or iskeyword(name)
        or normal != name
        or re.fullmatch(r"__.*__", name)
        or name == "ackord"
    ):
        better = re.sub(r"\W", "_", normal)
        return message + (
            f"; {better!r} would do." if better != name and better.isidentifier() else "."
        )
    hint = f"{f'{name}_contract'!r} would do"
    if name in sys.stdlib_module_names:
        return f"{message}: it would hide the module {name!r} of the standard library; {hint}."
    if name in _ALWAYS or _is_dependency(name):
        return f"{message}: it would hide the package {name!r}, which ackord needs; {hint}."
    return None


def hidden_type(name: str, contract: Contract) -> str | None:
    """Return the ``python:`` type of a contract that a package of this name would hide."""
    paths = (declared.path for declared in contract.types if isinstance(declared, PythonType))
    hidden = next((path for path in paths if path.partition(".")[0] == name), None)
    return (
        None
        if hidden is None
        else f"a package named {name!r} would hide the module of {hidden}, which the contract uses."
    )


def _is_dependency(module: str) -> bool:
    """Return whether a module belongs to a dependency of ackord, direct or not, extras included, as
    far as installed.
    """
    if _normal(module) in _requirements("ackord", extras=True):
        return True  # ackord may be installed where the generated code runs
    found = find_spec(module)
    if found is None or not _is_installed(found):
        return False  # so not every distribution is searched
    from importlib.metadata import packages_distributions  # noqa: PLC0415 - takes long

    owners = {_normal(owner) for owner in packages_distributions().get(module, ())}
    pending = [_normal("ackord")]
    for name in pending:  # the list grows meanwhile
        pending.extend(
            required
            for required in _requirements(name, extras=name == "ackord")
            if required not in pending
        )
    return not owners.isdisjoint(pending)


def _is_installed(module: ModuleSpec) -> bool:
    """Return whether a module lies beside the metadata of distributions: one that lies elsewhere
    belongs to the project, such as the package that was generated before.
    """
    places = list(module.submodule_search_locations or ())
    if not places and module.origin is not None and module.has_location:
        places.append(module.origin)
    return any(True for place in places for _ in Path(place).parent.glob("*.*-info"))


def _requirements(name: str, *, extras: bool) -> Iterable[str]:
    lines = _own_requirements() if name == "ackord" else _requirements_of(name)
    wanted = (line for line in lines if extras or "extra ==" not in line)
    return [_normal(match[0]) for line in wanted if (match := re.match(r"[A-Za-z0-9._-]+", line))]


def _own_requirements() -> Iterable[str]:
    content = noted("METADATA")
    if content is None:
        return _requirements_of("ackord")
    return re.findall(r"^Requires-Dist: (.+)", content.partition("\n\n")[0], re.MULTILINE)


def _requirements_of(name: str) -> Iterable[str]:
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - takes long

    try:
        return distribution(name).requires or ()
    except PackageNotFoundError:
        return ()


def _normal(name: str) -> str:
    """Normalize the name of a distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
