"""The command line: it finds its verbs, and has some of its own, each in a file.

Verbs are entry points of the group ``ackord.verbs``, so each part of Ackord, and any other
distribution, can add some. The entry point's name is the verb, its object a `click.Command`. To
start fast, modules of verbs import only what ``--help`` needs at their top, and everything else
inside the command.
"""
