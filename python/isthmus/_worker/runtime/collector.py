"""When cyclic garbage is collected in a worker.

Decoded batches are many objects that live shortly; scanning them again and again, as Python does by default, costs up
to a third of a job. So collections are rare by count, and come by bytes as well: few small objects may hold large ones.

  C1. What is there when a job begins is not scanned while it runs. All is when a job has ended that left the process
      larger, and in any case after ``JOBS`` of them, or so many more as a look at everything takes longer than
      ``LOOK_JOBS_S``: a warm worker keeps nothing of finished jobs, and small ones do not pay for what is loaded.
  C2. When the process has grown by ``GROWTH_BYTES``, or by half of itself if that is more, everything is collected.
  C3. While one call of the loop lasts (a function that makes thousands of results) nobody can collect from outside; then
      Python's own thresholds hold again.
"""

from __future__ import annotations

import gc
import os
import sys
import time
import typing
from collections.abc import Callable

#: How far a process may grow between two collections.
GROWTH_BYTES = 64 << 20
#: What a job may leave behind without being looked for at once, and after how many jobs that is looked for all the same.
LEFT_BYTES = 2 << 20
JOBS = 20
#: What looking for that may cost those jobs together.
LOOK_JOBS_S = 0.01
#: Seconds between two looks at the size of the process.
LOOK_S = 0.005

_RARELY = (100_000, 20, 100)
_AS_PYTHON_DOES = (700, 10, 10)


class Collector:
    """One per process; ``look`` is the loop's, ``look_aside`` the watchdog's."""

    def __init__(
        self, resident: Callable[[], int] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._resident = resident or resident_bytes()
        self._clock = clock
        self._due = 0.0
        self._first = self._resident()
        self._limit = self._first + GROWTH_BYTES
        self._clean = self._first
        self._jobs = 0
        self._patience = JOBS
        self._often = False

    def begin_job(self) -> None:
        """A job has been deployed."""
        gc.collect()
        gc.freeze()  # C1
        self._set_rarely()
        self._measure()

    def end_job(self) -> None:
        """A job has been released, and nothing refers to it any more (C1)."""
        self._jobs += 1
        if self._jobs < self._patience and self._resident() - self._clean < LEFT_BYTES:
            return
        self._jobs = 0
        began = self._clock()
        gc.unfreeze()
        # Caches of the interpreter's that hold classes of the job.
        for clear in getattr(typing, "_cleanups", ()):
            clear()
        sys.last_value = sys.last_traceback = sys.last_type = None
        gc.collect()
        took = self._clock() - began
        self._patience = max(JOBS, int(JOBS * took / LOOK_JOBS_S))
        gc.freeze()  # So that the collection before the next job looks only at what that one has loaded.
        self._clean = self._resident()
        if self._clean - self._first > GROWTH_BYTES // 2:
            give_back()
            self._clean = self._resident()

    def look(self, now: float) -> None:
        """Between two steps of the loop (C2)."""
        if now < self._due:
            return
        self._due = now + LOOK_S
        if self._often or self._resident() > self._limit:
            gc.collect()
            self._set_rarely()
            self._measure()

    def look_aside(self) -> None:
        """From another thread, while the loop is in one long call (C3)."""
        if not self._often and self._resident() > self._limit:
            self._often = True
            gc.set_threshold(*_AS_PYTHON_DOES)

    def _set_rarely(self) -> None:
        self._often = False
        gc.set_threshold(*_RARELY)

    def _measure(self) -> None:
        size = self._resident()
        self._limit = size + max(GROWTH_BYTES, size // 2)


def resident_bytes() -> Callable[[], int]:
    """A function that tells how large this process is; where that is not known, how large it has been."""
    try:
        statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    page = os.sysconf("SC_PAGE_SIZE")
    return lambda: int(os.pread(statm, 64, 0).split(None, 2)[1]) * page


def give_back() -> None:
    """Return what C's allocator holds of freed memory to the system, where it can."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
