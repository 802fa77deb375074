"""The keyed state of one operator: makes states from descriptors, snapshots them by key group.

B1. One name is one table; asking again gives the same state (and the first descriptor's functions hold).
B2. A snapshot is pickled at once: what functions change later is not in it.
B3. Restored entries are those of key groups that belong to this subtask now.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from ...datastream._state.descriptors import StateDescriptor
from ..isolate import dumps
from ..operator import OperatorContext
from .embedded import EmbeddedStore, NamespacedKey
from .keys import GroupOf
from .states import (
    DefaultingValueState,
    KeyedAggregatingState,
    KeyedListState,
    KeyedMapState,
    KeyedReducingState,
    KeyedValueState,
)
from .ttl import Expiry, TtlListState, TtlMapState, TtlTable, alive

_DISK_BACKENDS = ("rocksdb", "embedded", "sqlite", "forst")


class NamespaceCursor:
    """Where a state of one window looks: the record's key together with the window."""

    __slots__ = ("_cursor", "namespace")

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.namespace: Any = None

    @property
    def key(self) -> NamespacedKey:
        return NamespacedKey((self._cursor.key, self.namespace))


class KeyedBackend:
    """Tables by name. ``table`` is what operators use that keep their own contents (windows, joins)."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._ctx = ctx
        self._groups = GroupOf(ctx.max_parallelism, ctx.parallelism, ctx.subtask)
        self._tables: dict[str, Any] = {}
        self._states: dict[str, Any] = {}
        self._expiries: dict[str, tuple[str, Expiry]] = {}
        self._store: EmbeddedStore | None = None
        config = ctx.config
        if config.get("state.backend.type", config.get("state.backend", "")).lower() in _DISK_BACKENDS:
            self._store = EmbeddedStore(
                config.get("isthmus.state.directory") or None,
                int(config.get("isthmus.state.cache-entries") or 50_000),
            )
        self.make_table: Callable[[], Any] = dict if self._store is None else self._store.table

    @property
    def on_disk(self) -> bool:
        """Whether state is kept in an embedded store."""
        return self._store is not None

    def table(self, name: str) -> Any:
        """The table of a name; it is in snapshots."""
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = self.make_table()
        return table

    def state(self, kind: str, descriptor: StateDescriptor, at: Any = None) -> Any:
        """The state of a descriptor; ``at`` says whose (the record's key by default)."""
        namespaced = at is not None
        name = f"{'window:' if namespaced else ''}{kind}:{descriptor.name}"
        found = self._states.get(name)
        if found is None:
            found = self._states[name] = self._make(name, kind, descriptor, at or self._ctx.cursor)
        return found

    def _make(self, name: str, kind: str, descriptor: StateDescriptor, at: Any) -> Any:
        table = self.table(name)
        ttl = descriptor._ttl_config
        if ttl is not None and ttl.is_enabled():
            expiry = Expiry(ttl, self._ctx.clock)
            self._expiries[name] = (kind, expiry)
            if kind == "list":
                return TtlListState(table, at, expiry)
            if kind == "map":
                return TtlMapState(table, at, expiry)
            table = TtlTable(table, expiry)
        if kind == "value":
            default = getattr(descriptor, "default_value", None)
            return KeyedValueState(table, at) if default is None else DefaultingValueState(table, at, default)
        if kind == "list":
            return KeyedListState(table, at)
        if kind == "map":
            return KeyedMapState(table, at)
        if kind == "reducing":
            return KeyedReducingState(table, at, descriptor.get_reduce_function())  # type: ignore[attr-defined]
        return KeyedAggregatingState(table, at, descriptor.get_agg_function())  # type: ignore[attr-defined]

    def snapshot(self) -> dict[int, bytes]:
        """Pickled entries by key group (B2)."""
        groups: dict[int, dict[str, list[tuple[Any, Any]]]] = {}
        for name, table in self._tables.items():
            ttl = self._expiries.get(name)
            for key, entry in table.items():
                if ttl is not None:
                    entry = alive(entry, *ttl)
                    if entry is None:
                        continue
                owner = key[0] if type(key) is NamespacedKey else key
                group = groups.setdefault(self._groups.group(owner), {})
                group.setdefault(name, []).append((key, entry))
        return {group: dumps(entries) for group, entries in groups.items()}

    def restore(self, snapshots: list[dict[int, bytes]]) -> None:
        for snapshot in snapshots:
            for group, data in snapshot.items():
                if self._groups.is_mine(group):  # B3
                    for name, entries in pickle.loads(data).items():
                        table = self.table(name)
                        for key, entry in entries:
                            table[key] = entry

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
