"""What signals mean while a program waits for its job: the job ends first, in order, and the program after it.

I1. Handlers are there only while the main thread waits, only for signals that would end the program then and there, and
    are taken away again. A program that handles a signal itself keeps its handler.
I2. Ctrl-C stays a KeyboardInterrupt. The others are a SystemExit with the code that a shell gives for them (128 and the
    signal's number), so the program's own ``finally`` and ``atexit`` run, too.
I3. A signal that ``isthmus.stop-on`` names stops the job the first time: sources end, and the rest is finished. The
    second time it is as any other.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name))


class StopAsked(BaseException):
    """Raised out of the wait by a signal that stops the job (I3)."""


@contextmanager
def heeded(stops: Callable[[str], bool]) -> Iterator[None]:
    """Around a wait for a job.

    Args:
        stops: Whether the signal of that name is to stop the job now, and not to end it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, frame: FrameType | None) -> Any:
        if stops(signal.Signals(number).name):
            raise StopAsked
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)  # I2

    before: dict[int, Any] = {}
    try:
        for number in _ENDING:
            present = signal.getsignal(number)
            if present is signal.SIG_DFL or present is signal.default_int_handler:  # I1
                before[number] = present
                signal.signal(number, handler)
        yield
    finally:
        for number, present in before.items():
            # The program may have put another one there meanwhile.
            if signal.getsignal(number) is handler:
                signal.signal(number, present)
