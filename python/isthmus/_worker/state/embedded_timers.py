"""Timers of one domain on disk: rows in order of time, then of registration. They fire as those of ``TimerQueue`` do.

D1. A timer is a row by (time, sequence); a key has one at a time.
D2. The earliest are read a page at a time. Those that have fired leave the file together: until then ``_fired`` says how far.
D3. Before timers change up to the end of the page at hand, those that have fired leave; the page is read anew.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

from ..._values.isolate import dumps
from .embedded import PAGE_ROWS, EmbeddedStore, stored_key

_UNKNOWN: Any = object()


class EmbeddedTimers:
    """Of one domain; see ``TimerQueue``.

    Args:
        touch_key: Told of the key of a timer before it fires.
        touch: Told of a timer before it comes or goes; None where nobody is.
    """

    def __init__(
        self,
        store: EmbeddedStore,
        touch_key: Callable[[Any], None],
        touch: Callable[[int, Any], None] | None = None,
    ) -> None:
        self._store = store
        self._touch_key = touch_key
        self._touch = touch
        #: Made with the first timer: most operators have none.
        self._name: str | None = None
        self._sequence = 0
        #: Of the earliest.
        self._next: int | None = None
        #: Time of the last timer of the page that fires, and of the one that has fired last.
        self._page_end: int | None = None
        self._fired: tuple[int, int] | None = None
        self._stale = False

    def register(self, time: int, key: Any) -> None:
        if self._name is None:
            self._create()
        if self._page_end is not None and time <= self._page_end:
            self._read_anew()  # D3
        if self._touch is not None:
            self._touch(time, key)
        self._sequence += 1
        self._store.write(self._insert, (time, self._sequence, stored_key(key), dumps(key)))  # D1
        if self._next is not _UNKNOWN and (self._next is None or time < self._next):
            self._next = time

    def delete(self, time: int, key: Any) -> None:
        if self._name is None:
            return
        if self._page_end is not None and time <= self._page_end:
            self._read_anew()  # D3
        if self._touch is not None:
            self._touch(time, key)
        self._store.write(self._delete, (time, stored_key(key)))
        if time == self._next:
            self._next = _UNKNOWN

    def next_time(self) -> int | None:
        """When the earliest timer is due."""
        if self._next is _UNKNOWN:
            self._forget()
            self._next = self._store.execute(f"SELECT min(time) FROM {self._name}").fetchone()[0]
        return self._next

    def due(self, now: int) -> Iterator[tuple[int, Any]]:
        """Takes away and gives, one by one, the timers up to ``now``."""
        if self._next is None or (self._next is not _UNKNOWN and self._next > now):
            return
        while page := self._store.execute(self._earliest, (now,)).fetchall():
            self._stale = False
            self._page_end = page[-1][0]
            for time, sequence, key in page:
                firing = pickle.loads(key)
                if self._touch is not None:
                    self._touch(time, firing)
                self._fired = (time, sequence)
                self._next = _UNKNOWN
                self._touch_key(firing)
                yield time, firing
                if self._stale:
                    break
            self._forget()
        self._page_end = None

    def has(self, time: int, key: Any) -> bool:
        if self._name is None:
            return False
        self._forget()
        return self._store.execute(self._one, (time, stored_key(key))).fetchone() is not None

    def items(self) -> Iterator[tuple[int, Any]]:
        """All there are; goes on while timers come and go that ``touch`` is told of."""
        if self._name is None:
            return
        self._forget()
        at = (-(2**63), 0)
        while page := self._store.execute(self._after, at).fetchall():
            at = page[-1][:2]
            for time, _, key in page:
                yield time, pickle.loads(key)

    def __len__(self) -> int:
        return sum(1 for _ in self.items())

    def _create(self) -> None:
        name = self._name = self._store.name_table()
        self._store.execute(
            f"CREATE TABLE {name} (time INTEGER NOT NULL, sequence INTEGER NOT NULL, k BLOB NOT NULL, "
            "key BLOB NOT NULL, PRIMARY KEY (time, sequence), UNIQUE (time, k)) WITHOUT ROWID"
        )
        self._insert = f"INSERT OR IGNORE INTO {name} VALUES (?, ?, ?, ?)"
        self._delete = f"DELETE FROM {name} WHERE time = ? AND k = ?"
        rows = f"SELECT time, sequence, key FROM {name} WHERE"
        in_order = f"ORDER BY time, sequence LIMIT {PAGE_ROWS}"
        self._one = f"{rows} time = ? AND k = ?"
        self._earliest = f"{rows} time <= ? {in_order}"
        self._after = f"{rows} (time, sequence) > (?, ?) {in_order}"
        self._delete_fired = f"DELETE FROM {name} WHERE (time, sequence) <= (?, ?)"

    def _read_anew(self) -> None:
        self._forget()
        self._stale = True

    def _forget(self) -> None:
        """Those that have fired leave the file (D2)."""
        if self._fired is not None:
            self._store.write(self._delete_fired, self._fired)
            self._fired = None
