"""Signatures of the application's functions, also if their annotations can't be evaluated."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

if sys.version_info >= (3, 14):
    from annotationlib import Format

    def signature_of(function: Callable[..., Any]) -> inspect.Signature:
        """Return a function's signature with annotations as text.

        Python 3.14 evaluates annotations on access, and names that are imported for type checkers
        only don't exist then.

        Raises:
            ValueError: It's one of the builtins that don't tell.
        """
        return inspect.signature(function, annotation_format=Format.STRING)

else:

    def signature_of(function: Callable[..., Any]) -> inspect.Signature:
        """Return a function's signature with annotations as they were written.

        Raises:
            ValueError: It's one of the builtins that don't tell.
        """
        return inspect.signature(function)
