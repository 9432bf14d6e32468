"""Negative numbers as arguments on the command line, which click takes for options."""

from __future__ import annotations

import re
from typing import Final

import click
from typing_extensions import override

_NUMBER: Final = re.compile(r"-\.?[0-9][0-9.eE+-]*")
_BLANK: Final = " "
"""Stands before a number, so that it doesn't begin like an option; in JSON it means nothing."""


class NumbersCommand(click.Command):
    """A command with arguments such as ``-5``; none of its options is a number."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        shown = [_BLANK + each if _NUMBER.fullmatch(each) else each for each in args[:end]]
        return super().parse_args(ctx, shown + args[end:])


def without_blank(_: click.Context, __: click.Parameter, text: str) -> str:
    """Return an argument that isn't JSON as it was given; a callback of click."""
    bare = text.removeprefix(_BLANK)
    return bare if _NUMBER.fullmatch(bare) else text
