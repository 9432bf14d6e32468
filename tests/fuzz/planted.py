"""A mistake on purpose, for the test of the fuzzer: blind chance doesn't find it in a minute, and
coverage does in a moment.
"""

from __future__ import annotations


def planted(data: bytes) -> None:
    if data[:1] == b"b":
        _begin(data[1:])


def _begin(data: bytes) -> None:
    if data[:1] == b"u":
        _end(data[1:])


def _end(data: bytes) -> None:
    if data[:1] == b"g":
        raise RuntimeError("found")
