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
from .changes import Changes, Touch
from .chunks import MORE, NO_GROUP, WHOLE, Chunk, SavedSubtask, changes_of, whole
from .frozen import Address, Frozen, encoded
from .growth import Growth
from .key_identity import GroupOf, NamespacedKey
from .saved_whole import SavedWhole
from .tables import (
    BroadcastTable,
    DerivedTable,
    DrawnTable,
    KeyedTable,
    ListTable,
    MapTable,
    NamespacedTable,
    Table,
    UnionTable,
)
from .touching import TouchingDict
from .tracked_table import TrackedTable

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
        checkpoints: Whether the job takes any, so that it must be known what changes.
    """

    def __init__(
        self,
        groups: GroupOf,
        subtask: int,
        parallelism: int,
        saved: Iterable[SavedSubtask] = (),
        checkpoints: bool = False,
    ) -> None:
        self.groups = groups
        self.subtask = subtask
        self.parallelism = parallelism
        saved = sorted(saved, key=lambda each: each.subtask)
        self._predecessors = [each.uids for each in saved]
        #: The keys of records and timers; None where nothing is to be told of.
        self.keys = Changes() if checkpoints else None  # D3 of changes.py
        self._all_changes: list[Changes | TrackedTable] = [self.keys] if self.keys is not None else []
        self._tables: dict[tuple[str, str], Table] = {}
        #: Not declared yet (S3).
        self._restored: dict[tuple[str, str], dict[tuple[int, int], list[_Origin]]] = {}
        #: The last completed checkpoint, and those that may become it.
        self._base: int | None = None
        self._open: set[int] = set()
        self._growth = Growth()
        self._lists = SavedWhole()
        #: Of the base and of those that may become it, the tables that there was anything in.
        self._held: dict[int, set[Address]] = {}
        for old in saved:
            for chunk in old.chunks:
                if chunk.group == NO_GROUP or groups.is_mine(chunk.group):  # S2
                    self._restore(_Origin(old.subtask, old.parallelism, chunk))

    def changes(self) -> Changes | None:
        """For a table whose units are not the keys of records."""
        if self.keys is None:
            return None
        made = Changes()
        self._all_changes.append(made)
        return made

    def tracked(self, held: Any) -> Any:
        """What knows the changes of a table that is not on the heap; None where nothing does."""
        if not isinstance(held, TrackedTable):
            return None
        self._all_changes.append(held)
        return held

    def _restore(self, origin: _Origin) -> None:
        chunk = origin.chunk
        pieces = self._restored.setdefault((chunk.uid, chunk.table), {})
        known = pieces.setdefault((origin.subtask, chunk.group), [])
        if chunk.kind == WHOLE:  # C2 of chunks.py
            known.clear()
        known.append(origin)

    @property
    def is_restored(self) -> bool:
        return bool(self._predecessors)

    def predecessors(self, uid: str) -> int:
        """How many subtasks the restored state of an operator is of."""
        return sum(uids is None or uid in uids for uids in self._predecessors)

    def of(self, uid: str) -> OperatorStore:
        """The tables of an operator."""
        return OperatorStore(self, uid)

    def declared(self, uid: str, name: str, form: str, make: Callable[[], Table]) -> Table:
        """The table of a name, with what was restored of it.

        Raises:
            GraphError: It is of another form, here or in what was restored.
        """
        table = self._tables.get((uid, name))  # S1
        if table is None:
            table = self._tables[uid, name] = make()
            for origin in _origins(self._restored.pop((uid, name), {})):
                if origin.chunk.form != form:  # S5
                    raise _of_another_form(name, origin.chunk.form, form, "was kept as a {} before")
                removed, entries = changes_of(origin.chunk)
                if removed:
                    table.remove(removed)
                table.load(entries, origin.subtask, origin.parallelism)
            table.loaded()
        elif table.form != form:
            raise _of_another_form(name, table.form, form, "is a {} already")
        return table

    def _undeclared(self, pieces: dict[tuple[int, int], list[_Origin]]) -> Iterator[Chunk]:
        """What this subtask keeps of a table that nobody has declared. State without keys, which each has been given, is kept by
        one, in order and by the same one where the parallelism is the same (S3).
        """
        has_any = False
        for (subtask, group), origins in pieces.items():
            if group == NO_GROUP and subtask * self.parallelism // origins[0].parallelism != self.subtask:
                continue
            for origin in origins:
                chunk = origin.chunk
                # That of another subtask is no void of the one's before it (C4 of ``chunks.py``).
                joins = has_any and group == NO_GROUP and chunk.kind == WHOLE
                yield chunk._replace(kind=MORE) if joins else chunk
            has_any = True

    def waits(self, uid: str, name: str) -> bool:
        """Whether a table was restored that nobody has declared yet (S3)."""
        return (uid, name) in self._restored

    def freeze(self, checkpoint: int = 0, full: bool = False) -> Frozen:
        """All tables as they are now (S4). Without ``checkpoints`` all of it is encoded at once.

        Args:
            full: All there is, not what has changed since the last completed checkpoint.
        """
        base = None if full or self._growth.is_due else self._base
        sealed = {id(changes): changes.seal(checkpoint) for changes in self._all_changes}
        parts: list[Iterator[Chunk | None]] = []
        held = self._held[checkpoint] = {
            (*one, next(_origins(pieces)).chunk.form) for one, pieces in self._restored.items()
        }
        for (uid, name), table in self._tables.items():
            address = (uid, name, table.form)
            if not table.keyed:
                parts.append(self._lists.encoded(checkpoint, base, address, table))
                continue
            changes = table.changes
            increment = base is not None and changes is not None
            if table.holds_any():
                held.add(address)
            removes = base is None or address in self._held[base]
            stored = table.stored_view(increment)
            if stored is not None:
                parts.append(stored.chunks(address, removes))
                continue
            view = table.view(sealed[id(changes)] if increment else None)
            if changes is not None:
                changes.encoding(checkpoint, view)
            elif base is not None:
                parts.append(whole(*address, group, []) for group in self.groups.mine())
            parts.append(encoded(address, view, self.groups.group_of_entry, base is not None, removes))
        if base is None:
            parts.append(chunk for pieces in self._restored.values() for chunk in self._undeclared(pieces))
        self._open.add(checkpoint)
        self._growth.begin(checkpoint, base is None)
        steps = self._steps(checkpoint, parts)
        if self.keys is None:
            steps = iter(list(steps))
        return Frozen(checkpoint, base, self.subtask, self.parallelism, steps)

    def _steps(self, checkpoint: int, parts: list[Iterator[Chunk | None]]) -> Iterator[Chunk | None]:
        try:
            for part in parts:
                for step in part:
                    if step is not None:
                        self._growth.add(checkpoint, len(step.data))
                    yield step
                    if checkpoint not in self._open:
                        return
        finally:
            for changes in self._all_changes:
                changes.encoded(checkpoint)

    def completed(self, checkpoint: int) -> None:
        """A checkpoint is durable: the next ones are built on it. One that was given up, or is older, is ignored."""
        if checkpoint not in self._open:
            return
        self._held.pop(self._base, None)  # type: ignore[arg-type]
        self._base = checkpoint
        self._growth.completed(checkpoint)
        for changes in self._all_changes:
            changes.completed(checkpoint)
        self._lists.completed(checkpoint)
        for older in [one for one in self._open if one <= checkpoint]:
            self._close(older)

    def aborted(self, checkpoint: int) -> None:
        """A checkpoint will never be complete: its changes go into the next one."""
        self._growth.aborted(checkpoint)
        self._close(checkpoint)

    def _close(self, checkpoint: int) -> None:
        self._open.discard(checkpoint)
        if checkpoint != self._base:
            self._held.pop(checkpoint, None)
        for changes in self._all_changes:
            changes.encoded(checkpoint)


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
        by_window: bool = False,
    ) -> Any:
        """Key → entry.

        Args:
            make: A dict, or what has its methods and keeps entries elsewhere.
            alive: What of an entry is still to be kept; None where it is nothing.
            by_window: Keys are those of records with a window each.
        """
        store = self._store

        def table() -> KeyedTable:
            if make is not dict:
                made = KeyedTable(make(), alive)
                made.changes = store.tracked(made.held)
                return made
            changes = store.changes() if by_window else store.keys
            made = KeyedTable(TouchingDict(changes.touch) if by_window and changes else make(), alive)
            made.changes = changes
            return made

        return self._declare(name, KeyedTable.form, table).held

    def maps(
        self, name: str, make: Callable[[], Any] = dict, alive: Callable[[Any], Any] | None = None
    ) -> tuple[Any, Touch | None]:
        """Key → map, and whom to tell of ``(key, map key)`` that are about to change.

        Args:
            alive: As of ``keyed``, of what a map has under a key.
        """
        store = self._store

        def table() -> MapTable:
            made = MapTable(make(), alive)
            made.changes = store.changes() if make is dict else None
            return made

        declared = self._declare(name, MapTable.form, table)
        return declared.held, declared.changes and declared.changes.touch

    @property
    def group_of(self) -> Callable[[Any], int] | None:
        """The key group of a table's key, where it must be known what changes."""
        return None if self._store.keys is None else self._store.groups.group_of_entry

    @property
    def touch(self) -> Touch:
        """To be told of keys before what is kept of them changes, but for the key of the record at hand."""
        keys = self._store.keys
        return _not_told if keys is None else keys.touch

    def touch_key(self, key: Any) -> None:
        """As ``touch``, of a key that may be that of a window, too."""
        keys = self._store.keys
        if keys is not None:
            keys.touch((key[0] if type(key) is NamespacedKey else key,))

    def own(self, name: str, form: str, make: Callable[[Changes | None], Table]) -> Any:
        """A table of a kind of its own, which tells of its changes itself."""
        store = self._store

        def table() -> Table:
            changes = store.changes()
            made = make(changes)
            made.changes = changes
            return made

        return self._declare(name, form, table).held

    def namespaced(
        self, name: str, opened: Callable[[Any], None] = lambda namespace: None
    ) -> dict[Any, dict[Any, Any]]:
        """Namespace (a window, the start of one, a side) → key → entry.

        Args:
            opened: Told each namespace that was restored.
        """

        def table() -> NamespacedTable:
            made = NamespacedTable(opened)
            made.changes = self._store.keys
            return made

        held: dict[Any, dict[Any, Any]] = self._declare(name, NamespacedTable.form, table).held
        return held

    def own_namespaces(self, name: str, live: Callable[[], dict[Any, dict[Any, Any]]]) -> Any:
        """As ``namespaced``, where the operator keeps it; gives what was restored, once.

        Args:
            live: Gives all of it: namespace → key → entry.
        """

        def made() -> NamespacedTable:
            made = NamespacedTable(live=live)
            made.changes = self._store.keys
            return made

        table = self._declare(name, NamespacedTable.form, made)
        restored, table.held = table.held, {}
        return restored

    def derived(
        self,
        name: str,
        live: Callable[[], dict[Any, Any]],
        entries: Callable[[Any], Iterable[Any]] = lambda own: (own,),
    ) -> list[tuple[Any, Any]]:
        """What the operator keeps by key in a form of its own; gives the restored ``(key, entry)`` pairs.

        Args:
            live: Gives all of it: key → what it keeps of the key.
            entries: What of that is to be saved.
        """

        def made() -> DerivedTable:
            made = DerivedTable(live, entries)
            made.changes = self._store.keys
            return made

        table = self._declare(name, DerivedTable.form, made)
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
        return self._store.predecessors(self._uid)

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

    def _declare(self, name: str, form: str, make: Callable[[], Any]) -> Any:
        return self._store.declared(self._uid, name, form, make)


def _origins(pieces: dict[tuple[int, int], list[_Origin]]) -> Iterator[_Origin]:
    return (origin for origins in pieces.values() for origin in origins)


def _not_told(units: Any) -> None:
    pass


def _of_another_form(name: str, one: str, other: str, how: str) -> GraphError:
    state = (
        f'operator state "{name.removeprefix(OF_OPERATOR)}"'
        if name.startswith(OF_OPERATOR)
        else f'state "{name}"'
    )
    return GraphError(f"The {state} {how.format(_FORMS[one])}; give the {_FORMS[other]} another name.")


_FORMS = {
    KeyedTable.form: "keyed state",
    MapTable.form: "map state",
    NamespacedTable.form: "state by window",
    DerivedTable.form: "contents of the operator",
    DrawnTable.form: "value of the subtask",
    ListTable.form: "list state",
    UnionTable.form: "union list state",
    BroadcastTable.form: "broadcast state",
}
