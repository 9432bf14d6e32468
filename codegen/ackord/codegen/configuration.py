"""The configuration of a project: ``ackord.toml``, or ``[tool.ackord]`` of ``pyproject.toml``.

It is looked for in the current directory, then in each directory above. Paths in it count from the
directory that it is in.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ackord.codegen.languages import DEFAULT, reserved_names
from ackord.schema import LintSettings

if TYPE_CHECKING:
    from ackord.codegen.settings import OutputTable, Settings

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


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration, and the file that it is in."""

    file: Path
    settings: Settings

    def path(self, written: str) -> Path:
        """Return a path of the configuration as the current directory sees it."""
        return shown(self.file.parent / written)

    def targets_of(self, schema: Path) -> list[str]:
        """Return the names of the targets of a schema file."""
        return [output.name for output in self._outputs_of(schema)]

    def outs_of(self, schema: Path) -> list[Path]:
        """Return the directories of the packages of a schema file."""
        return [self.path(output.out) for output in self._outputs_of(schema)]

    def _outputs_of(self, schema: Path) -> list[OutputTable]:
        wanted = schema.resolve()
        return [
            output
            for contract in self.settings.contracts
            if self.path(contract.schema_).resolve() == wanted
            for output in contract.targets
        ]


def lint_settings(
    configuration: Configuration | None, schema: Path, asked: Iterable[str] = ()
) -> LintSettings:
    """Return what to warn of in a schema file: names that are reserved in the languages of its
    targets, those of the configuration and those that are asked for; Python without any.
    """
    targets = [*asked, *([] if configuration is None else configuration.targets_of(schema))]
    ignored = () if configuration is None else configuration.settings.lint.ignore
    return LintSettings(
        ignore=frozenset(ignored), reserved_names=reserved_names(targets or [DEFAULT])
    )


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
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        if file.name == "pyproject.toml":
            return None
        raise _unreadable(file, error) from error
    import tomllib  # noqa: PLC0415 - often there is nothing to read

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(file, error) from error
    if file.name == "ackord.toml":
        return table
    tool: Any = table.get("tool")
    is_table = isinstance(tool, dict)
    return cast("dict[str, Any]", tool).get("ackord") if is_table else None


def _unreadable(file: Path, error: OSError | ValueError) -> ConfigurationError:
    reason = getattr(error, "strerror", None) or str(error)
    return ConfigurationError(f"{shown(file)} can't be read: {reason}")


def _check(file: Path, table: Any) -> Settings:
    where = "" if file.name == "ackord.toml" else "tool.ackord"
    from ackord.codegen.settings import Settings  # noqa: PLC0415 - imports pydantic
    from pydantic import ValidationError  # noqa: PLC0415 - slow

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
