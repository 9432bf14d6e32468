"""The page of each rule: what is wrong, why it matters, an example with its output, and what is
right.

``pages/CODE.md`` holds what is written by hand: why the rule is there, and the two schema files.
The rest comes from the registries of rules, and the output from loading the wrong example, so that
a page can't say what the loader doesn't.
"""

from ackord.schema.explanations.explain import explain, titles

__all__ = ["explain", "titles"]
