"""What a checkpoint has of a subtask, as pieces of its tables. Twin of ``src/state/chunks.ts``.

C1. Chunks are in the order in which they are to be applied: those of a base, then those of each increment since.
C2. A chunk that is whole begins its table, or the key group of it, anew: what came before it, of the same subtask, is void.
    Its data are entries.
C3. A chunk of changes has what is gone and then what there is now: ``[removed, entries]``. What is gone is told as an
    entry without its last part, so the key, or the key and what goes with it.
C4. A chunk of more has entries on top of what there was, as those of a whole one are: what several subtasks had, and one keeps.
C5. A table that is large comes in several: the first is whole, the others are changes that remove nothing (``frozen.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..._values.isolate import dumps, loads

#: In place of a key group, where a table has none.
NO_GROUP = -1
#: How a chunk is to be read: values of Python, pickled.
PICKLE = 2
#: What a chunk is (C2, C3, C4).
WHOLE, CHANGES, MORE = 0, 1, 2


class Chunk(NamedTuple):
    """A piece of a table, of one key group."""

    uid: str
    table: str
    form: str
    codec: int
    group: int
    kind: int
    data: bytes


class SavedSubtask(NamedTuple):
    """What a checkpoint has of a subtask (C1)."""

    subtask: int
    parallelism: int
    chunks: list[Chunk]
    #: Of the operators that it is of; None: of all of the chain.
    uids: frozenset[str] | None = None

    def entries(self, table: str) -> list[Any]:
        """What it has of a table, of all operators and key groups, where it is no increment."""
        return [entry for chunk in self.chunks if chunk.table == table for entry in changes_of(chunk)[1]]


def whole(uid: str, table: str, form: str, group: int, entries: list[Any]) -> Chunk:
    """The first piece of a table or of a key group of it."""
    return Chunk(uid, table, form, PICKLE, group, WHOLE, dumps(entries))


def changes(uid: str, table: str, form: str, group: int, removed: list[Any], entries: list[Any]) -> Chunk:
    """What goes on top of what there was."""
    return Chunk(uid, table, form, PICKLE, group, CHANGES, dumps([removed, entries]))


def changes_of(chunk: Chunk) -> tuple[list[Any], list[Any]]:
    """What a chunk says is gone, and its entries."""
    data = loads(chunk.data)
    if chunk.kind != CHANGES:
        return [], data
    removed, entries = data
    return removed, entries


def together(increments: Sequence[SavedSubtask]) -> SavedSubtask:
    """A base and the increments since, oldest first, as one (C1)."""
    chunks = [chunk for one in increments for chunk in one.chunks]
    return increments[-1]._replace(chunks=chunks)
