"""Tables on disk, for state larger than memory: one SQLite file per subtask behind a write-back cache.

E1. A key is in the cache with its newest value, or only in the file, or nowhere.
E2. The cache holds at most ``cache_entries`` keys a table; what is put out is written in one transaction.
E3. The file is private to the run: durability comes from snapshots, so nothing is synced and it ends with
    the subtask.
E4. Writes gather in a transaction that is committed now and then: alone, each would write whole pages.
"""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..._values.isolate import dumps
from ...errors import ConfigurationError, OutputError
from .key_identity import NamespacedKey, encoded

if TYPE_CHECKING:
    import sqlite3

ABSENT: Any = object()
#: A sixteenth of the cache goes at once.
_EVICTED_SHIFT = 4
#: Writes of a transaction (E4).
_COMMIT_AFTER = 4096
#: Rows that are read at once.
PAGE_ROWS = 1000


class EmbeddedStore:
    """Opens tables; one per operator and subtask."""

    def __init__(self, directory: str | None = None, cache_entries: int = 50_000) -> None:
        # Workers whose state is in memory start without them.
        import sqlite3
        import tempfile

        self._sqlite_error = sqlite3.Error
        self._operational_error = sqlite3.OperationalError
        try:
            folder = tempfile.mkdtemp(prefix="isthmus-state-", dir=directory)
            path = os.path.join(folder, "state.db")
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.OperationalError) as e:
            where = directory or "for temporary files"
            reason = (e.strerror if isinstance(e, OSError) else None) or e
            raise ConfigurationError(
                f"State cannot be kept in the folder {where}: {reason}. Name another one in isthmus.state.directory, "
                "or make this one."
            ) from None
        self._directory = directory or tempfile.gettempdir()
        self._uncommitted = 0
        self._tables = 0
        self.cache_entries = cache_entries
        self.execute("PRAGMA journal_mode=OFF")  # E3
        self.execute("PRAGMA synchronous=OFF")
        self.execute("PRAGMA locking_mode=EXCLUSIVE")
        self.execute("PRAGMA cache_size=-16384")
        self.execute("CREATE TABLE opened (x)")
        # The open file stays usable without a name, and nothing is left behind however the process ends (E3).
        with contextlib.suppress(OSError):
            os.unlink(path)
            os.rmdir(folder)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """
        Raises:
            OutputError: The file cannot be written or read: the disk is full.
        """
        try:
            return self._connection.execute(sql, parameters)
        except self._sqlite_error as e:
            raise self._failed(e) from e

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Changes rows (E4); raises as ``execute`` does."""
        self._begin(1)
        return self.execute(sql, parameters)

    def write_all(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        self._begin(len(rows))
        try:
            self._connection.executemany(sql, rows)
        except self._sqlite_error as e:
            raise self._failed(e) from e

    def _begin(self, writes: int) -> None:
        if self._uncommitted >= _COMMIT_AFTER:
            self.execute("COMMIT")
            self._uncommitted = 0
        if self._uncommitted == 0:
            self.execute("BEGIN")
        self._uncommitted += writes

    def _failed(self, error: sqlite3.Error) -> Exception:
        if not isinstance(error, self._operational_error):  # Ours: closed, or a wrong statement.
            return error
        return OutputError(
            f"State cannot be kept in the embedded store in {self._directory}: {error}. Make room there, or name a folder "
            "of another disk in isthmus.state.directory."
        )

    def table(self) -> EmbeddedTable:
        return EmbeddedTable(self, self.name_table(), self.cache_entries)

    def name_table(self) -> str:
        """A name that no table has yet."""
        self._tables += 1
        return f"t{self._tables}"

    def close(self) -> None:
        self._connection.close()


class EmbeddedTable:
    """A dict's methods over a table of the file. A key may be (key, window), as windows have it."""

    def __init__(self, store: EmbeddedStore, name: str, cache_entries: int) -> None:
        self._store = store
        self._stored = stored_key
        store.execute(f"CREATE TABLE {name} (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID")
        self._select = f"SELECT v FROM {name} WHERE k = ?"
        self._insert = f"INSERT OR REPLACE INTO {name} VALUES (?, ?)"
        self._delete = f"DELETE FROM {name} WHERE k = ?"
        self._all_keys = f"SELECT k, v FROM {name} WHERE k > ? ORDER BY k LIMIT {PAGE_ROWS}"
        self._limit = max(2, cache_entries)
        #: Newest values, least recently written first; ABSENT marks a deleted or known missing key.
        self._cache: dict[Any, Any] = {}
        #: Keys whose cached value is not in the file yet.
        self._dirty: set[Any] = set()

    def get(self, key: Any, default: Any = None) -> Any:
        value = self._cache.get(key, self)
        if value is self:
            row = self._store.execute(self._select, (self._stored(key),)).fetchone()
            value = ABSENT if row is None else pickle.loads(row[0])[1]
            self._put(key, value)
        return default if value is ABSENT else value  # E1

    def __setitem__(self, key: Any, value: Any) -> None:
        self._put(key, value)
        self._dirty.add(key)

    def __getitem__(self, key: Any) -> Any:
        value = self.get(key, ABSENT)
        if value is ABSENT:
            raise KeyError(key)
        return value

    def __contains__(self, key: Any) -> bool:
        return self.get(key, ABSENT) is not ABSENT

    def pop(self, key: Any, default: Any = None) -> Any:
        value = self.get(key, ABSENT)
        if value is ABSENT:
            return default
        self[key] = ABSENT
        return value

    def _put(self, key: Any, value: Any) -> None:
        cache = self._cache
        if len(cache) >= self._limit and key not in cache:
            self._evict()
        cache[key] = value

    def _evict(self) -> None:
        """Write what is dirty of the oldest and forget it (E2): so few that nobody waits for it."""
        old = list(islice(self._cache, max(1, self._limit >> _EVICTED_SHIFT)))
        self._write_dirty(old)
        for key in old:
            del self._cache[key]

    def _write_dirty(self, keys: Iterable[Any]) -> None:
        """Write those that are not in the file as they are."""
        self._write([k for k in keys if k in self._dirty])

    def _write(self, keys: list[Any]) -> None:
        if not keys:
            return
        cache, stored = self._cache, self._stored
        kept = [(stored(k), dumps((k, v))) for k, v in ((k, cache[k]) for k in keys) if v is not ABSENT]
        gone = [(stored(k),) for k in keys if cache[k] is ABSENT]
        self._store.write_all(self._insert, kept)
        self._store.write_all(self._delete, gone)
        self._dirty.difference_update(keys)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """All entries; what was cached is written first, then page by page. One that changes meanwhile may be given
        as it was.
        """
        self._write_dirty(self._cache)
        last = b""
        while True:
            rows = self._store.execute(self._all_keys, (last,)).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            for _, data in rows:
                yield pickle.loads(data)

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self.items())


def stored_key(key: Any) -> bytes:
    """Equal for equal keys of tables."""
    if type(key) is NamespacedKey:
        return encoded(key[0]) + b"\x00" + pickle.dumps(key[1], 5)
    return encoded(key)
