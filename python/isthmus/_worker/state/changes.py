"""What of a subtask's tables may have changed since its last completed checkpoint. Twin of ``src/state/changes.ts``.

Tables are made of *units*: keys mostly, keys of a map, timers. A unit is told of before it changes, also by objects that
functions change in place, since these have been got at for the record, or the timer, that is at hand.

  D1. A unit is touched before it changes; what of it is to be encoded yet is set aside as it is now.
  D2. What a checkpoint that is never completed would have had goes into the next one.
  D3. Without checkpoints nothing is touched (``store.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeAlias

Touch: TypeAlias = Callable[[Collection[Any]], None]


class BeingEncoded(Protocol):
    """What of a table is frozen."""

    def keep(self, units: Collection[Any]) -> None:
        """These are about to change: set aside what of them is not encoded yet."""


class Changes:
    """Of tables that have their units in common."""

    def __init__(self) -> None:
        self._now: set[Any] = set()
        #: Of each checkpoint since the base, what had changed since the one before (D2).
        self._epochs: list[tuple[int, set[Any]]] = []
        self._frozen: list[tuple[int, BeingEncoded]] = []

    def touch(self, units: Collection[Any]) -> None:
        """These are about to change (D1)."""
        self._now.update(units)
        for _, frozen in self._frozen:
            frozen.keep(units)

    def seal(self, checkpoint: int) -> set[Any]:
        """All that has changed since the base, for a checkpoint that is frozen now."""
        self._epochs.append((checkpoint, self._now))
        self._now = set()
        sets = [units for _, units in self._epochs]
        return sets[0] if len(sets) == 1 else set().union(*sets)

    def encoding(self, checkpoint: int, frozen: BeingEncoded) -> None:
        """From now on ``frozen`` is told of changes."""
        self._frozen.append((checkpoint, frozen))

    def encoded(self, checkpoint: int) -> None:
        """Nothing of a checkpoint is to be encoded any more."""
        self._frozen = [one for one in self._frozen if one[0] != checkpoint]

    def completed(self, checkpoint: int) -> None:
        """A checkpoint is the base."""
        self._epochs = [epoch for epoch in self._epochs if epoch[0] > checkpoint]
