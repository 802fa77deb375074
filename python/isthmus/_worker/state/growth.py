"""How large the increments since the last whole checkpoint have become. Twin of src/state/growth.ts.

G1. When they are larger than it, and not small, the next one is whole: what is kept and read again is never much more than
    twice what there is, and what is written, over time, never more than twice what changes.
"""

from __future__ import annotations

#: What a chunk costs beside its bytes: its handle in each manifest since, its part of a file.
_OF_CHUNK = 256
#: Bytes of increments that are always worth less than writing all anew.
_LEAST = 64 << 10


class Growth:
    def __init__(self) -> None:
        #: By checkpoint: whether it is whole, and its bytes so far.
        self._open: dict[int, tuple[bool, int]] = {}
        self._whole = 0
        self._since = 0

    @property
    def is_due(self) -> bool:
        """G1"""
        return self._since > max(self._whole, _LEAST)

    def begin(self, checkpoint: int, whole: bool) -> None:
        self._open[checkpoint] = (whole, 0)

    def add(self, checkpoint: int, size: int) -> None:
        """A chunk of so many bytes is part of a checkpoint."""
        found = self._open.get(checkpoint)
        if found is not None:
            self._open[checkpoint] = (found[0], found[1] + size + _OF_CHUNK)

    def completed(self, checkpoint: int) -> None:
        whole, size = self._open.get(checkpoint, (False, 0))
        if whole:
            self._whole, self._since = size, 0
        else:
            self._since += size
        for older in [one for one in self._open if one <= checkpoint]:
            del self._open[older]

    def aborted(self, checkpoint: int) -> None:
        self._open.pop(checkpoint, None)
