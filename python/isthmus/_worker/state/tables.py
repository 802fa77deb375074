"""The forms of tables of a store. What operators use is ``held``: a plain dict or list, at the speed of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any, ClassVar

from .changes import Changes
from .tracked_table import StoredView, TrackedTable
from .views import GONE, EntriesView, LiveView, MapsView, NamespacesView, PairsView, View


class Table:
    """One table: what it holds, as entries and back."""

    form: ClassVar[str]
    #: Whether entries begin with their key, by which they go to their subtask.
    keyed: ClassVar[bool] = False
    held: Any
    #: Of what its units have in common with others; None where nobody tells of changes, so that it is saved as a whole.
    changes: Changes | None = None

    def entries(self) -> Iterable[Any]:
        """All of it as it is now."""
        raise NotImplementedError

    def view(self, changed: set[Any] | None) -> View:
        """What is to be encoded of it, as it is now.

        Args:
            changed: The units that have changed since the base; None for all that there is.
        """
        return EntriesView(self.entries())

    def stored_view(self, increment: bool) -> StoredView | None:
        """In place of ``view``, where changes are known in the embedded store."""
        return None

    def holds_any(self) -> bool:
        """Whether anything may be in it."""
        return next(iter(self.entries()), None) is not None

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        """Take over entries that an old subtask had; called for each piece, in the order of the subtasks."""
        raise NotImplementedError

    def remove(self, addresses: list[Any]) -> None:
        """Of what is loaded, entries that are gone: what they begin with (C3 of ``chunks.py``)."""
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
        return (row for key, entry in self.held.items() for row in self._rows(key, entry))

    def view(self, changed: set[Any] | None) -> View:
        if changed is None:
            return View(_shallow(self.held), self._rows, None)
        return LiveView(_nothing, changed, self._rows_of, _alone)

    def stored_view(self, increment: bool) -> StoredView | None:
        """In place of ``view``, where its changes are known in the embedded store."""
        return self.held.view(increment, self._alive) if isinstance(self.held, TrackedTable) else None

    def holds_any(self) -> bool:
        return bool(self.held) if isinstance(self.held, dict) else True

    def _rows_of(self, key: Any) -> list[Any]:
        entry = _got(self.held, key)
        return [] if entry is GONE else self._rows(key, entry)

    def _rows(self, key: Any, entry: Any) -> list[Any]:
        if self._alive is None:
            return [(key, entry)]
        left = self._alive(entry)
        return [] if left is None else [(key, left)]

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        held = self.held
        for key, entry in entries:
            held[key] = entry

    def remove(self, addresses: list[Any]) -> None:
        for (key,) in addresses:
            self.held.pop(key, None)


class MapTable(Table):
    """Key → map key → value; each entry of a map is one of the table."""

    form = "map"
    keyed = True

    def __init__(self, held: Any, alive: Callable[[Any], Any] | None) -> None:
        self.held = held
        self._alive = alive

    def entries(self) -> Iterable[Any]:
        return (
            row
            for key, entries in self.held.items()
            for map_key, value in entries.items()
            for row in self._rows((key, map_key), value)
        )

    def view(self, changed: set[Any] | None) -> View:
        if changed is None:
            return MapsView(_shallow(self.held), self._rows, None)
        get = self.held.get
        pending = {unit: get(unit[0], _EMPTY).get(unit[1], GONE) for unit in changed}
        return PairsView(pending, self._rows, _itself)

    def holds_any(self) -> bool:
        return bool(self.held) if isinstance(self.held, dict) else True

    def _rows(self, unit: Any, value: Any) -> list[Any]:
        if self._alive is not None:
            value = self._alive(value)
            if value is None:
                return []
        return [(*unit, value)]

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        held = self.held
        for key, map_key, value in entries:
            found = held.get(key)
            if found is None:
                found = {}
            found[map_key] = value
            held[key] = found

    def remove(self, addresses: list[Any]) -> None:
        held = self.held
        for key, map_key in addresses:
            found = held.get(key)
            if found is not None and found.pop(map_key, GONE) is not GONE:
                if found:
                    held[key] = found
                else:
                    held.pop(key)


class NamespacedTable(Table):
    form = "namespaced"
    keyed = True

    def __init__(
        self,
        opened: Callable[[Any], None] = lambda namespace: None,
        live: Callable[[], dict[Any, dict[Any, Any]]] | None = None,
    ) -> None:
        #: All of it; only what was restored, where the operator says what is ``live``.
        self.held: dict[Any, dict[Any, Any]] = {}
        self._opened = opened
        self._live = live or (lambda: self.held)

    def entries(self) -> Iterable[Any]:
        return (
            (key, namespace, entry) for namespace, held in self._live().items() for key, entry in held.items()
        )

    def view(self, changed: set[Any] | None) -> View:
        live = self._live()
        if changed is None:
            pending = {namespace: held.copy() for namespace, held in live.items()}
        else:
            pending = {
                namespace: {key: held[key] for key in held.keys() & changed}
                for namespace, held in live.items()
            }
        return NamespacesView(pending, changed)

    def load(self, entries: list[Any], subtask: int, parallelism: int) -> None:
        for key, namespace, entry in entries:
            self.held.setdefault(namespace, {})[key] = entry

    def remove(self, addresses: list[Any]) -> None:
        """Of a key, or of a key and a namespace, as tables on disk tell it."""
        for key, *namespaces in addresses:
            for namespace in namespaces or self.held:
                self.held.get(namespace, {}).pop(key, None)

    def loaded(self) -> None:
        for namespace in [namespace for namespace, held in self.held.items() if not held]:
            del self.held[namespace]
        for namespace in self.held:
            self._opened(namespace)


class DerivedTable(Table):
    """What an operator keeps by key in a form of its own."""

    form = "derived"
    keyed = True

    def __init__(self, live: Callable[[], dict[Any, Any]], entries: Callable[[Any], Iterable[Any]]) -> None:
        #: Restored, until the operator has taken them.
        self.held: list[Any] = []
        self._live = live
        self._entries = entries

    def entries(self) -> Iterable[Any]:
        return (row for key, own in self._live().items() for row in self._rows(key, own))

    def view(self, changed: set[Any] | None) -> View:
        live = self._live()
        if changed is None:
            return View(live.copy(), self._rows, None)
        return View(_picked(live, changed), self._rows, _alone, many=True)

    def _rows(self, key: Any, own: Any) -> list[Any]:
        return [(key, entry) for entry in self._entries(own)]

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


_EMPTY: dict[Any, Any] = {}


def _shallow(held: Any) -> dict[Any, Any]:
    """A dict of a table's own: of a plain one at the speed of memory."""
    return dict(held) if isinstance(held, dict) else dict(held.items())


def _picked(held: Any, changed: set[Any]) -> dict[Any, Any]:
    """What there is of units, or GONE."""
    return dict(zip(changed, map(held.get, changed, repeat(GONE)), strict=True))


def _got(held: Any, key: Any) -> Any:
    """What there is, without telling of it."""
    return dict.get(held, key, GONE) if isinstance(held, dict) else held.get(key, GONE)


def _nothing() -> Iterator[list[Any]]:
    return iter(())


def _alone(unit: Any) -> Any:
    return (unit,)


def _itself(unit: Any) -> Any:
    return unit
