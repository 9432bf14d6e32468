"""The options of the explorer."""

from __future__ import annotations

from dataclasses import dataclass

from ackord.runtime.errors import UsageError
from ackord.runtime.option_values import check_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """Serve the explorer, a page to read and try the contracts of a server.

    It shows everything that the contracts say to everyone who can open it: serve it where that is
    right, or behind the application's own authentication (`Server.explorer_app`).

    Raises:
        UsageError: a value can't work.
    """

    path: str = "/explorer"
    """Where the page is."""
    read_only: bool = False
    """Whether the page connects and listens, but sends no events. It is the page that keeps to it,
    not the server: this is no protection against anybody.
    """

    def __post_init__(self) -> None:
        """Check the values."""
        check_values({"path": self.path, "read_only": self.read_only}, Explorer)
        if not self.path.startswith("/") or not self.path.strip("/") or set(self.path) & set("?#"):
            raise UsageError(f"the explorer's path must look like '/explorer', not {self.path!r}")


def explorer_options(explorer: bool | str | Explorer) -> Explorer | None:
    """Return the options that an application gave: whether, where, or all of them; `None` for no
    explorer.

    Raises:
        UsageError: a value can't work.
    """
    if isinstance(explorer, str):
        return Explorer(path=explorer)
    if isinstance(explorer, bool):
        return Explorer() if explorer else None
    return explorer
