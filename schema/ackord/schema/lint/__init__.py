"""Warnings: checks of a contract that has no errors, each for one rule.

To add a check, add a rule with the severity ``warning`` to `diagnostics/rules.py`, a file here, and
a line to `checks.py`.
"""
