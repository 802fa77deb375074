"""A thread that works off what waits for a disk, in order, so that the loop need not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import queue


class Background:
    """Starts its thread with the first work; the process ends without waiting for it.

    Args:
        wake: Called, in the thread, when some work is done.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._queue: queue.Queue[Callable[[], None]] | None = None

    def run(self, work: Callable[[], None]) -> None:
        """After what was given before. ``work`` raises nothing."""
        if self._queue is None:
            import queue  # A worker that keeps nothing starts without it.

            self._queue = queue.Queue()
            threading.Thread(
                target=self._loop, args=(self._queue,), name="isthmus-state", daemon=True
            ).start()
        self._queue.put(work)

    def settle(self) -> None:
        """Return when all that was given is done."""
        if self._queue is not None:
            self._queue.join()

    def _loop(self, queue: queue.Queue[Callable[[], None]]) -> None:
        while True:
            work = queue.get()
            try:
                work()
            finally:
                queue.task_done()
                self._wake()
