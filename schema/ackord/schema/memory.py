"""What is kept between two loads of one contract, for editors."""

from __future__ import annotations

from collections.abc import Iterable

from ackord.schema.yaml.blocks import Blocks


class Memory:
    """What is kept of a contract's files, so that loading them again takes less time.

    A later load with the same memory moves the places in the documents of earlier results.
    """

    def __init__(self) -> None:
        self._blocks: dict[str, Blocks] = {}

    def blocks(self, file: str) -> Blocks:
        """Return the blocks of a file."""
        return self._blocks.setdefault(file, Blocks())

    def keep(self, files: Iterable[str]) -> None:
        """Forget all other files."""
        self._blocks = {file: self._blocks[file] for file in files if file in self._blocks}
