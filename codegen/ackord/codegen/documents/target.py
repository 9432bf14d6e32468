"""The target of documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any, ClassVar, Final

from ackord.codegen.documentation import words
from ackord.codegen.documents.markdown import cell, fenced, inline
from ackord.codegen.documents.views import Views
from ackord.codegen.errors import Problem
from ackord.codegen.plan import Plan
from ackord.codegen.target import NameKind, Options
from ackord.codegen.templates import template_environment
from ackord.schema import Contract

_PACKAGE: Final = "ackord.codegen.documents"
_BLANK: Final = re.compile(r"\n{3,}")


class DocumentsTarget:
    """One page, ``index.html``, and the same in Markdown, ``index.md``."""

    name: ClassVar[str] = "docs"
    options: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})

    @property
    def reserved_names(self) -> Mapping[NameKind, AbstractSet[str]]:
        """See `ackord.codegen.target.Target.reserved_names`: no name is one of a language."""
        return MappingProxyType({})

    def problems(self, plan: Plan) -> tuple[Problem, ...]:  # noqa: ARG002
        """See `ackord.codegen.target.Target.problems`: everything can be shown."""
        return ()

    def directory_problem(self, name: str, contract: Contract) -> str | None:  # noqa: ARG002
        """See `ackord.codegen.target.Target.directory_problem`: every name is one."""
        return None

    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
        """See `ackord.codegen.target.Target.generate`."""
        views = Views(plan)
        shown = {
            "contract": plan.contract,
            "source": options.source,
            "namespaces": list(views.namespaces()),
            "sections": [
                ("Types", list(views.types())),
                ("Errors", list(views.errors())),
                ("Rooms", list(views.rooms())),
            ],
        }
        return {
            "index.html": _render(
                "index.html.jinja", {"paragraphs": _paragraphs}, shown, html=True
            ),
            "index.md": _render(
                "index.md.jinja",
                {"words": words, "cell": cell, "fenced": fenced, "inline": inline},
                shown,
                html=False,
            ),
        }


def _render(
    template: str, filters: Mapping[str, Any], shown: Mapping[str, Any], *, html: bool
) -> str:
    environment = template_environment(_PACKAGE, filters, html=html)
    return _BLANK.sub("\n\n", environment.get_template(template).render(**shown))


def _paragraphs(about: Any) -> Sequence[str]:
    return (words(about) or "").split("\n\n") if words(about) else ()
