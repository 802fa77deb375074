"""An event loop on a thread of its own, and the calls of asynchronous functions that run there."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any

from ..._values.failure import is_user_frame
from ..._values.raised import ANYTHING

#: Seconds in which who awaits a task is told what came out of the loop instead.
_HANDED_ON_S = 0.05
#: States of a call.
PENDING, DONE, FAILED = 0, 1, 2


class Call:
    """One record on its way; the loop's thread writes ``outcome`` first and ``state`` after it."""

    __slots__ = ("key", "outcome", "started", "state", "timestamp", "value")

    def __init__(self, value: Any, timestamp: int, key: Any) -> None:
        self.value = value
        self.timestamp = timestamp
        self.key = key
        self.outcome: Any = None
        self.state = PENDING
        #: When it was begun (monotonic seconds); None: not yet.
        self.started: float | None = None


class LoopThread:
    """An event loop on a thread; starts with the first record."""

    def __init__(
        self, run: Callable[[Call], Any], wake: Callable[[], None], capacity: int, name: str
    ) -> None:
        self._run = run
        self._wake = wake
        self._capacity = capacity
        self._name = name
        self._inbox: deque[Call] = deque()
        self._running = 0
        self._scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[Any] = set()
        self._stopped = False
        #: What came out of the loop itself.
        self.error: BaseException | None = None

    def submit(self, call: Call) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._main, name=self._name, daemon=True)
            self._thread.start()
        self._inbox.append(call)
        if not self._scheduled:
            # One wake-up for all records of a batch.
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._start_calls)

    def _main(self) -> None:
        loop = self._loop
        assert loop is not None
        asyncio.set_event_loop(loop)
        while not self._stopped:
            try:
                loop.run_forever()  # Again, where user code stopped it.
            except ANYTHING as e:
                if loop.is_closed():
                    self._escaped(e)
                    return
                # Out of a task or a callback of the user's: who awaits it gets it first, and knows the record.
                loop.call_later(_HANDED_ON_S, self._escaped, e)
        try:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
        except ANYTHING:  # The job is over.
            pass
        finally:
            loop.close()

    def _escaped(self, error: BaseException) -> None:
        self.error = error
        self._wake()

    def position(self) -> str:
        """Where the thread is in code of the user's, as the end of a sentence."""
        frame = sys._current_frames().get(self._thread.ident or 0) if self._thread is not None else None
        shown = [f for f in traceback.extract_stack(frame) if is_user_frame(f.filename)] if frame else []
        return " It is at:\n" + "".join(traceback.format_list(shown[-4:])).rstrip() if shown else ""

    def _start_calls(self) -> None:
        self._scheduled = False
        assert self._loop is not None
        while self._inbox and self._running < self._capacity:  # A1 of async_wait.py
            self._running += 1
            call = self._inbox.popleft()
            call.started = time.monotonic()
            task = self._loop.create_task(self._run(call))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: Any) -> None:
        self._tasks.discard(task)
        self._running -= 1
        if self._inbox:
            self._start_calls()
        self._wake()  # A4 of async_wait.py

    def stop(self, seconds: float = 1.0) -> None:
        """End the loop; calls under way are cancelled. A coroutine that blocks its loop is left behind."""
        if self._loop is None or self._thread is None:
            return
        self._stopped = True
        try:
            self._loop.call_soon_threadsafe(self._loop.stop)
        except RuntimeError:  # User code has closed it.
            return
        self._thread.join(seconds)
