from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._worker.runtime.operator import MIN_TIMESTAMP
from .harness import OneInputHarness
from .operator_of_stream import operator_of_stream


class TwoInputHarness(OneInputHarness):
    """Runs a function or an operation with two inputs; watermarks of the two merge as the minimum.

    Args:
        key_by2: Key of a record of the second input; a broadcast input has none.
    """

    def __init__(
        self, function: Any = None, *, key_by2: Callable[[Any], Any] | None = None, **options: Any
    ) -> None:
        super().__init__(function, **options)
        self._key_by = (self._key_by[0], key_by2)
        self._merged = [MIN_TIMESTAMP, MIN_TIMESTAMP]

    @classmethod
    def open_streams(cls, build: Callable[[Any, Any], Any], **options: Any) -> TwoInputHarness:
        """As ``open_stream``, for an operator on two streams: joins, and whatever streams connect to."""
        return cls(**operator_of_stream(build, 2), **options)

    def process1(self, *values: Any, timestamp: int = MIN_TIMESTAMP) -> None:
        """Records of the first input."""
        self.process(*values, timestamp=timestamp)

    def process2(self, *values: Any, timestamp: int = MIN_TIMESTAMP) -> None:
        """Records of the second input."""
        self._feed(1, [(value, timestamp) for value in values])

    def watermark1(self, timestamp: int) -> None:
        """Event time of the first input."""
        self._merge(0, timestamp)

    def watermark2(self, timestamp: int) -> None:
        """Event time of the second input."""
        self._merge(1, timestamp)

    def _merge(self, which: int, timestamp: int) -> None:
        before = min(self._merged)
        self._merged[which] = max(timestamp, self._merged[which])
        if min(self._merged) > before:
            self.watermark(min(self._merged))
