"""The keyed states, over a table (a dict, or something that has a dict's methods).

V1. What a state gives or stores is that of ``at.key``, the key of the record at hand.
V2. A change in place is followed by a store into the table, so that a table that is no dict sees it.
V3. A table holds nothing for a key whose state is empty.
V4. The keys of a map are told apart as those of records are (``keys.py``): NaN is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..._interfaces.state.interfaces import AggregatingState, ListState, MapState, ReducingState, ValueState
from ..._values.keep import isolated
from .key_identity import freeze, thaw

_NOTHING: Any = object()


class KeyedValueState(ValueState[Any]):
    __slots__ = ("_at", "_get", "_table")

    def __init__(self, table: Any, at: Any) -> None:
        self._table = table
        self._get = table.get
        self._at = at

    def value(self) -> Any:
        return self._get(self._at.key)  # V1

    def update(self, value: Any) -> None:
        self._table[self._at.key] = value

    def clear(self) -> None:
        self._table.pop(self._at.key, None)


class DefaultingValueState(KeyedValueState):
    """Gives a copy of the default where there is no value."""

    __slots__ = ("_default",)

    def __init__(self, table: Any, at: Any, default: Any) -> None:
        super().__init__(table, at)
        self._default = [default]

    def value(self) -> Any:
        value = super().value()
        return isolated(self._default)[0] if value is None else value


class KeyedListState(ListState[Any]):
    __slots__ = ("_at", "_table")

    def __init__(self, table: Any, at: Any) -> None:
        self._table = table
        self._at = at

    def get(self) -> list[Any]:
        return list(self._table.get(self._at.key, ()))

    def add(self, value: Any) -> None:
        key = self._at.key
        found = self._table.get(key)
        if found is None:
            self._table[key] = [value]
        else:
            found.append(value)
            self._table[key] = found  # V2

    def add_all(self, values: Iterable[Any]) -> None:
        self.update([*self.get(), *values])

    def update(self, values: Iterable[Any]) -> None:
        values = list(values)
        if values:
            self._table[self._at.key] = values
        else:
            self.clear()  # V3

    def clear(self) -> None:
        self._table.pop(self._at.key, None)


class KeyedMapState(MapState[Any, Any]):
    __slots__ = ("_at", "_table")

    def __init__(self, table: Any, at: Any) -> None:
        self._table = table
        self._at = at

    def _found(self) -> dict[Any, Any]:
        found: dict[Any, Any] | None = self._table.get(self._at.key)
        return found if found is not None else {}

    def get(self, key: Any) -> Any:
        return self._found().get(freeze(key))

    def put(self, key: Any, value: Any) -> None:
        at = self._at.key
        found = self._table.get(at)
        key = freeze(key)  # V4
        if found is None:
            self._table[at] = {key: value}
        else:
            found[key] = value
            self._table[at] = found  # V2

    def put_all(self, dict_value: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> None:
        added = {freeze(key): value for key, value in pairs_of(dict_value)}
        if added:
            at = self._at.key
            self._table[at] = {**self._table.get(at, {}), **added}

    def remove(self, key: Any) -> None:
        at = self._at.key
        found = self._table.get(at)
        key = freeze(key)
        if found is None or key not in found:
            return
        del found[key]
        if found:
            self._table[at] = found
        else:
            self._table.pop(at, None)  # V3

    def contains(self, key: Any) -> bool:
        return freeze(key) in self._found()

    # Copies: a function may change the map while it goes through it.

    def items(self) -> Iterator[tuple[Any, Any]]:
        return iter([(thaw(key), value) for key, value in self._found().items()])

    def keys(self) -> Iterator[Any]:
        return iter(list(map(thaw, self._found())))

    def values(self) -> Iterator[Any]:
        return iter(list(self._found().values()))

    def is_empty(self) -> bool:
        return not self._found()

    def clear(self) -> None:
        self._table.pop(self._at.key, None)


def pairs_of(given: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, Any]]:
    """What ``put_all`` may be given, as ``dict()`` takes it."""
    return given.items() if hasattr(given, "items") else given


class KeyedReducingState(ReducingState[Any]):
    __slots__ = ("_at", "_reduce", "_table")

    def __init__(self, table: Any, at: Any, reduce: Callable[[Any, Any], Any]) -> None:
        self._table = table
        self._at = at
        self._reduce = reduce

    def get(self) -> Any:
        return self._table.get(self._at.key)

    def add(self, value: Any) -> None:
        key = self._at.key
        found = self._table.get(key, _NOTHING)
        self._table[key] = value if found is _NOTHING else self._reduce(found, value)

    def clear(self) -> None:
        self._table.pop(self._at.key, None)

    def merge(self, target: Any, sources: Iterable[Any], all_of_them: bool) -> None:
        """Put the values under the keys ``sources`` together under ``target``; the first only unless
        ``all_of_them``.
        """
        found = [v for v in (self._table.pop(k, _NOTHING) for k in (target, *sources)) if v is not _NOTHING]
        if found:
            merged = found[0]
            if all_of_them:
                for value in found[1:]:
                    merged = self._reduce(merged, value)
            self._table[target] = merged


class KeyedAggregatingState(AggregatingState[Any, Any]):
    __slots__ = ("_aggregate", "_at", "_table")

    def __init__(self, table: Any, at: Any, aggregate: Any) -> None:
        self._table = table
        self._at = at
        self._aggregate = aggregate

    def get(self) -> Any:
        found = self._table.get(self._at.key, _NOTHING)
        return None if found is _NOTHING else self._aggregate.get_result(found)

    def add(self, value: Any) -> None:
        key = self._at.key
        found = self._table.get(key, _NOTHING)
        if found is _NOTHING:
            found = self._aggregate.create_accumulator()
        self._table[key] = self._aggregate.add(value, found)

    def clear(self) -> None:
        self._table.pop(self._at.key, None)

    def merge(self, target: Any, sources: Iterable[Any], all_of_them: bool) -> None:
        """As of KeyedReducingState, with accumulators."""
        found = [v for v in (self._table.pop(k, _NOTHING) for k in (target, *sources)) if v is not _NOTHING]
        if found:
            merged = found[0]
            if all_of_them:
                for value in found[1:]:
                    merged = self._aggregate.merge(merged, value)
            self._table[target] = merged
