"""What the application's functions take, whatever their annotations say."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

if sys.version_info >= (3, 14):
    from annotationlib import Format

    def signature_of(function: Callable[..., Any]) -> inspect.Signature:
        """Return a function's signature, its annotations as text.

        Python 3.14 evaluates annotations when somebody asks for them, and names that only type
        checkers import don't exist then.

        Raises:
            ValueError: It's one of the builtins that don't tell.
        """
        return inspect.signature(function, annotation_format=Format.STRING)

else:

    def signature_of(function: Callable[..., Any]) -> inspect.Signature:
        """Return a function's signature, its annotations as they were given.

        Raises:
            ValueError: It's one of the builtins that don't tell.
        """
        return inspect.signature(function)
