"""The forms of tables of a store. What operators use is ``held``: a plain dict or list, at the speed of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar


class Table:
    """One table: what it holds, as entries and back."""

    form: ClassVar[str]
    #: Whether entries begin with their key, by which they go to their subtask.
    keyed: ClassVar[bool] = False
    held: Any

    def entries(self) -> Iterable[Any]:
        """All of it as it is now."""
        raise NotImplementedError

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        """Take over entries that an old subtask had; called for each piece, in the order of the subtasks."""
        raise NotImplementedError

    def remove(self, addresses: list[Any]) -> None:
        """Of what is loaded, entries that are gone: what they are without their last part (C3)."""
        raise NotImplementedError

    def loaded(self) -> None:
        """All is loaded."""


class KeyedTable(Table):
    form = "keyed"
    keyed = True

    def __init__(self, held: Any, alive: Callable[[Any], Any] | None) -> None:
        self.held = held
        self._alive = alive

    def entries(self) -> Iterable[Any]:
        if self._alive is None:
            return self.held.items()  # type: ignore[no-any-return]
        alive = self._alive
        pairs = ((key, alive(entry)) for key, entry in self.held.items())
        return (pair for pair in pairs if pair[1] is not None)

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        held = self.held
        for key, entry in entries:
            held[key] = entry

    def remove(self, addresses: list[Any]) -> None:
        for (key,) in addresses:
            self.held.pop(key, None)


class NamespacedTable(Table):
    form = "namespaced"
    keyed = True

    def __init__(self, opened: Callable[[Any], None]) -> None:
        self.held: dict[Any, dict[Any, Any]] = {}
        self._opened = opened

    def entries(self) -> Iterable[Any]:
        return (
            (key, namespace, entry) for namespace, held in self.held.items() for key, entry in held.items()
        )

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        for key, namespace, entry in entries:
            self.held.setdefault(namespace, {})[key] = entry

    def remove(self, addresses: list[Any]) -> None:
        for key, namespace in addresses:
            held = self.held.get(namespace)
            if held is not None and held.pop(key, None) is not None and not held:
                del self.held[namespace]

    def loaded(self) -> None:
        for namespace in self.held:
            self._opened(namespace)


class DerivedTable(Table):
    form = "derived"
    keyed = True

    def __init__(self, entries: Callable[[], Iterable[tuple[Any, Any]]]) -> None:
        #: Restored, until the operator has taken them.
        self.held: list[Any] = []
        self._entries = entries

    def entries(self) -> Iterable[Any]:
        return self._entries()

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        self.held += entries

    def remove(self, addresses: list[Any]) -> None:
        gone = {key for (key,) in addresses}
        self.held = [entry for entry in self.held if entry[0] not in gone]


class DrawnTable(Table):
    form = "drawn"

    def __init__(self, value: Callable[[], Any]) -> None:
        self.held: list[Any] = []
        self._value = value

    def entries(self) -> Iterable[Any]:
        value = self._value()
        return () if value is None else (value,)

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        self.held += entries


class ListTable(Table):
    """At the same parallelism each subtask has its own elements again; at another, they are dealt out evenly in order."""

    form = "list"

    def __init__(self, subtask: int, parallelism: int) -> None:
        self.held: list[Any] = []
        self._subtask = subtask
        self._parallelism = parallelism
        self._dealt: list[Any] = []

    def entries(self) -> Iterable[Any]:
        return self.held

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        if parallelism != self._parallelism:
            self._dealt += entries
        elif subtask == self._subtask:
            self.held += entries

    def loaded(self) -> None:
        first, end = ((self._subtask + after) * len(self._dealt) // self._parallelism for after in (0, 1))
        self.held += self._dealt[first:end]
        self._dealt = []


class UnionTable(Table):
    form = "union"

    def __init__(self) -> None:
        self.held: list[Any] = []

    def entries(self) -> Iterable[Any]:
        return self.held

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        self.held += entries


class BroadcastTable(Table):
    """The same in all subtasks, so what one of them had is enough."""

    form = "broadcast"

    def __init__(self) -> None:
        self.held: dict[Any, Any] = {}
        self._from: int | None = None

    def entries(self) -> Iterable[Any]:
        return self.held.items()

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        if self._from is None:
            self._from = subtask
        if self._from == subtask:
            self.held.update(entries)

    def remove(self, addresses: list[Any]) -> None:
        for (key,) in addresses:
            self.held.pop(key, None)
