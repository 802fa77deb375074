"""All that a subtask keeps over a barrier: one store, which its operators declare their tables in. Twin of
``src/state/store.ts``.

An operator declares at ``open`` what it keeps, and finds in it what was restored; the store alone writes and reads it.

  S1. A table is known by the uid of its operator and its name. Chaining, parallelism and other operators change neither.
  S2. Keyed entries go by key group, so that each goes to the subtask that has the group now.
  S3. What was restored and is not declared stays as it is and goes into the next snapshot.
  S4. What is frozen is what was there at the barrier: what functions change later is not in it.
  S5. A table has one form; a restored one of another form is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ...errors import GraphError
from .chunks import NO_GROUP, WHOLE, Chunk, SavedSubtask, changes_of, whole
from .frozen import Frozen
from .key_identity import GroupOf
from .tables import (
    BroadcastTable,
    DerivedTable,
    DrawnTable,
    KeyedTable,
    ListTable,
    NamespacedTable,
    Table,
    UnionTable,
)

#: Before names of state that belongs to no key, which keyed state may have, too.
OF_OPERATOR = "operator:"


class _Origin(NamedTuple):
    """Where a restored chunk comes from."""

    subtask: int
    parallelism: int
    chunk: Chunk


class SubtaskStore:
    """The state of one subtask.

    Args:
        groups: The key groups of the job, and which are this subtask's.
        saved: What the subtasks of the task had, in any order.
    """

    def __init__(
        self, groups: GroupOf, subtask: int, parallelism: int, saved: Iterable[SavedSubtask] = ()
    ) -> None:
        self.groups = groups
        self.subtask = subtask
        self.parallelism = parallelism
        saved = sorted(saved, key=lambda each: each.subtask)
        #: How many subtasks the restored state is of.
        self.predecessors = len(saved)
        self._tables: dict[tuple[str, str], Table] = {}
        #: Not declared yet (S3).
        self._restored: dict[tuple[str, str], list[_Origin]] = {}
        for old in saved:
            for chunk in old.chunks:
                if chunk.group == NO_GROUP or groups.is_mine(chunk.group):  # S2
                    self._restore(_Origin(old.subtask, old.parallelism, chunk))

    def _restore(self, origin: _Origin) -> None:
        chunk = origin.chunk
        known = self._restored.setdefault((chunk.uid, chunk.table), [])
        if chunk.kind == WHOLE:  # C2
            known[:] = (
                one for one in known if (one.subtask, one.chunk.group) != (origin.subtask, chunk.group)
            )
        known.append(origin)

    def of(self, uid: str) -> OperatorStore:
        """The tables of an operator."""
        return OperatorStore(self, uid)

    def declared(self, uid: str, name: str, form: str, make: Callable[[], Table]) -> Table:
        """The table of a name, with what was restored of it.

        Raises:
            GraphError: It is of another form, here or in what was restored.
        """
        table = self._tables.get((uid, name))
        if table is None:
            table = self._tables[uid, name] = make()
            for origin in self._restored.pop((uid, name), ()):
                if origin.chunk.form != form:
                    raise _of_another_form(name, origin.chunk.form, form, "was kept as a {} before")
                removed, entries = changes_of(origin.chunk)
                if removed:
                    table.remove(removed)
                table.load(entries, origin.subtask, origin.parallelism)
            table.loaded()
        elif table.form != form:
            raise _of_another_form(name, table.form, form, "is a {} already")
        return table

    def waits(self, uid: str, name: str) -> bool:
        """Whether a table was restored that nobody has declared yet (S3)."""
        return (uid, name) in self._restored

    def freeze(self, checkpoint: int = 0, full: bool = False) -> Frozen:
        """All tables as they are now (S4).

        Args:
            full: All there is, not what has changed since the last completed checkpoint.
        """
        chunks = [chunk for address, table in self._tables.items() for chunk in self._frozen(address, table)]
        chunks += (origin.chunk for origins in self._restored.values() for origin in origins)
        return Frozen(checkpoint, None, self.subtask, self.parallelism, iter(chunks))

    def completed(self, checkpoint: int) -> None:
        """A checkpoint is durable: the next ones are built on it. One that is older than the base, or unknown, is ignored."""

    def aborted(self, checkpoint: int) -> None:
        """A checkpoint will never be complete: its changes go into the next one."""

    def _frozen(self, address: tuple[str, str], table: Table) -> Iterator[Chunk]:
        if not table.keyed:
            entries = list(table.entries())
            if entries:
                yield whole(*address, table.form, NO_GROUP, entries)
            return
        group_of = self.groups.group_of_entry
        by_group: dict[int, list[Any]] = {}
        for entry in table.entries():
            by_group.setdefault(group_of(entry[0]), []).append(entry)
        for group, entries in by_group.items():
            yield whole(*address, table.form, group, entries)


class OperatorStore:
    """Where one operator declares what it keeps. Asking again for a name gives the same."""

    def __init__(self, store: SubtaskStore, uid: str) -> None:
        self._store = store
        self._uid = uid

    def keyed(
        self,
        name: str,
        make: Callable[[], Any] = dict,
        alive: Callable[[Any], Any] | None = None,
    ) -> Any:
        """Key → entry.

        Args:
            make: A dict, or what has its methods and keeps entries elsewhere.
            alive: What of an entry is still to be kept; None where it is nothing.
        """
        return self._declare(name, KeyedTable.form, lambda: KeyedTable(make(), alive)).held

    def namespaced(
        self, name: str, opened: Callable[[Any], None] = lambda namespace: None
    ) -> dict[Any, dict[Any, Any]]:
        """Namespace (a window, the start of one, a side) → key → entry.

        Args:
            opened: Told each namespace that was restored.
        """
        held: dict[Any, dict[Any, Any]] = self._declare(
            name, NamespacedTable.form, lambda: NamespacedTable(opened)
        ).held
        return held

    def derived(self, name: str, entries: Callable[[], Iterable[tuple[Any, Any]]]) -> list[tuple[Any, Any]]:
        """``(key, entry)`` pairs that the operator keeps in an order of its own; gives the restored ones.

        Args:
            entries: Gives all of them as they are now.
        """
        table = self._declare(name, DerivedTable.form, lambda: DerivedTable(entries))
        restored: list[tuple[Any, Any]] = table.held
        table.held = []
        return restored

    def drawn(self, name: str, value: Callable[[], Any]) -> list[Any]:
        """One value of the subtask; gives those that its predecessors had, in their order (those that had one).

        Args:
            value: Gives it as it is now; None where there is none.
        """
        restored: list[Any] = self._declare(name, DrawnTable.form, lambda: DrawnTable(value)).held
        return restored

    @property
    def predecessors(self) -> int:
        """How many subtasks the restored state is of."""
        return self._store.predecessors

    def split_list(self, name: str) -> list[Any]:
        """Values that are dealt out anew when the parallelism changes."""
        store = self._store
        held: list[Any] = self._declare(
            name, ListTable.form, lambda: ListTable(store.subtask, store.parallelism)
        ).held
        return held

    def union_list(self, name: str) -> list[Any]:
        """Values that every subtask gets all of."""
        held: list[Any] = self._declare(name, UnionTable.form, UnionTable).held
        return held

    def broadcast(self, name: str) -> dict[Any, Any]:
        """A map that is the same in all subtasks."""
        held: dict[Any, Any] = self._declare(name, BroadcastTable.form, BroadcastTable).held
        return held

    def undeclared(self, names: Iterable[str]) -> list[str]:
        """Of these tables, those that were restored and are not declared."""
        return [name for name in names if self._store.waits(self._uid, name)]

    def kept_by(self, name: str, form: str, make: Callable[[], Any]) -> Any:
        """A table that keeps its entries itself, elsewhere than on the heap; gives it."""
        return self._declare(name, form, make)

    def _declare(self, name: str, form: str, make: Callable[[], Any]) -> Any:
        return self._store.declared(self._uid, name, form, make)


def _of_another_form(name: str, one: str, other: str, how: str) -> GraphError:
    state = (
        f'operator state "{name.removeprefix(OF_OPERATOR)}"'
        if name.startswith(OF_OPERATOR)
        else f'state "{name}"'
    )
    return GraphError(f"The {state} {how.format(_FORMS[one])}; give the {_FORMS[other]} another name.")


_FORMS = {
    KeyedTable.form: "keyed state",
    NamespacedTable.form: "state by window",
    DerivedTable.form: "contents of the operator",
    DrawnTable.form: "value of the subtask",
    ListTable.form: "list state",
    UnionTable.form: "union list state",
    BroadcastTable.form: "broadcast state",
}
