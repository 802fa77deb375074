"""A thread for code of the program that events bring about: handlers of its logging, callbacks.

A1. The reader's thread runs none of it: ends of jobs are seen whatever a handler does.
A2. What such code raises is printed, as logging does with its own; nothing else follows from it.
A3. While calls wait in numbers the reader waits too, as long as one after the other returns. Where one holds all up,
    what comes then is dropped, and told when that one has returned.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any

_MOST_WAITING = 1_000
#: How long a call may take before nobody waits for it any more.
_PATIENCE_S = 1.0


class Aside:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self._thread: threading.Thread | None = None
        self._ran = 0
        self._asked = 0
        self._dropped = 0
        #: The call that somebody has waited for in vain, by its number.
        self._stuck_at = -1

    def call(self, function: Callable[..., Any], *args: Any) -> None:
        """Have it called, after what was asked for before."""
        with self._changed:
            if not self._while_it_goes_on(lambda: len(self._waiting) < _MOST_WAITING):
                self._dropped += 1  # A3
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="isthmus-aside", daemon=True)
                self._thread.start()
            self._waiting.append((function, args))
            self._asked += 1
            self._changed.notify_all()

    def settle(self) -> None:
        """Wait until all that was asked for has been done, or something does not come to its end."""
        if threading.current_thread() is self._thread:
            return
        with self._changed:
            asked = self._asked
            self._while_it_goes_on(lambda: self._ran >= asked)

    def _while_it_goes_on(self, condition: Callable[[], bool]) -> bool:
        while not condition():
            ran = self._ran
            if ran == self._stuck_at:
                return False
            self._changed.wait_for(lambda ran=ran: self._ran != ran or condition(), _PATIENCE_S)  # type: ignore[misc]
            if self._ran == ran and not condition():
                self._stuck_at = ran
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                function, args = self._waiting.popleft()
            try:
                function(*args)  # A1
            except BaseException:  # A2
                _print_error()
            with self._changed:
                self._ran += 1
                dropped, self._dropped = self._dropped, 0
                self._changed.notify_all()
            if dropped:
                print(
                    f"isthmus: {dropped} log records were dropped: a handler of logging took too long",
                    file=sys.stderr,
                )


def _print_error() -> None:
    try:
        traceback.print_exc()
    except BaseException:  # No stderr, or an error that cannot be shown.
        pass
