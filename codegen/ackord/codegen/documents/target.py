"""The target of documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from ackord.codegen.documentation import words
from ackord.codegen.documents.markdown import cell, fenced, inline
from ackord.codegen.documents.views import Views
from ackord.codegen.plan import Plan
from ackord.codegen.target import Options
from ackord.codegen.templates import template_environment
from ackord.codegen.wire.description import Description
from typing_extensions import override

_PACKAGE: Final = "ackord.codegen.documents"
_BLANK: Final = re.compile(r"\n{3,}")


class DocumentsTarget(Description):
    """One page, ``index.html``, and the same in Markdown, ``index.md``."""

    name: ClassVar[str] = "docs"

    @override
    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
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
