"""The configuration of a project: ``ackord.toml``, or ``[tool.ackord]`` of ``pyproject.toml``.

It is looked for in the current directory, then in each directory above. Paths in it count from the
directory that it is in.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

_Text = Annotated[str, Field(min_length=1)]
_FILES: Final = ("ackord.toml", "pyproject.toml")
_WORDS: Final = {
    "extra_forbidden": "there is no such setting",
    "missing": "this is missing",
    "model_type": "expected a table",
    "string_too_short": "this is empty",
    "string_type": "expected text",
    "too_short": "this is empty",
    "tuple_type": "expected a list",
}
"""pydantic's types of errors, in words of TOML."""


class ConfigurationError(Exception):
    """The configuration can't be used; the message names the file and the place."""


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


class Settings(_Table):
    """What the file says."""

    contracts: tuple[ContractTable, ...] = ()
    breaking: BreakingTable = BreakingTable()


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration, and the file that it is in."""

    file: Path
    settings: Settings

    def path(self, written: str) -> Path:
        """Return a path of the configuration as the current directory sees it."""
        return shown(self.file.parent / written)


def find_configuration() -> Configuration | None:
    """Return the configuration of the project that the current directory belongs to.

    Raises:
        ConfigurationError: The file can't be read, or something in it isn't as it must be.
    """
    for file in possible_files():
        table = _read(file)
        if table is not None:
            return Configuration(file, _check(file, table))
    return None


def possible_files() -> list[Path]:
    """Return where a configuration may be, the nearest first."""
    here = Path.cwd()
    return [directory / name for directory in (here, *here.parents) for name in _FILES]


def shown(path: Path) -> Path:
    """Return a path as the current directory sees it, if that is shorter."""
    try:
        return min(Path(os.path.relpath(path)), path, key=lambda each: len(str(each)))
    except ValueError:  # on another drive
        return path


def _read(file: Path) -> Any:
    """Return the table of ackord in a file; `None` without one."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        if file.name == "pyproject.toml" and not isinstance(error, tomllib.TOMLDecodeError):
            return None
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"{shown(file)} can't be read: {reason}") from error
    if file.name == "ackord.toml":
        return table
    tool: Any = table.get("tool")
    is_table = isinstance(tool, dict)
    return cast("dict[str, Any]", tool).get("ackord") if is_table else None


def _check(file: Path, table: Any) -> Settings:
    where = "" if file.name == "ackord.toml" else "tool.ackord"
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A list none of whose items is valid counts as empty, too.
        within = {found["loc"][:end] for found in errors for end in range(len(found["loc"]))}
        problems = [_describe(where, found) for found in errors if found["loc"] not in within]
        raise ConfigurationError(f"{shown(file)}: {'; '.join(problems)}") from error
    outs = [output.out for contract in settings.contracts for output in contract.targets]
    twice = next((out for out in outs if outs.count(out) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"{shown(file)}: two targets have the directory {twice!r}")
    return settings


def _describe(where: str, problem: Mapping[str, Any]) -> str:
    path = where
    for part in problem["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return f"{path or 'the file'}: {_WORDS.get(problem['type'], problem['msg'])}"
