"""State of a subtask as a whole, whatever the key. Twin of ``src/state/operator-state.ts``.

O1. After a restore at another parallelism the elements of lists are dealt out evenly, in order of the subtasks that had
    them; at the same one each subtask has its own again.
O2. A union list is restored whole, by every subtask: each picks what it wants of it.
O3. Broadcast state is the same in all subtasks, so one snapshot is enough.
O4. A snapshot is pickled at once: what functions change later is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...datastream._state.descriptors import StateDescriptor
from ...datastream._state.interfaces import ListState, OperatorStateStore
from ...errors import GraphError
from ..isolate import dumps, loads
from .broadcast import BroadcastMap

_LIST, _UNION, _BROADCAST = "list", "union list", "broadcast"


class OperatorStates(OperatorStateStore):
    """One per operator and subtask."""

    def __init__(self, subtask: int, parallelism: int) -> None:
        self._subtask = subtask
        self._parallelism = parallelism
        #: Name → (form, a list or a dict).
        self._entries: dict[str, tuple[str, Any]] = {}

    def get_list_state(self, state_descriptor: StateDescriptor) -> Any:
        return OperatorList(self._entry(_checked(state_descriptor), _LIST))

    def get_union_list_state(self, state_descriptor: StateDescriptor) -> Any:
        return OperatorList(self._entry(_checked(state_descriptor), _UNION))

    def get_broadcast_state(self, state_descriptor: StateDescriptor) -> Any:
        return BroadcastMap(self.broadcast(_checked(state_descriptor)))

    def broadcast(self, name: str) -> dict[Any, Any]:
        """What a broadcast state holds, by its name alone."""
        held: dict[Any, Any] = self._entry(name, _BROADCAST)
        return held

    def _entry(self, name: str, form: str) -> Any:
        known, held = self._entries.setdefault(name, (form, {} if form == _BROADCAST else []))
        if known != form:
            raise GraphError(
                f'The operator state "{name}" is a {known} state already; give the {form} state another name.'
            )
        return held

    def snapshot(self) -> dict[str, Any] | None:
        """None where there is none."""
        if not self._entries:
            return None
        return {"subtask": self._subtask, "parallelism": self._parallelism, "states": dumps(self._entries)}

    def restore(self, snapshots: list[dict[str, Any]]) -> None:
        """What all subtasks had, in any order."""
        dealt: dict[str, list[Any]] = {}
        for saved in sorted(snapshots, key=lambda s: int(s["subtask"])):
            for name, (form, held) in loads(saved["states"]).items():
                if form == _BROADCAST:
                    if not self.broadcast(name):  # O3
                        self.broadcast(name).update(held)
                elif form == _UNION:
                    self._entry(name, form).extend(held)  # O2
                elif saved["parallelism"] != self._parallelism:
                    dealt.setdefault(name, []).extend(held)
                elif saved["subtask"] == self._subtask:
                    self._entry(name, form).extend(held)  # O1
        for name, all_of_it in dealt.items():
            first, end = ((self._subtask + after) * len(all_of_it) // self._parallelism for after in (0, 1))
            self._entry(name, _LIST).extend(all_of_it[first:end])


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


def _checked(descriptor: StateDescriptor) -> str:
    ttl = descriptor._ttl_config
    if ttl is not None and ttl.is_enabled():
        raise GraphError(
            f'The operator state "{descriptor.name}" cannot have a time to live, which goes by the key; '
            "leave enable_time_to_live out, or keep it by key."
        )
    return descriptor.name
