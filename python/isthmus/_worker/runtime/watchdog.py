"""Looks after the loop while it is in user code.

D1. A batch that has kept the loop for a whole period is ended behind the record in flight, so that timers and other
    tasks get their turn.
D2. What a call has made before it began to last is let out, and so is what channels hold back: a finished record does
    not wait for the slow one behind it.
D3. The loop holds ``lock`` except while it is in such a call. Who has it may touch outputs, channels and frames.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from .feed import Feed
from .pull import Pull

#: Periods after which a call has lasted for long, although this thread looks at it for the first time.
_LATE = 10


class Watchdog:
    """Costs a lock and some attribute writes a call; the thread sleeps while the worker is idle."""

    def __init__(
        self,
        period_s: float = 0.005,
        tick: Callable[[], None] = lambda: None,
        let_out: Callable[[Pull], None] = lambda pull: pull.task.let_out(pull),
        look: Callable[[Pull, FrameType | None], None] = lambda pull, frame: None,
    ) -> None:
        self._period_s = period_s
        #: Called once a period while the loop is in a call.
        self._tick = tick
        #: Called with the lock held, once a period while one call lasts (D2).
        self._let_out = let_out
        #: Called once a period while the loop is in a call, with where it is.
        self._look = look
        self._loop = threading.get_ident()
        self._lock = threading.Lock()
        self._lock.acquire()  # D3: whoever makes the watchdog runs the loop.
        self._pull: Pull | None = None
        self._parked = False
        self._unpark = threading.Event()
        self._thread: threading.Thread | None = None

    def enter(self, pull: Pull) -> None:
        """The loop calls into a chain."""
        self._pull = pull
        if self._parked:
            self._parked = False
            self._unpark.set()
        elif self._thread is None:
            self._thread = threading.Thread(target=self._run, name="isthmus-watchdog", daemon=True)
            self._thread.start()
        self._lock.release()

    def leave(self) -> Pull | None:
        """The loop is back."""
        self._lock.acquire()
        pull, self._pull = self._pull, None
        return pull

    def in_child(self) -> None:
        """A process forked off within a call: it has no such thread, and the batch ends behind the record at work."""
        pull = self._pull
        self._lock = threading.Lock()
        if pull is None:
            self._lock.acquire()
        elif pull.feed is not None:
            pull.feed.stop()

    def _run(self) -> None:
        last: Pull | None = None
        fed: Feed | None = None
        quiet = 0
        while True:
            time.sleep(self._period_s)
            pull = self._pull
            if pull is None:
                last = fed = None
                quiet += 1
                if quiet > 40:
                    self._park()
                    quiet = 0
                continue
            quiet = 0
            self._look(pull, sys._current_frames().get(self._loop))
            feed = pull.feed
            # A function that keeps Python's lock has kept it from this thread, too, which comes late.
            is_late = time.monotonic() - pull.began > _LATE * self._period_s
            if feed is not None and (feed is fed or is_late) and not feed.cut:
                feed.stop()  # D1
            if pull is last or is_late:
                self._look_after(pull)
            last, fed = pull, feed
            # Nothing of a job is kept while this thread sleeps.
            del pull, feed
            self._tick()

    def _look_after(self, pull: Pull) -> None:
        if pull.error is not None or not self._lock.acquire(blocking=False):
            return
        try:
            if self._pull is pull:
                self._let_out(pull)
        except BaseException as e:
            pull.error = e
        finally:
            self._lock.release()

    def _park(self) -> None:
        self._unpark.clear()
        self._parked = True
        # A call may have begun between the last look and parking.
        if self._pull is None:
            self._unpark.wait()
        self._parked = False
