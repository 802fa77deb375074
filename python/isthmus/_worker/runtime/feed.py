"""The records of one batch on their way into a chain, in C, yet stoppable and countable.

A chain of maps and filters pulls its source from C code, so nobody can look at a clock between two records. Two
properties of CPython's iterators help (both hold from 3.10 on, and tests check them):

* ``compress(it, marker)`` with ``marker = repeat(True, n)`` costs nothing measurable, and ``marker`` knows how many
  records were taken (``__length_hint__``): so the failing record is known although nothing counted.
* ``list_iterator.__setstate__(n)`` moves an iterator to its end atomically under the GIL: so another thread can end
  the batch behind the record in flight.

  F1. ``consumed`` counts records that entered the chain; the last of them is the one in flight.
  F2. After the chain ended without an exception, ``drained`` tells whether the source really ended, or a
      ``StopIteration`` of user code ended the chain in front of it (which would lose records silently).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress, repeat
from typing import Any

from .operator import Cursor
from .reach import SHARED


class Feed:
    """One pass over (the rest of) a batch."""

    __slots__ = ("_keys", "_lead", "_marker", "_size", "_values", "cut", "iterator", "lasted", "reach")

    def __init__(
        self,
        values: list[Any],
        keys: list[Any] | None,
        timestamps: list[int] | None,
        cursor: Cursor,
    ) -> None:
        self._values, self._keys = values, keys
        self._size = len(values)
        #: Set by the watchdog before it ends the batch early.
        self.cut = False
        #: Whether a call into the chain has lasted, be it as a record is slow or as there are many.
        self.lasted = False
        #: How far what the chain makes of it may be reachable by others (``reach.py``).
        self.reach = SHARED
        self._marker = repeat(True, self._size)
        records: Iterator[Any]
        if timestamps is not None:
            self._lead: Any = iter(timestamps)
            if keys is None:
                records = _follow_timestamps(cursor, zip(self._lead, values))
            else:
                records = _follow_timestamps(cursor, zip(self._lead, zip(keys, values)))
        elif keys is not None:
            self._lead = iter(keys)
            records = zip(self._lead, values)
        else:
            self._lead = iter(values)
            records = self._lead
        #: Records, or (key, record) pairs where there are keys.
        self.iterator: Iterator[Any] = compress(records, self._marker)

    @property
    def consumed(self) -> int:
        return self._size - self._marker.__length_hint__()

    @property
    def in_flight(self) -> tuple[Any, ...]:
        """The record that entered last and, where there are keys, its key; empty before the first (F1)."""
        last = self.consumed - 1
        if last < 0:
            return ()
        return (self._values[last],) if self._keys is None else (self._values[last], self._keys[last])

    @property
    def drained(self) -> bool:
        """Whether the end of the source has been reached by a pull (F2)."""
        # A list iterator forgets its list when it is pulled at the end; before that it reduces to (iter, (list,), index).
        return len(self._lead.__reduce__()) == 2

    def stop(self) -> None:
        """End the batch behind the record in flight, as it is slow; called by the watchdog's thread."""
        self.cut = True
        self.end_here()

    def end_here(self) -> None:
        """End the batch behind the record in flight."""
        self._lead.__setstate__(self._size)


def _follow_timestamps(cursor: Cursor, pairs: Iterator[tuple[int, Any]]) -> Iterator[Any]:
    for timestamp, record in pairs:
        cursor.timestamp = timestamp
        yield record
