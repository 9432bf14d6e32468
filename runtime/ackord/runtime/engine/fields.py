"""The syntax of header fields (RFC 9110, 5.1, 5.5 and 5.6.2)."""

from __future__ import annotations

import re
from typing import Final

_CHARACTER: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
TOKEN: Final = re.compile(f"{_CHARACTER}+")
"""The name of a header, of a cookie, and others."""
TOKENS: Final = re.compile(rf"{_CHARACTER}+(?:[\t ]*,[\t ]*{_CHARACTER}+)*")
"""A list of tokens."""
VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""The value of a header: no control characters, so that the next header can't begin in it."""
