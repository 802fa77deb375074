"""A thread that runs functions for an event loop, one after another.

P1. What it has done it tells the loop in one go: a wake-up a batch, not one a call.
P2. A call is claimed once: by the thread, which runs it, or by who cancels it before.
P3. Whatever a function raises is an outcome.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from ..._values.raised import ANYTHING

#: What a function gave, and what it raised.
Outcome = tuple[Any, BaseException | None]


class PlainCall:
    """A function that waits for its turn, or is running."""

    __slots__ = ("_claim", "answered", "run")

    def __init__(self, run: Callable[[], Any], answered: asyncio.Future[Outcome]) -> None:
        self.run = run
        self.answered = answered
        self._claim = [None]

    def claim(self) -> bool:
        """True for the first who asks (P2)."""
        try:
            self._claim.pop()  # Atomic, with or without a GIL.
        except IndexError:
            return False
        return True

    def cancel(self) -> bool:
        """Whether it has not begun, and never will."""
        return self.claim() and self.answered.cancel()


class PlainThread:
    """Started with the first call."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting: SimpleQueue[PlainCall | None] = SimpleQueue()
        self._done: deque[tuple[PlainCall, Outcome]] = deque()
        self._scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last: Callable[[], Any] | None = None
        self._ended = threading.Event()
        self._outcome: Outcome = (None, None)

    def submit(self, run: Callable[[], Any]) -> PlainCall:
        """Of the event loop."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            # No daemon would be waited for at exit, and a function may never return.
            threading.Thread(target=self._main, name=self._name, daemon=True).start()
        call = PlainCall(run, self._loop.create_future())
        self._waiting.put(call)
        return call

    def end(self, last: Callable[[], Any], seconds: float) -> Outcome | None:
        """Runs nothing more but ``last``; None where a function does not end within so many seconds."""
        self._last = last
        if self._loop is None:
            return _outcome(last)
        self._waiting.put(None)
        return self._outcome if self._ended.wait(seconds) else None

    def _main(self) -> None:
        assert self._loop is not None
        while (call := self._waiting.get()) is not None:
            if self._last is not None or not call.claim():
                continue
            self._done.append((call, _outcome(call.run)))
            if not self._scheduled:
                self._scheduled = True  # P1
                try:
                    self._loop.call_soon_threadsafe(self._settle)
                except RuntimeError:  # The loop has ended.
                    pass
        assert self._last is not None
        self._outcome = _outcome(self._last)
        self._ended.set()

    def _settle(self) -> None:
        """On the loop's thread."""
        self._scheduled = False
        while self._done:
            call, outcome = self._done.popleft()
            if not call.answered.done():
                call.answered.set_result(outcome)


def _outcome(run: Callable[[], Any]) -> Outcome:
    """P3"""
    try:
        return run(), None
    except ANYTHING as error:
        return None, error
