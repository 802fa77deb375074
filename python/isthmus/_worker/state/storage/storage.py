"""Where chunks of state are kept: a small interface, so that operators and store know nothing of files. Twin of
``src/state/storage/storage.ts``. ``FileStorage`` has them in files, ``BridgeStorage`` sends them to an engine that keeps
them itself.

  K1. What ``commit`` has returned from is durable, as far as this storage goes; before, nothing of it can be taken for whole.
  K2. No byte of a chunk is used before its size and its checksum are known to be those that were written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ....errors import StateError
from .subtask_state import ChunkHandle


class Stored(NamedTuple):
    """Where a chunk has been put."""

    file: int
    offset: int
    checksum: bytes


class StateWriter(Protocol):
    """Takes the chunks of one subtask's snapshot."""

    def add(self, data: bytes) -> Stored: ...

    def commit(self) -> list[str]:
        """Make all that was added durable (K1).

        Returns:
            The files it is in; none where chunks have gone over the bridge.
        """
        ...

    def discard(self) -> None:
        """Leave nothing of it behind."""
        ...


class StateReader(Protocol):
    def read(self, handle: ChunkHandle, whose: str) -> bytes:
        """A chunk, which is whole (K2).

        Args:
            whose: What it is of, for errors.

        Raises:
            StateError: It is not there, or is not what was written.
        """
        ...

    def close(self) -> None: ...


class StateStorage(Protocol):
    #: Whether its writers wait for a disk, so that whoever keeps a loop calls them elsewhere.
    waits: bool

    def writer(self, name: str) -> StateWriter:
        """Of a snapshot of that name, which no other has."""
        ...

    def reader(self, files: Sequence[str]) -> StateReader: ...


def checksum_of(data: bytes | memoryview) -> bytes:
    import hashlib  # Many workers keep nothing.

    return hashlib.sha256(data).digest()


def snapshot_name(attempt: int, checkpoint: int, task: int, subtask: int) -> str:
    """No two snapshots of a job have one name: attempts count on over restarts, checkpoints over attempts."""
    return f"{checkpoint:010}-a{attempt}-t{task}-s{subtask}.state"


def unusable(whose: str, why: str) -> StateError:
    return StateError(f"{whose} {why} Restore from another checkpoint: this one is not whole.")


def check_whole(data: bytes | memoryview, handle: ChunkHandle, whose: str, where: str) -> None:
    """K2."""
    if len(data) != handle.size:
        raise unusable(
            whose, f"is cut short in {where}: {len(data)} of {handle.size} bytes from {handle.offset} on."
        )
    if checksum_of(data) != handle.checksum:
        raise unusable(
            whose,
            f"is damaged in {where}: its {handle.size} bytes from {handle.offset} on are not those that were "
            "written, by their SHA-256.",
        )
