"""A subtask's tables as they were at a barrier, to be encoded while the subtask goes on. Twin of ``src/state/frozen.ts``.

What is frozen is what was there at the barrier, whatever functions change while it is encoded (S4 of ``store.py``). It is
encoded in steps of about a millisecond, which whoever keeps the loop takes when there is time. An increment says on which
checkpoint it is built: the last that was completed when it was frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from .chunks import Chunk, SavedSubtask, changes, whole
from .views import View

#: Units that are encoded in a step: at first, and at the most.
_FIRST, _MOST = 256, 1_024
#: How large a chunk is to be, about.
_CHUNK_BYTES = 64 << 10

Address = tuple[str, str, str]


class Frozen:
    """What ``SubtaskStore.freeze`` gives for one checkpoint.

    Attributes:
        checkpoint: The one it is for.
        base: The checkpoint that this is an increment of; None where it is all there is.
    """

    def __init__(
        self, checkpoint: int, base: int | None, subtask: int, parallelism: int, steps: Iterator[Chunk | None]
    ) -> None:
        self.checkpoint = checkpoint
        self.base = base
        self.subtask = subtask
        self.parallelism = parallelism
        self._steps = steps

    def steps(self) -> Iterator[Chunk | None]:
        """The chunks, in their order; None after a step that has made none yet. To be gone through once."""
        return self._steps

    def saved(self) -> SavedSubtask:
        """All of it, at once."""
        chunks = [chunk for chunk in self._steps if chunk is not None]
        return SavedSubtask(self.subtask, self.parallelism, chunks)


def encoded(
    address: Address, view: View, group_of: Callable[[Any], int], increment: bool, removes: bool
) -> Iterator[Chunk | None]:
    """The chunks of a table, by key group, in steps.

    Args:
        removes: Whether there was anything in the base that may be gone.
    """
    by_group: dict[int, list[Any]] = {}
    key_of = view.key_of
    for listed in view.units():
        for unit in listed:
            by_group.setdefault(group_of(key_of(unit)), []).append(unit)
        yield None
    at_once = _FIRST
    for group, units in by_group.items():
        begins = not increment
        rest = view.spread(units)
        while some := list(islice(rest, at_once)):
            removed, entries = view.take(some)
            if not removes:
                removed = []
            if not removed and not entries:
                yield None
                continue
            if begins:
                chunk = whole(*address, group, entries)
                begins = False  # C5 of chunks.py
            else:
                chunk = changes(*address, group, removed, entries)
            if len(chunk.data) > _CHUNK_BYTES:
                at_once = max(1, at_once // 2)
            elif len(some) == at_once and len(chunk.data) < _CHUNK_BYTES // 2:
                at_once = min(_MOST, 2 * at_once)
            yield chunk
