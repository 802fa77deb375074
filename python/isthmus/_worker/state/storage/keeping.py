"""A frozen subtask on its way into storage, chunk by chunk: what goes where, as its ``SubtaskState`` will say. Twin of
``src/state/storage/keeping.ts``.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..chunks import Chunk
from .storage import Stored
from .subtask_state import ChunkHandle, KeptOperator, KeptTable, SubtaskState


class Keeping:
    """
    Args:
        operators: Those of the chain, and those whose state is kept although they are not there; without tables.
        base: The checkpoint that these are the changes since.
    """

    def __init__(
        self,
        subtask: int,
        parallelism: int,
        max_parallelism: int,
        operators: Iterable[KeptOperator],
        base: int | None,
    ) -> None:
        self._place = (subtask, parallelism, max_parallelism)
        self._base = base
        self._operators = {each.uid: each._replace(tables=[]) for each in operators}
        self._tables: dict[tuple[str, str], KeptTable] = {}

    def kept(self, chunk: Chunk, stored: Stored) -> None:
        """A chunk is stored there; called in the order of the chunks."""
        address = chunk.uid, chunk.table
        table = self._tables.get(address)
        if table is None:
            table = self._tables[address] = KeptTable(chunk.table, chunk.form, [])
            self._operators[chunk.uid].tables.append(table)
        table.chunks.append(
            ChunkHandle(
                chunk.codec,
                chunk.group,
                chunk.kind,
                stored.file,
                stored.offset,
                len(chunk.data),
                stored.checksum,
            )
        )

    def state(self, files: list[str]) -> SubtaskState:
        """All of it, when it is durable in these files."""
        return SubtaskState(*self._place, files, list(self._operators.values()), self._base)
