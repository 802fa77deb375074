"""A clock that a test moves."""

from __future__ import annotations


class ManualClock:
    """Stands still until it is told to go on."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Processing time: milliseconds since the epoch."""
        return self._now_ms

    def now_ns(self) -> int:
        """The same in nanoseconds."""
        return self._now_ms * 1_000_000

    def monotonic(self) -> float:
        """Seconds; moves with ``now_ms``."""
        return self._now_ms / 1000

    def set(self, now_ms: int) -> None:
        """Move to a time, not backwards."""
        if now_ms < self._now_ms:
            raise ValueError(f"The clock is at {self._now_ms} ms and cannot go back to {now_ms}.")
        self._now_ms = now_ms
