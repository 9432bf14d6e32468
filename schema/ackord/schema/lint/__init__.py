"""Warnings: checks of a contract that has no errors, each for one rule.

A check of one's own: a rule with the severity ``warning`` in `diagnostics/rules.py`, a file here,
and a line in `checks.py`.
"""
