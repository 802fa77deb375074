"""State over the bridge, for an engine that keeps it itself: each chunk in STATE frames of bounded size, before the frame
that names it. Twin of ``src/state/storage/bridge-storage.ts``.

  B1. A chunk of a snapshot has a number of its own, by which its handle names it.
  B2. A chunk that comes in is known by its checksum: an engine need not number those that it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .storage import Stored, check_whole, checksum_of, unusable
from .subtask_state import ChunkHandle

#: Bytes of a piece, where frames may be larger.
_PIECE_BYTES = 8 << 20
_NUMBERS = 1 << 32

#: ``send(number, is_last, piece)``.
Send = Callable[[int, bool, bytes], None]


class BridgeStorage:
    waits = False

    def __init__(self, send: Send) -> None:
        self._send = send
        #: What a frame may hold.
        self.max_frame_bytes = 64 << 20
        self._number = 0
        #: Pieces of chunks that have not come whole.
        self._pieces: dict[int, bytearray] = {}
        self._received: dict[bytes, bytes] = {}

    def writer(self, name: str) -> BridgeStorage:
        del name
        return self

    def add(self, data: bytes) -> Stored:
        number = self._number
        self._number = (number + 1) % _NUMBERS
        size = min(_PIECE_BYTES, self.max_frame_bytes)
        for start in range(0, max(1, len(data)), size):
            self._send(number, start + size >= len(data), data[start : start + size])
        return Stored(number, 0, checksum_of(data))  # B1

    def commit(self) -> list[str]:
        return []

    def discard(self) -> None:
        """An engine drops chunks that no SNAPSHOT names."""

    def receive(self, number: int, is_last: bool, piece: bytes | memoryview) -> None:
        """A piece of a chunk to restore from."""
        pieces = self._pieces.setdefault(number, bytearray())
        pieces += piece
        if is_last:
            del self._pieces[number]
            data = bytes(pieces)
            self._received[checksum_of(data)] = data  # B2

    def forget(self) -> None:
        """What was received is restored."""
        self._pieces.clear()
        self._received.clear()

    def reader(self, files: Sequence[str]) -> BridgeStorage:
        del files
        return self

    def read(self, handle: ChunkHandle, whose: str) -> bytes:
        data = self._received.get(handle.checksum)
        if data is None:
            raise unusable(whose, "has not come over the bridge, or not as it was written.")
        check_whole(data, handle, whose, "what came over the bridge")
        return data

    def close(self) -> None:
        """The reader has nothing to close."""
