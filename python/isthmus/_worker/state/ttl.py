"""State that expires (processing time).

T1. An entry carries the time it was last renewed; it has expired ``ttl`` ms later.
T2. NeverReturnExpired gives no expired entry; ReturnExpiredIfNotCleanedUp gives it once, and removes it.
T3. Lists expire by element and maps by entry, values and accumulators as a whole.
T4. Nothing expired goes into a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from ..._interfaces.state.interfaces import ListState, MapState
from ..._interfaces.state.ttl import StateTtlConfig
from .key_identity import freeze, thaw
from .states import pairs_of

#: Other keys looked at with every access, unless the configuration says another number.
_BACKGROUND_KEYS = 2


class ProcessingTime(Protocol):
    def now_ms(self) -> int: ...


class Expiry:
    """The rules of one state."""

    def __init__(self, config: StateTtlConfig, clock: ProcessingTime) -> None:
        self.ttl_ms = config.ttl_ms()
        self.now = clock.now_ms
        self.renew_on_read = config.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite
        self.returns_expired = (
            config.get_state_visibility() is StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
        )
        strategies = config.get_cleanup_strategies()
        size = strategies.get("incremental", (_BACKGROUND_KEYS,))[0]
        self.background_keys: int = size if strategies.get("background", True) else 0

    def is_expired(self, renewed: int) -> bool:
        return self.now() >= renewed + self.ttl_ms  # T1


class BackgroundCleanup:
    """Takes away what has expired and nobody asks for any more: a few keys with every access to a state."""

    def __init__(self, table: Any, kind: str, expiry: Expiry) -> None:
        self._table = table
        self._kind = kind
        self._expiry = expiry
        self._round: Iterator[tuple[Any, Any]] = iter(())

    def step(self) -> None:
        """The next few keys."""
        for _ in range(self._expiry.background_keys):
            found = next(self._round, None)
            if found is None:
                self._round = entries_of(self._table)
                return
            key, entry = found
            if alive(entry, self._kind, self._expiry) is entry:
                continue
            # It may have changed since it was met.
            entry = self._table.get(key)
            left = None if entry is None else alive(entry, self._kind, self._expiry)
            if left is None:
                self._table.pop(key, None)
            elif left is not entry:
                self._table[key] = left


def entries_of(table: Any) -> Iterator[tuple[Any, Any]]:
    """The entries of a table, which may change meanwhile."""
    if type(table) is not dict:
        yield from table.items()
        return
    for key in list(table):
        entry = table.get(key)
        if entry is not None:
            yield key, entry


class TtlTable:
    """A table whose entries expire as a whole; it looks like a dict of the values alone."""

    def __init__(self, table: Any, expiry: Expiry) -> None:
        self._table = table
        self._expiry = expiry
        self._cleanup = BackgroundCleanup(table, "value", expiry)

    def get(self, key: Any, default: Any = None) -> Any:
        expiry = self._expiry
        self._cleanup.step()
        entry = self._table.get(key)
        if entry is None:
            return default
        value, renewed = entry
        if expiry.is_expired(renewed):
            self._table.pop(key, None)
            return value if expiry.returns_expired else default  # T2
        if expiry.renew_on_read:
            self._table[key] = (value, expiry.now())
        return value

    def __setitem__(self, key: Any, value: Any) -> None:
        self._cleanup.step()
        self._table[key] = (value, self._expiry.now())

    def pop(self, key: Any, default: Any = None) -> Any:
        entry = self._table.pop(key, None)
        return default if entry is None else entry[0]


class TtlListState(ListState[Any]):
    """Every element expires by itself (T3)."""

    def __init__(self, table: Any, at: Any, expiry: Expiry) -> None:
        self._table = table
        self._at = at
        self._expiry = expiry
        self._cleanup = BackgroundCleanup(table, "list", expiry)

    def get(self) -> list[Any]:
        self._cleanup.step()
        key = self._at.key
        entries = self._table.get(key)
        if not entries:
            return []
        expiry = self._expiry
        alive = [e for e in entries if not expiry.is_expired(e[1])]
        given = entries if expiry.returns_expired else alive
        if expiry.renew_on_read:
            now = expiry.now()
            alive = [(value, now) for value, _ in alive]
        if len(alive) != len(entries) or expiry.renew_on_read:
            self._store(key, alive)
        return [value for value, _ in given]

    def _store(self, key: Any, entries: list[tuple[Any, int]]) -> None:
        if entries:
            self._table[key] = entries
        else:
            self._table.pop(key, None)

    def add(self, value: Any) -> None:
        self.add_all([value])

    def add_all(self, values: Iterable[Any]) -> None:
        self._cleanup.step()
        now = self._expiry.now()
        key = self._at.key
        self._store(key, [*self._table.get(key, ()), *((v, now) for v in values)])

    def update(self, values: Iterable[Any]) -> None:
        self._cleanup.step()
        now = self._expiry.now()
        self._store(self._at.key, [(v, now) for v in values])

    def clear(self) -> None:
        self._table.pop(self._at.key, None)


class TtlMapState(MapState[Any, Any]):
    """Every entry expires by itself (T3)."""

    def __init__(self, table: Any, at: Any, expiry: Expiry) -> None:
        self._table = table
        self._at = at
        self._expiry = expiry
        self._cleanup = BackgroundCleanup(table, "map", expiry)

    def _given(self) -> dict[Any, Any]:
        """The entries to show; what has expired is removed, what is read is renewed if so configured."""
        self._cleanup.step()
        at = self._at.key
        entries = self._table.get(at)
        if not entries:
            return {}
        expiry = self._expiry
        alive = {k: e for k, e in entries.items() if not expiry.is_expired(e[1])}
        given = entries if expiry.returns_expired else alive
        shown = {k: e[0] for k, e in given.items()}
        if expiry.renew_on_read:
            now = expiry.now()
            alive = {k: (e[0], now) for k, e in alive.items()}
        if len(alive) != len(entries) or expiry.renew_on_read:
            self._store(at, alive)
        return shown

    def _store(self, at: Any, entries: dict[Any, Any]) -> None:
        if entries:
            self._table[at] = entries
        else:
            self._table.pop(at, None)

    def get(self, key: Any) -> Any:
        self._cleanup.step()
        key = freeze(key)
        at = self._at.key
        entries = self._table.get(at)
        entry = entries.get(key) if entries else None
        if entry is None:
            return None
        expiry = self._expiry
        if expiry.is_expired(entry[1]):
            del entries[key]
            self._store(at, entries)
            return entry[0] if expiry.returns_expired else None
        if expiry.renew_on_read:
            entries[key] = (entry[0], expiry.now())
            self._store(at, entries)
        return entry[0]

    def contains(self, key: Any) -> bool:
        entries = self._table.get(self._at.key)
        entry = entries.get(freeze(key)) if entries else None
        return entry is not None and (self._expiry.returns_expired or not self._expiry.is_expired(entry[1]))

    def put(self, key: Any, value: Any) -> None:
        self.put_all([(key, value)])

    def put_all(self, dict_value: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> None:
        self._cleanup.step()
        now = self._expiry.now()
        at = self._at.key
        entries = self._table.get(at, {})
        entries.update((freeze(k), (v, now)) for k, v in pairs_of(dict_value))
        self._store(at, entries)

    def remove(self, key: Any) -> None:
        at = self._at.key
        key = freeze(key)
        entries = self._table.get(at)
        if entries and key in entries:
            del entries[key]
            self._store(at, entries)

    def items(self) -> Iterator[tuple[Any, Any]]:
        return iter([(thaw(key), value) for key, value in self._given().items()])

    def keys(self) -> Iterator[Any]:
        return iter(list(map(thaw, self._given())))

    def values(self) -> Iterator[Any]:
        return iter(self._given().values())

    def is_empty(self) -> bool:
        return not self._given()

    def clear(self) -> None:
        self._table.pop(self._at.key, None)


def alive(entry: Any, kind: str, expiry: Expiry) -> Any:
    """What of a stored entry has not expired (T4): the entry itself where all of it, None where nothing."""
    if kind == "list":
        left = [e for e in entry if not expiry.is_expired(e[1])]
        return entry if len(left) == len(entry) else left or None
    if kind == "map":
        kept = {k: e for k, e in entry.items() if not expiry.is_expired(e[1])}
        return entry if len(kept) == len(entry) else kept or None
    return None if expiry.is_expired(entry[1]) else entry
