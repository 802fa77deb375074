"""Broadcast state: a map that every subtask has whole, because every subtask sees every broadcast record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..._interfaces.state.interfaces import BroadcastState, ReadOnlyBroadcastState
from .key_identity import freeze, thaw
from .states import pairs_of

_READ_ONLY = (
    "Broadcast state is read-only here, or subtasks would differ: change it in process_broadcast_element."
)


class ReadOnlyBroadcastMap(ReadOnlyBroadcastState[Any, Any]):
    """What the other side sees; it has no ``put``."""

    def __init__(self, entries: dict[Any, Any]) -> None:
        self._entries = entries

    def get(self, key: Any) -> Any:
        return self._entries.get(freeze(key))

    def contains(self, key: Any) -> bool:
        return freeze(key) in self._entries

    def items(self) -> Iterator[tuple[Any, Any]]:
        return iter([(thaw(key), value) for key, value in self._entries.items()])

    def keys(self) -> Iterator[Any]:
        return iter(list(map(thaw, self._entries)))

    def values(self) -> Iterator[Any]:
        return iter(list(self._entries.values()))

    def is_empty(self) -> bool:
        return not self._entries

    def clear(self) -> None:
        raise AttributeError(_READ_ONLY)

    def __getattr__(self, name: str) -> Any:
        known = name in ("put", "put_all", "remove")
        raise AttributeError(_READ_ONLY if known else f"Broadcast state has no {name!r}.")


class BroadcastMap(ReadOnlyBroadcastMap, BroadcastState[Any, Any]):
    """What the broadcast side sees."""

    def put(self, key: Any, value: Any) -> None:
        self._entries[freeze(key)] = value

    def put_all(self, dict_value: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> None:
        self._entries.update((freeze(key), value) for key, value in pairs_of(dict_value))

    def remove(self, key: Any) -> None:
        self._entries.pop(freeze(key), None)

    def clear(self) -> None:
        self._entries.clear()
