"""The command line: finds its verbs, and has two of its own, each in a file.

Verbs are entry points of the group ``ackord.verbs``, so that each part of Ackord, and any other
distribution, adds its own: the name is the verb, the object a `typer.Typer` with one command, made
with ``add_completion=False``. Modules of verbs import at their top what ``--help`` needs, and
everything else inside the command, so that the command line starts fast.
"""
