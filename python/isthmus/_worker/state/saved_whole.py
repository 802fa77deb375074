"""Tables that are saved as a whole when they have changed: lists, values of the subtask, broadcast maps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..._values.isolate import dumps, is_immutable
from .chunks import NO_GROUP, PICKLE, WHOLE, Chunk, changes, whole
from .frozen import Address
from .tables import Table

#: Entries of a chunk, of what need not be encoded at once.
_AT_ONCE = 1_024


class SavedWhole:
    """Knows by their hashes what of them is in the base."""

    def __init__(self) -> None:
        self._hashes: dict[int, dict[Address, bytes]] = {}

    def encoded(
        self, checkpoint: int, base: int | None, address: Address, table: Table
    ) -> Iterator[Chunk | None]:
        """The chunks of a table as it is now; what functions may change in place is encoded at once."""
        entries = list(table.entries())
        if is_immutable(entries):
            return self._unless_known(checkpoint, base, address, _pieces(address, entries))
        data = dumps(entries)
        chunk = Chunk(*address, PICKLE, NO_GROUP, WHOLE, data)
        return self._unless_known(checkpoint, base, address, iter((chunk,)))

    def _unless_known(
        self, checkpoint: int, base: int | None, address: Address, pieces: Iterator[Chunk]
    ) -> Iterator[Chunk | None]:
        made: list[Chunk] = []
        import hashlib  # Many workers keep nothing.

        digest = hashlib.blake2b(digest_size=16)
        for chunk in pieces:
            made.append(chunk)
            digest.update(chunk.data)
            yield None
        found = digest.digest() if made else b""
        self._hashes.setdefault(checkpoint, {})[address] = found
        if base is None:
            yield from made
        elif found != self._hashes.get(base, {}).get(address, b""):
            yield from made or [whole(*address, NO_GROUP, [])]

    def completed(self, checkpoint: int) -> None:
        """What is older is of no use any more."""
        self._hashes = {one: hashes for one, hashes in self._hashes.items() if one >= checkpoint}


def _pieces(address: Address, entries: list[Any]) -> Iterator[Chunk]:
    for start in range(0, len(entries), _AT_ONCE):
        some = entries[start : start + _AT_ONCE]
        if start:
            yield changes(*address, NO_GROUP, [], some)
        else:
            yield whole(*address, NO_GROUP, some)
