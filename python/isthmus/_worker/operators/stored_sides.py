"""The waiting records of a join in the embedded store. Twin of ``src/operators/stored-sides.ts``.

R1. A row is a record, by side, time and arrival; an index finds those of a key in that order.
R2. What has been looked at for its latest is not looked at again: each watermark reads the rows since the one before.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from ..._values.isolate import dumps
from ..runtime.operator import MAX_TIMESTAMP, MIN_TIMESTAMP
from ..state.changes import Changes
from ..state.embedded import PAGE_ROWS, EmbeddedStore, stored_key
from ..state.tables import Table
from ..state.views import LiveView, View
from .timed_record import TimedRecord

#: Keys that are listed in a step, when they are saved.
_LISTED = 256


class StoredSides(Table):
    """Both sides; see ``Sides``. Entries are those of the table on the heap: ``(key, side, records)``."""

    form = "namespaced"
    keyed = True
    in_order = True

    def __init__(self, store: EmbeddedStore, changes: Changes | None = None) -> None:
        self.held = self
        #: Of units ``(key, side)``; None where no checkpoints are taken.
        self.changes = changes
        self._store = store
        self._sequence = 0
        #: Side → the last row that was looked at (R2).
        self._looked = [(MIN_TIMESTAMP, 0), (MIN_TIMESTAMP, 0)]
        name = store.name_table()
        store.execute(
            f"CREATE TABLE {name} (side INTEGER NOT NULL, time INTEGER NOT NULL, sequence INTEGER NOT NULL, "
            "k BLOB NOT NULL, matched INTEGER NOT NULL, v BLOB NOT NULL, PRIMARY KEY (side, time, sequence)) "
            "WITHOUT ROWID"
        )
        store.execute(f"CREATE INDEX {name}_k ON {name} (side, k, time, sequence)")  # R1
        of_key = "WHERE side = ? AND k = ?"
        in_order = "ORDER BY time, sequence"
        self._insert = f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?)"
        self._between = f"SELECT time, matched, v FROM {name} {of_key} AND time BETWEEN ? AND ? {in_order}"
        self._meet = f"UPDATE {name} SET matched = 1 {of_key} AND time BETWEEN ? AND ? AND matched = 0"
        self._last = f"SELECT time, matched, v FROM {name} {of_key} AND time <= ? ORDER BY time DESC, sequence DESC LIMIT 1"
        self._earliest = f"SELECT time, sequence, matched, v FROM {name} WHERE side = ? AND time <= ? {in_order} LIMIT {PAGE_ROWS}"
        self._delete_taken = f"DELETE FROM {name} WHERE side = ? AND (time, sequence) <= (?, ?)"
        self._delete_until = f"DELETE FROM {name} WHERE side = ? AND time <= ?"
        self._since = (
            f"SELECT time, sequence, k FROM {name} WHERE side = ? AND (time, sequence) > (?, ?) AND time <= ? "
            f"{in_order} LIMIT {PAGE_ROWS}"
        )
        self._delete_earlier = f"DELETE FROM {name} {of_key} AND (time, sequence) < (?, ?)"
        self._of_key = f"SELECT time, matched, v FROM {name} {of_key} {in_order}"
        self._keys = f"SELECT k, v FROM {name} WHERE side = ? AND k > ? ORDER BY k, time, sequence LIMIT 1"
        self._key_of = f"SELECT v FROM {name} {of_key} LIMIT 1"
        self._delete_key = f"DELETE FROM {name} {of_key}"
        self._all = f"SELECT side, k, time, matched, v FROM {name} ORDER BY side, k, time, sequence"

    def _touch(self, side: int, key: Any) -> None:
        if self.changes is not None:
            self.changes.touch(((key, side),))

    def add(self, side: int, key: Any, record: TimedRecord) -> None:
        self._touch(side, key)
        self._sequence += 1
        row = (
            side,
            record.timestamp,
            self._sequence,
            stored_key(key),
            record.matched,
            dumps((key, record.value)),
        )
        self._store.write(self._insert, row)
        looked = self._looked[side]
        if record.timestamp <= looked[0]:
            self._looked[side] = (record.timestamp - 1, 0)

    def partners(
        self, side: int, key: Any, record: TimedRecord, first: int, last: int
    ) -> Sequence[TimedRecord]:
        span = (1 - side, stored_key(key), _in_range(first), _in_range(last))
        found = [
            TimedRecord(time, pickle.loads(v)[1], bool(matched))
            for time, matched, v in self._store.execute(self._between, span)
        ]
        if found:
            record.matched = True
            if not all(partner.matched for partner in found):
                self._touch(1 - side, key)
                self._store.write(self._meet, span)
        return found

    def latest(self, side: int, key: Any, time: int) -> TimedRecord | None:
        row = self._store.execute(self._last, (side, stored_key(key), time)).fetchone()
        return None if row is None else TimedRecord(row[0], pickle.loads(row[2])[1], bool(row[1]))

    def take(self, side: int, now: int, until: int, wanted: bool) -> Iterator[tuple[Any, list[TimedRecord]]]:
        until = _in_range(until)
        if not wanted and self.changes is None:
            self._store.write(self._delete_until, (side, until))
            return
        while page := self._store.execute(self._earliest, (side, until)).fetchall():
            if self.changes is not None:
                self.changes.touch([(pickle.loads(v)[0], side) for _, _, _, v in page])
            self._store.write(self._delete_taken, (side, *page[-1][:2]))
            if not wanted:
                continue
            for time, _, matched, v in page:
                key, value = pickle.loads(v)
                yield key, [TimedRecord(time, value, bool(matched))]

    def keep_latest(self, side: int, now: int) -> None:
        while page := self._store.execute(self._since, (side, *self._looked[side], now)).fetchall():
            self._looked[side] = page[-1][:2]
            latest = {k: (side, k, time, sequence) for time, sequence, k in page}
            if self.changes is not None:
                for k in latest:
                    (v,) = self._store.execute(self._key_of, (side, k)).fetchone()
                    self._touch(side, pickle.loads(v)[0])
            self._store.write_all(self._delete_earlier, list(latest.values()))

    def view(self, changed: set[Any] | None) -> View:
        return LiveView(self._units, changed, self._rows_of, _itself, _key_of)

    def _units(self) -> Iterator[list[Any]]:
        for side in (0, 1):
            keys = self._keys_of(side)
            while some := [(key, side) for key in islice(keys, _LISTED)]:
                yield some

    def _keys_of(self, side: int) -> Iterator[Any]:
        k = b""
        while row := self._store.execute(self._keys, (side, k)).fetchone():
            k = row[0]
            yield pickle.loads(row[1])[0]

    def _rows_of(self, unit: Any) -> list[Any]:
        key, side = unit
        rows = self._store.execute(self._of_key, (side, stored_key(key))).fetchall()
        records = [TimedRecord(time, pickle.loads(v)[1], bool(matched)) for time, matched, v in rows]
        return [(key, side, records)] if records else []

    def entries(self) -> Iterable[Any]:
        rows = self._store.execute(self._all)
        for (side, _), of_key in groupby(rows, itemgetter(0, 1)):
            key: Any = None
            records = []
            for _, _, time, matched, v in of_key:
                key, value = pickle.loads(v)
                records.append(TimedRecord(time, value, bool(matched)))
            yield key, side, records

    def remove(self, addresses: list[Any]) -> None:
        rows = [(side, stored_key(address[0])) for address in addresses for side in address[1:] or (0, 1)]
        self._store.write_all(self._delete_key, rows)

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        self.remove([entry[:2] for entry in entries])
        for key, side, records in entries:
            for record in records:
                self.add(side, key, record)


def _itself(unit: Any) -> Any:
    return unit


def _key_of(unit: Any) -> Any:
    return unit[0]


def _in_range(time: int) -> int:
    """Bounds and waits may go beyond what a time can be."""
    return max(MIN_TIMESTAMP, min(time, MAX_TIMESTAMP))
