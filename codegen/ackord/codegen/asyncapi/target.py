"""The AsyncAPI target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from ackord.codegen.asyncapi.document import describe
from ackord.codegen.plan import Plan
from ackord.codegen.target import Options
from ackord.codegen.wire.description import Description
from typing_extensions import override


class AsyncApiTarget(Description):
    """One file, ``asyncapi.json``; it says itself what of the contract it can't express."""

    name: ClassVar[str] = "asyncapi"

    @override
    def generate(self, plan: Plan, options: Options) -> Mapping[str, str]:
        return {"asyncapi.json": json.dumps(describe(plan), indent=2, ensure_ascii=False) + "\n"}
