"""Writes the pages of rules in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from typing import Final

from ackord.schema.analysis.python_types import UNKNOWN, load_json_schemas
from ackord.schema.compatibility import rules as compatibility
from ackord.schema.compatibility.compare import compare
from ackord.schema.compatibility.report import Located, write_path
from ackord.schema.compatibility.report import render_text as render_findings
from ackord.schema.diagnostics.render import render_text
from ackord.schema.diagnostics.rules import RULES, Rule
from ackord.schema.explanations.page import Change, read_change, read_page
from ackord.schema.lint.settings import LintSettings
from ackord.schema.load import load_bytes, load_old_bytes
from ackord.schema.model import Contract
from ackord.schema.resolve.places import Places
from ackord.schema.resolve.types import PythonTypes

EXAMPLE_FILE: Final = "demo.yaml"
"""The name of the examples in their output."""
EXAMPLE_LINT: Final = LintSettings(reserved_names={"Python": {"argument": {"from", "timeout"}}})
"""What the examples are checked with."""


def titles() -> Mapping[str, str]:
    """Return the title of each rule by its code: those of schema files, then those of `ackord
    breaking`.
    """
    return {code: rule.title for code, rule in RULES.items()} | {
        code: _sentence(rule.change) for code, rule in compatibility.RULES.items()
    }


def explain(code: str) -> str | None:
    """Return the page of a rule; `None` if there is no such rule."""
    if code in RULES:
        return _page(RULES[code])
    if code in compatibility.RULES:
        return _change(compatibility.RULES[code])
    return None


def _page(rule: Rule) -> str:
    page = read_page(rule.code)
    parts = [
        f"## {rule.code}",
        f"**{rule.title}** ({rule.severity}, {rule.category}). {rule.explanation}",
        page.why,
    ]
    if page.wrong is not None:
        parts += [
            "Wrong:",
            _fenced("yaml", page.wrong),
            _fenced("text", output_of(page.wrong)),
        ]
    if page.right is not None:
        parts += ["Right:", _fenced("yaml", page.right)]
    return "\n\n".join(parts) + "\n"


def output_of(schema: str) -> str:
    """Return what is reported about a schema file that imports no others."""
    result = load_bytes(schema.encode(), EXAMPLE_FILE, NoFiles(), lint=EXAMPLE_LINT)
    return render_text(result.diagnostics, result.sources)


def findings_of(change: Change, *, imports: bool = True) -> list[Located]:
    """Return what `ackord breaking` finds in an example; without `imports` as in an old schema
    file, whose classes aren't known.
    """
    before, old = _example(change.before, load_json_schemas if imports else lambda _: UNKNOWN)
    after, new = _example(change.after, load_json_schemas)
    return [
        Located(
            finding,
            new.find(finding.at.new),
            f"main:{EXAMPLE_FILE}:{old.find(finding.at.old).range.line}",
        )
        for finding in compare(before, after)
    ]


def _example(text: str, python_types: PythonTypes) -> tuple[Contract, Places]:
    result = load_old_bytes(text.encode(), EXAMPLE_FILE, NoFiles(), python_types)
    if result.contract is None:
        raise ValueError(render_text(result.diagnostics, result.sources))
    return result.contract, Places(result.files.values(), result.contract)


class NoFiles:
    """A place without files: examples import nothing from the disk."""

    def identity(self, file: str) -> str:
        """See `ackord.schema.files.Files.identity`."""
        return file

    def read(self, file: str, limit: int) -> bytes:
        """See `ackord.schema.files.Files.read`."""
        raise FileNotFoundError(2, "No such file or directory", file[:limit])


_CHANGE: Final = """\
## {code}

**{title}** (`ackord breaking`: {level}, {category}). {text}

{meaning}

```diff
{difference}
```

```text
{output}
```

{advice}

A change that is meant is ignored by its rule and path, with the reason, in `pyproject.toml`:

```toml
[[tool.ackord.breaking.ignore]]
rule = "{code}"
path = "{path}"
reason = "why nobody is broken"
```
"""
_OF_OLD_FILES: Final = "PYTHON_TYPE_UNKNOWN"
"""The rule that schema files of earlier versions break."""
_MEANINGS: Final[Mapping[compatibility.Category, str]] = {
    "wire": "One side refuses what the other sends.",
    "behavior": "Values arrive, and mean or do something else.",
    "source": "Only names in generated code change: the next build shows where.",
}


def _change(rule: compatibility.Rule) -> str:
    change = read_change(rule.id, is_break=rule.level == "error")
    difference = unified_diff(change.before.splitlines(), change.after.splitlines(), n=100)
    found = findings_of(change, imports=rule.id != _OF_OLD_FILES)
    return _CHANGE.format(
        difference="\n".join(list(difference)[3:]),  # without the names of files
        output=render_findings(found).rstrip(),
        path=write_path(found[0].finding.path),
        advice=change.advice,
        code=rule.id,
        title=_sentence(rule.change),
        level="a warning" if rule.level == "warning" else "an error where it breaks somebody",
        category=rule.category,
        text=rule.text,
        meaning=_MEANINGS[rule.category],
    )


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
