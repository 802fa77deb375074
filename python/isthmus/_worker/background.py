"""A thread that works off what waits for a disk, in order, so that the loop need not."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable


class Background:
    """Starts its thread with the first work; the process ends without waiting for it.

    Args:
        wake: Called, in the thread, when some work is done.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._work: queue.Queue[Callable[[], None]] = queue.Queue()
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[], None]) -> None:
        """After what was given before. ``work`` raises nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="isthmus-state", daemon=True)
            self._thread.start()
        self._work.put(work)

    def settle(self) -> None:
        """Return when all that was given is done."""
        self._work.join()

    def _loop(self) -> None:
        while True:
            work = self._work.get()
            try:
                work()
            finally:
                self._work.task_done()
                self._wake()
