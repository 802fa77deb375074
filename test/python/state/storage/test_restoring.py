"""What of old subtasks' state is read; ``test/state/storage/restoring.test.ts`` is the twin."""

from __future__ import annotations

import pytest
from isthmus._worker.state.chunks import NO_GROUP, WHOLE, whole
from isthmus._worker.state.key_identity import GroupOf
from isthmus._worker.state.storage.bridge_storage import BridgeStorage
from isthmus._worker.state.storage.restoring import read_states
from isthmus._worker.state.storage.subtask_state import ChunkHandle, KeptOperator, KeptTable, SubtaskState
from isthmus._worker.state.store import SubtaskStore

PARALLELISM, MAX_PARALLELISM = 2, 4
#: Half of the key groups belong to each of two subtasks.
OF_SUBTASK = ([0, 1], [2, 3])


def kept(damaged: tuple[int, ...] = ()) -> tuple[BridgeStorage, SubtaskState]:
    """A subtask that had all groups, and something of none, each with an entry that says whose it is."""
    storage = BridgeStorage(lambda number, last, piece: storage.receive(number, last, piece))
    storage.max_frame_bytes = 1 << 10
    writer = storage.writer("state")
    chunks = []
    for group in (0, 1, 2, 3, NO_GROUP):
        made = whole("count", "value:n", "keyed", group, [f"of {group}"])
        stored = writer.add(made.data)
        checksum = b"\0" * 32 if group in damaged else stored.checksum
        chunks.append(
            ChunkHandle(made.codec, group, WHOLE, stored.file, stored.offset, len(made.data), checksum)
        )
    table = KeptTable("value:n", "keyed", chunks)
    operator = KeptOperator("count", "count words", "process", "python", None, [table])
    return storage, SubtaskState(0, 1, MAX_PARALLELISM, writer.commit(), [operator])


@pytest.mark.parametrize("subtask", [0, 1])
def test_a_subtask_gets_its_key_groups_and_what_has_none(subtask: int) -> None:
    storage, state = kept()
    mine = OF_SUBTASK[subtask]
    (saved,) = read_states(storage, [state], mine.__contains__)
    assert [chunk.group for chunk in saved.chunks] == [*mine, NO_GROUP]
    assert saved.uids == {"count"}


def test_what_belongs_to_others_is_not_even_read() -> None:
    storage, state = kept(damaged=(2, 3))
    (saved,) = read_states(storage, [state], OF_SUBTASK[0].__contains__)
    assert len(saved.chunks) == 3


@pytest.mark.parametrize("subtask", [0, 1])
def test_key_groups_that_are_not_its_own_are_left_out(subtask: int) -> None:
    storage, state = kept()
    saved = read_states(storage, [state], lambda group: True)
    groups = GroupOf(MAX_PARALLELISM, PARALLELISM, subtask)
    again = SubtaskStore(groups, subtask, PARALLELISM, saved).freeze().saved()
    # What has no group and is declared by nobody is kept by one.
    kept_by_one = [NO_GROUP] if subtask == 0 else []
    assert [chunk.group for chunk in again.chunks] == [*OF_SUBTASK[subtask], *kept_by_one]
