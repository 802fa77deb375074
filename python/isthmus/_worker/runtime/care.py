"""How many records of a batch enter the chain at a time: one by one, as long as the next one may be a slow one.

What a fast record made must not wait for a slow record behind it; how slow the next one will be, nobody knows.

  C1. Records go one by one when a task begins, and again behind one that has lasted: so many of them, then twice as many
      each time.
"""

from __future__ import annotations

from .feed import Feed

#: Records made between two looks at the clock and at the outputs' credit.
CHUNK = 2048
#: Records that go through the slot one by one.
CAREFUL = 128


class Care:
    __slots__ = ("_left", "stride")

    def __init__(self) -> None:
        self._left = CAREFUL
        #: Records that may enter at a time; ``CHUNK`` and more: all there are.
        self.stride = 1

    @property
    def is_unproven(self) -> bool:
        """Whether the next record may be a slow one, as far as anybody knows."""
        return self._left > 0

    @property
    def in_steps(self) -> bool:
        """Whether the rest of the slot has its turn before the next records."""
        return self.stride < CHUNK

    def passed(self, feed: Feed, taken: int) -> None:
        """So many records have gone through."""
        if feed.cut or feed.lasted:
            self._left, self.stride = CAREFUL, 1  # C1
        elif self._left > 0:
            self._left -= taken
        elif self.stride < CHUNK:
            self.stride *= 2
