"""All outputs of a task: those of its main output, and side outputs with what functions have made for them.

O1. What an output is given is nobody else's: the functions of the chain may go on to change what they have emitted.
O2. A function that makes more for a side output than is kept is held up within its call until there is room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..._values.keep import Own, as_it_is
from .operator import Cursor
from .pull import Made
from .reach import SHARED
from .side_buffer import SideBuffer
from .watchdog import Watchdog

if TYPE_CHECKING:
    from .output import Output

#: Bytes of a chunk, once the size of records is known, and of what is kept for a side output.
CHUNK_BYTES = 2 << 20


class Outputs:
    """
    Args:
        give_way: Called within a function that makes more for side outputs than they take: lets others go on until they do.
    """

    def __init__(self, cursor: Cursor, watchdog: Watchdog | None) -> None:
        self._cursor = cursor
        self._watchdog = watchdog
        self.main: list[Output] = []
        #: By place of the operator in the chain, and tag.
        self.sides: dict[tuple[int, str], Output] = {}
        #: How records are kept for the outputs while the functions of the chain go on (``keep``); None: as they are.
        self.own: Own | None = None
        self.own_side: Own = as_it_is
        self.give_way: Callable[[], None] = lambda: None
        self.records_out = 0
        self._buffers: dict[tuple[int, str], SideBuffer] = {}

    @property
    def ready(self) -> bool:
        for output in self.main:
            if not output.ready:
                return False
        if self.sides:
            for output in self.sides.values():
                if not output.ready:
                    return False
        return True

    @property
    def all_sent(self) -> bool:
        return all(output.empty for output in self._all())

    def emit(self, made: Made, reach: int) -> None:
        values, timestamps = made
        self.records_out += len(values)
        for output in self.main:
            output.emit(values, timestamps, reach)

    def fitting(self, limit: int) -> int:
        """Records of a chunk of no more than ``limit`` and ``CHUNK_BYTES``."""
        for output in self.main:
            if limit * output.scale.per_record > CHUNK_BYTES:
                limit = max(1, int(CHUNK_BYTES / output.scale.per_record))
        return limit

    def control(self, element: tuple[Any, ...]) -> None:
        for output in self._all():
            output.control(element)

    def push(self) -> None:
        """What channels hold back to make their batches larger leaves."""
        for output in self._all():
            output.push()

    def emit_side(self, operator: int, tag: str, value: Any) -> None:
        where = (operator, tag)
        buffer = self._buffers.get(where)
        if buffer is None:
            buffer = self._buffers[where] = SideBuffer()
        if buffer.add(self.own_side(value), self._cursor.timestamp):  # O1
            self._make_room(where, buffer)

    def flush_sides(self, clear: bool = True) -> None:
        """
        Args:
            clear: False where the function may add to the buffers meanwhile.
        """
        for where, buffer in list(self._buffers.items()):
            made = buffer.take()
            output = self.sides.get(where)
            if output is not None and made is not None:
                output.emit(*made, SHARED)
            if clear:
                buffer.clear()

    def _make_room(self, where: tuple[int, str], buffer: SideBuffer) -> None:
        """O2"""
        watchdog = self._watchdog
        pull = watchdog.leave() if watchdog is not None else None
        try:
            self.flush_sides()
            output = self.sides.get(where)
            if output is not None:
                buffer.grow(CHUNK_BYTES, output.scale.per_record)
                if not self.ready:
                    self.give_way()
        finally:
            if watchdog is not None and pull is not None:
                watchdog.enter(pull)

    def _all(self) -> list[Output]:
        return [*self.main, *self.sides.values()]
