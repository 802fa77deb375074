"""The keyed state of one operator: makes states from descriptors, over tables of the subtask's store.

- One name is one table; asking again gives the same state (and the first descriptor's functions hold).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

from ..._interfaces.state.descriptors import StateDescriptor
from ..._settings.settings import Settings
from ...errors import GraphError, StateError
from .embedded import EmbeddedStore, EmbeddedTable
from .key_identity import NamespacedKey
from .states import (
    DefaultingValueState,
    KeyedAggregatingState,
    KeyedListState,
    KeyedMapState,
    KeyedReducingState,
    KeyedValueState,
)
from .store import OperatorStore
from .touching_maps import TouchingMapState, TouchingTtlMapState
from .tracked_table import TrackedTable
from .ttl import Expiry, ProcessingTime, TtlListState, TtlMapState, TtlTable, alive

_KINDS = ("value", "list", "map", "reducing", "aggregating")


class Keeping(Protocol):
    """What an operator tells of itself for its state: its part of an ``OperatorContext``."""

    settings: Settings
    cursor: Any
    state: OperatorStore

    @property
    def clock(self) -> ProcessingTime: ...


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

    def __init__(self, ctx: Keeping) -> None:
        self._ctx = ctx
        self._states: dict[str, Any] = {}
        #: Where state is kept, if not on the heap.
        self.store: EmbeddedStore | None = None
        settings = ctx.settings
        if settings.state_backend == "embedded":
            self.store = EmbeddedStore(settings.state_directory, settings.state_cache_entries)
        #: Makes tables of whole entries, whose changes are known, and others.
        self.make_table: Callable[[], Any] = dict if self.store is None else self._tracked_table
        self._make_maps: Callable[[], Any] = dict if self.store is None else self.store.table

    def _tracked_table(self) -> EmbeddedTable:
        assert self.store is not None
        group_of = self._ctx.state.group_of
        return self.store.table() if group_of is None else TrackedTable(self.store, group_of)

    def table(self, name: str, by_window: bool = False) -> Any:
        """The table of a name; ``by_window``: with a window in each key."""
        return self._ctx.state.keyed(name, self.make_table, by_window=by_window)

    def state(self, kind: str, descriptor: StateDescriptor, at: Any = None) -> Any:
        """The state of a descriptor; ``at`` says whose (the record's key by default)."""
        namespaced = at is not None
        prefix = "window:" if namespaced else ""
        known = f"{prefix}{kind}:{descriptor.name}"
        found = self._states.get(known)
        if found is None:
            ttl = descriptor._ttl_config
            expires = ttl is not None and ttl.is_enabled()
            # By window functions and triggers keep their own, of whatever names.
            kinds = (kind,) if namespaced else _KINDS
            for other in kinds:
                if other != kind and f"{other}:{descriptor.name}" in self._states:
                    raise GraphError(
                        f'The state "{descriptor.name}" is a {other} state already; give the {kind} state another name.'
                    )
            self._refuse_other(prefix, kinds, kind, descriptor.name, expires)
            name = prefix + _table_of(kind, descriptor.name, expires)
            found = self._states[known] = self._make(name, kind, descriptor, at or self._ctx.cursor)
        return found

    def _refuse_other(self, prefix: str, kinds: Iterable[str], kind: str, name: str, expires: bool) -> None:
        """Entries of another kind, or with and without the time they were renewed at, are not read as these."""
        for was in kinds:
            for expired in (False, True):
                if (was, expired) == (kind, expires):
                    continue
                if self._ctx.state.undeclared([prefix + _table_of(was, name, expired)]):
                    raise StateError(
                        f'The state "{name}" was kept as {_title_of(was, expired)}; here it is {_title_of(kind, expires)}. '
                        "Leave it as it was, or give it another name, which begins without it."
                    )

    def _make(self, name: str, kind: str, descriptor: StateDescriptor, at: Any) -> Any:
        ttl = descriptor._ttl_config
        expiry = None if ttl is None or not ttl.is_enabled() else Expiry(ttl, self._ctx.clock)
        if kind == "map":
            return self._make_map(name, at, expiry)
        by_window = at is not self._ctx.cursor
        if expiry is None:
            table = self.table(name, by_window)
        else:
            left = partial(alive, kind=kind, expiry=expiry)
            table = self._ctx.state.keyed(name, self.make_table, left, by_window)
            if kind == "list":
                return TtlListState(table, at, expiry)
            table = TtlTable(table, expiry)
        if kind == "value":
            default = getattr(descriptor, "default_value", None)
            return KeyedValueState(table, at) if default is None else DefaultingValueState(table, at, default)
        if kind == "list":
            return KeyedListState(table, at)
        if kind == "reducing":
            return KeyedReducingState(table, at, descriptor.get_reduce_function())  # type: ignore[attr-defined]
        return KeyedAggregatingState(table, at, descriptor.get_agg_function())  # type: ignore[attr-defined]

    def _make_map(self, name: str, at: Any, expiry: Expiry | None) -> Any:
        left = None if expiry is None else partial(alive, kind="value", expiry=expiry)
        table, touch = self._ctx.state.maps(name, self._make_maps, left)
        if expiry is not None:
            return (
                TtlMapState(table, at, expiry)
                if touch is None
                else TouchingTtlMapState(table, at, expiry, touch)
            )
        return KeyedMapState(table, at) if touch is None else TouchingMapState(table, at, touch)

    def close(self) -> None:
        if self.store is not None:
            self.store.close()


def _table_of(kind: str, name: str, expires: bool) -> str:
    return f"{kind}{'+ttl' if expires else ''}:{name}"


def _title_of(kind: str, expires: bool) -> str:
    article = "an" if kind == "aggregating" else "a"
    return f"{article} {kind} state {'with' if expires else 'without'} a time to live"
