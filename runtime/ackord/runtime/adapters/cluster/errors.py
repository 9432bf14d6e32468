"""What can be wrong with a message of another server."""

from __future__ import annotations

from ackord.runtime.errors import PeerError


class InvalidMessageError(PeerError):
    """A message of another server isn't one of the cluster's protocol."""
