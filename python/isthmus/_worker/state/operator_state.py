"""State of a subtask as a whole, whatever the key, over tables of its store. Twin of ``src/state/operator-state.ts``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..._interfaces.state.descriptors import StateDescriptor
from ..._interfaces.state.interfaces import ListState, OperatorStateStore
from ...errors import GraphError
from .asked import asked
from .broadcast import BroadcastMap
from .store import OF_OPERATOR, OperatorStore


class OperatorStates(OperatorStateStore):
    """One per operator and subtask."""

    def __init__(self, store: OperatorStore) -> None:
        self._store = store

    def get_list_state(self, state_descriptor: StateDescriptor) -> Any:
        return OperatorList(self._store.split_list(OF_OPERATOR + _checked("list", state_descriptor)))

    def get_union_list_state(self, state_descriptor: StateDescriptor) -> Any:
        return OperatorList(self._store.union_list(OF_OPERATOR + _checked("list", state_descriptor)))

    def get_broadcast_state(self, state_descriptor: StateDescriptor) -> Any:
        return BroadcastMap(self.broadcast(_checked("map", state_descriptor)))

    def broadcast(self, name: str) -> dict[Any, Any]:
        """What a broadcast state holds, by its name alone."""
        return self._store.broadcast(OF_OPERATOR + name)


class OperatorList(ListState[Any]):
    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def get(self) -> list[Any]:
        return list(self._values)

    def add(self, value: Any) -> None:
        self._values.append(value)

    def add_all(self, values: Iterable[Any]) -> None:
        self._values.extend(values)

    def update(self, values: Iterable[Any]) -> None:
        self._values[:] = values

    def clear(self) -> None:
        self._values.clear()


def _checked(kind: str, descriptor: StateDescriptor) -> str:
    ttl = asked(kind, descriptor)._ttl_config
    if ttl is not None and ttl.is_enabled():
        raise GraphError(
            f'The operator state "{descriptor.name}" cannot have a time to live, which goes by the key; '
            "leave enable_time_to_live out, or keep it by key."
        )
    return descriptor.name
