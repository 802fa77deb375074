"""Embedded tables whose changes since the last completed checkpoint are known. Twin of ``src/state/changed-rows.ts``.

C1. What changes a row in the file notes its key, with the epoch: a freeze ends one. A key is there once, with the last.
C2. What was in the cache alone at a freeze is *unsettled*: it is written, with the epoch that has ended, before anybody gets
    at it, or when the view comes to it.
C3. While a view goes through the file, a row that it has not come to is set aside before it changes.
C4. Rows are in order of key groups.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from ..._values.isolate import dumps
from .chunks import Chunk, changes, whole
from .embedded import ABSENT, EmbeddedStore, EmbeddedTable, stored_key

#: Rows that are read, written or noted in a step of a view.
_STEP_ROWS = 200
#: How large a chunk is to be, about.
_CHUNK_BYTES = 64 << 10
#: Before the stored key (C4).
_GROUP = struct.Struct(">H")
#: After all stored keys.
_END = b"\xff" * 8

#: The stored key; the entry, if there is one; the key of one that is gone.
Row = tuple[bytes, "bytes | None", "bytes | None"]
Address = tuple[str, str, str]


class TrackedTable(EmbeddedTable):
    """Its changes have the methods of ``Changes``; epochs are numbers."""

    def __init__(self, store: EmbeddedStore, group_of: Callable[[Any], int]) -> None:
        name = store.name_table()
        super().__init__(store, name, store.cache_entries)
        self._stored = lambda key: _GROUP.pack(group_of(key)) + stored_key(key)
        self._name = name
        for kind, columns in (("changed", "epoch INTEGER NOT NULL"), ("aside", "v BLOB")):
            store.execute(
                f"CREATE TABLE {name}_{kind} (k BLOB PRIMARY KEY, {columns}, gone BLOB) WITHOUT ROWID"
            )
        self._note = f"INSERT OR REPLACE INTO {name}_changed VALUES (?, ?, ?)"
        self._epoch = 1
        #: The last epoch of the base, and of the checkpoints since.
        self._base = 0
        self._sealed: dict[int, int] = {}
        self._unsettled: set[Any] = set()
        self._view: StoredView | None = None

    # As a table.

    def get(self, key: Any, default: Any = None) -> Any:
        if self._unsettled and key in self._unsettled:
            self.settle((key,))
        return super().get(key, default)

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._unsettled and key in self._unsettled:
            self.settle((key,))
        super().__setitem__(key, value)

    def settle(self, keys: Iterable[Any]) -> None:
        """C2"""
        settled = [key for key in keys if key in self._unsettled]
        self._unsettled.difference_update(settled)
        super()._write(settled)
        self._noted(settled, self._epoch - 1)

    def settle_some(self) -> bool:
        """A step of settling all; whether there was anything."""
        some = list(islice(self._unsettled, _STEP_ROWS))
        self.settle(some)
        return bool(some)

    def _write_dirty(self, keys: Iterable[Any]) -> None:
        keys = list(keys)
        if self._unsettled:
            self.settle(keys)
        super()._write_dirty(keys)

    def _write(self, keys: list[Any]) -> None:
        if self._view is not None:
            self._view.set_aside(keys)
        super()._write(keys)
        self._noted(keys, self._epoch)

    def _noted(self, keys: list[Any], epoch: int) -> None:
        """C1"""
        cache, stored = self._cache, self._stored
        self._store.write_all(
            self._note, [(stored(key), epoch, dumps(key) if cache[key] is ABSENT else None) for key in keys]
        )

    # As its changes.

    def seal(self, checkpoint: int) -> None:
        """An epoch ends with a checkpoint."""
        if self._view is not None:
            self._view.read_on()
            self.encoded(self._view.checkpoint)
        self._sealed[checkpoint] = self._epoch
        self._epoch += 1
        self._unsettled |= self._dirty
        self._dirty = set()

    def completed(self, checkpoint: int) -> None:
        """The checkpoint is the base."""
        self._base = self._sealed.get(checkpoint, self._base)
        self._sealed = {one: epoch for one, epoch in self._sealed.items() if one > checkpoint}

    def encoded(self, checkpoint: int) -> None:
        """Nothing of a checkpoint is to be encoded any more."""
        if self._view is not None and self._view.checkpoint == checkpoint:
            self._view = None
            self._store.write(f"DELETE FROM {self._name}_aside")

    def view(self, increment: bool, alive: Callable[[Any], Any] | None = None) -> StoredView:
        """What there was when it was sealed last, or what of it had changed since the base; from now on it is told of changes.

        Args:
            alive: What of an entry is still to be kept; None where it is nothing.
        """
        base = self._base if increment else None
        checkpoint = max(self._sealed)
        self._view = StoredView(
            self, self._store, self._name, checkpoint, base, self._sealed[checkpoint], alive
        )
        return self._view

    def stored(self, keys: list[Any]) -> list[bytes]:
        return [self._stored(key) for key in keys]


class StoredView:
    """Rows of a table as they were at a freeze, or what of them had changed."""

    def __init__(
        self,
        table: TrackedTable,
        store: EmbeddedStore,
        name: str,
        checkpoint: int,
        base: int | None,
        epoch: int,
        alive: Callable[[Any], Any] | None,
    ) -> None:
        self.checkpoint = checkpoint
        self._table = table
        self._store = store
        self._base = base
        self._alive = alive
        #: The last row that it has come to.
        self._at = b""
        self._changed = f"{name}_changed"
        self._aside = f"{name}_aside"
        if base is None:
            self._rows = (
                f"SELECT k, v, NULL FROM {name} WHERE k > ? AND k NOT IN (SELECT k FROM {self._aside}) "
                f"ORDER BY k LIMIT {_STEP_ROWS}"
            )
            self._set_aside = (
                f"INSERT OR IGNORE INTO {self._aside} SELECT ?1, (SELECT v FROM {name} WHERE k = ?1), NULL"
            )
        else:
            changed = (
                f"SELECT c.k, t.v, c.gone FROM {self._changed} c LEFT JOIN {name} t ON t.k = c.k "
                f"WHERE c.epoch > {base} AND c.epoch <= {epoch} AND c.k"
            )
            self._rows = f"{changed} > ? ORDER BY c.k LIMIT {_STEP_ROWS}"
            self._set_aside = f"INSERT OR IGNORE INTO {self._aside} {changed} = ?1"
        self._steps = self._read()

    def set_aside(self, keys: list[Any]) -> None:
        """These are about to change in the file (C3)."""
        at = self._at
        self._store.write_all(self._set_aside, [(k,) for k in self._table.stored(keys) if k > at])

    def read_on(self) -> None:
        """Reads what is left at once: another checkpoint is frozen before this one is encoded."""
        self._steps = iter(list(self._steps))

    def chunks(self, address: Address, removes: bool) -> Iterator[Chunk | None]:
        """The chunks of the table; None after a step that has made none.

        Args:
            removes: Whether there was anything in the base that may be gone.
        """
        begun: set[int] = set()
        group, size = -1, 0
        some: list[Row] = []
        for rows in self._steps:
            made = False
            for row in rows:
                (of,) = _GROUP.unpack_from(row[0])
                if some and (of != group or size > _CHUNK_BYTES):
                    yield from self._chunk(address, group, some, removes, begun)
                    made, some, size = True, [], 0
                group = of
                some.append(row)
                size += len(row[1] or b"")
            if not made:
                yield None
        if some:
            yield from self._chunk(address, group, some, removes, begun)

    def _chunk(
        self, address: Address, group: int, rows: list[Row], removes: bool, begun: set[int]
    ) -> Iterator[Chunk]:
        removed: list[Any] = []
        entries: list[Any] = []
        for _, v, gone in rows:
            if v is None:
                if gone is not None:
                    removed.append((pickle.loads(gone),))
                continue
            key, value = pickle.loads(v)
            left = value if self._alive is None else self._alive(value)
            if left is None:
                removed.append((key,))
            else:
                entries.append((key, left))
        if not removes:
            removed = []
        if not removed and not entries:
            return
        if self._base is None and group not in begun:
            begun.add(group)
            yield whole(*address, group, entries)
        else:
            yield changes(*address, group, [] if self._base is None else removed, entries)

    def _read(self) -> Iterator[list[Row]]:
        table, execute = self._table, self._store.execute
        while table.settle_some():
            yield []
        if self._base is not None:
            yield from self._forget()
        while rows := execute(self._rows, (self._at,)).fetchall():
            self._at = rows[-1][0]
            yield rows
        self._at, at = _END, b""
        aside = f"SELECT k, v, gone FROM {self._aside} WHERE k > ? ORDER BY k LIMIT {_STEP_ROWS}"
        while rows := execute(aside, (at,)).fetchall():
            at = rows[-1][0]
            yield rows

    def _forget(self) -> Iterator[list[Row]]:
        """What is noted of the base and before is of no use any more."""
        at = b""
        notes = f"SELECT k, epoch FROM {self._changed} WHERE k > ? ORDER BY k LIMIT {_STEP_ROWS}"
        while rows := self._store.execute(notes, (at,)).fetchall():
            at = rows[-1][0]
            old = [(k,) for k, epoch in rows if epoch <= (self._base or 0)]
            self._store.write_all(f"DELETE FROM {self._changed} WHERE k = ?", old)
            yield []
