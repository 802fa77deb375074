"""Time as a worker sees it; a test passes one that it moves by hand."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Processing time: milliseconds since the epoch."""
        ...

    def now_ns(self) -> int:
        """The same in nanoseconds, for loops that only compare it."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never backwards."""
        ...


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    now_ns = staticmethod(time.time_ns)
    monotonic = staticmethod(time.monotonic)
