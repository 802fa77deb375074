"""State of old subtasks, read for a subtask that takes over. Twin of ``src/state/storage/restoring.ts``.

R1. Read is what belongs to a key group that is the subtask's now, and what belongs to none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..chunks import NO_GROUP, Chunk, SavedSubtask
from .storage import StateStorage
from .subtask_state import KeptOperator, KeptTable, SubtaskState


def read_states(
    storage: StateStorage, states: Iterable[SubtaskState], is_mine: Callable[[int], bool]
) -> list[SavedSubtask]:
    """What the subtask gets of each state.

    Raises:
        StateError: A chunk is not there, or not what was written.
    """
    saved = []
    for state in states:
        reader = storage.reader(state.files)
        try:
            chunks = [
                Chunk(
                    each.uid,
                    table.name,
                    table.form,
                    handle.codec,
                    handle.group,
                    handle.kind,
                    reader.read(handle, whose(each, table, handle.group)),
                )
                for each in state.operators
                for table in each.tables
                for handle in table.chunks
                if handle.group == NO_GROUP or is_mine(handle.group)  # R1
            ]
        finally:
            reader.close()
        uids = frozenset(each.uid for each in state.operators)
        saved.append(SavedSubtask(state.subtask, state.parallelism, chunks, uids))
    return saved


def whose(operator: KeptOperator, table: KeptTable, group: int) -> str:
    """What a chunk is of, for errors."""
    of_group = "" if group == NO_GROUP else f", key group {group},"
    return f'The state of operator "{operator.name}" (uid "{operator.uid}"), table "{table.name}"{of_group}'
