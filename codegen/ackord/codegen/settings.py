"""The tables of the configuration.

Apart from finding the configuration, because most of the time that reading takes is pydantic's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from ackord.schema.diagnostics.rules import RULES, WARNINGS
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

_Text = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OutputTable(_Table):
    """What is generated from a contract: the name of the target, such as ``python``, where, and the
    target's own options.
    """

    name: _Text
    out: _Text
    options: Mapping[str, str] = Field(default_factory=dict[str, str])
    """The other settings of the table, which are options of the target itself."""

    @model_validator(mode="before")
    @classmethod
    def _collect_options(cls, table: Any) -> Any:
        if not isinstance(table, dict):
            return cast("object", table)
        settings = cast("dict[str, Any]", table)
        own = {name: settings[name] for name in ("name", "out") if name in settings}
        return {**own, "options": {name: settings[name] for name in settings.keys() - own.keys()}}


class ContractTable(_Table):
    """A schema file, and what is generated from it."""

    schema_: Annotated[str, Field(alias="schema", min_length=1)]
    targets: Annotated[tuple[OutputTable, ...], Field(min_length=1)]


class IgnoreTable(_Table):
    """Findings of `ackord breaking` that aren't reported: those of a rule, at a path of the
    contract or below it, which may have ``*`` for any text.
    """

    rule: _Text
    path: _Text
    reason: _Text


class BreakingTable(_Table):
    """The settings of `ackord breaking`."""

    ignore: tuple[IgnoreTable, ...] = ()


def _is_warning(code: str) -> str:
    if code not in WARNINGS:
        what = "the code of an error" if code in RULES else "no code of a warning"
        known = {"code": code, "what": what, "warnings": ", ".join(WARNINGS)}
        raise PydanticCustomError("code", "{code} is {what}; warnings are {warnings}", known)
    return code


class LintTable(_Table):
    """Which warnings of schema files aren't reported, by their codes."""

    ignore: tuple[Annotated[str, AfterValidator(_is_warning)], ...] = ()


class Settings(_Table):
    """What the file says."""

    contracts: tuple[ContractTable, ...] = ()
    lint: LintTable = LintTable()
    breaking: BreakingTable = BreakingTable()
