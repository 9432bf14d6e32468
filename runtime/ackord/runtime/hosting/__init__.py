"""Hosts for a server: any ASGI server, or uvicorn with the right settings.

`configure` makes a `Host`, a uvicorn that serves an application the direct way. Both need the extra
``ackord[server]``, and are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ackord.runtime.lazy import lazy

if TYPE_CHECKING:
    from ackord.runtime.hosting.uvicorn.host import Host
    from ackord.runtime.hosting.uvicorn.serve import configure

__all__ = ["Host", "configure"]

__getattr__ = lazy(__name__, **{"uvicorn.host": ("Host",), "uvicorn.serve": ("configure",)})
