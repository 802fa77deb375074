"""Code of the user's that must not hold up what is more important: run for a limited time."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

from .raised import ANYTHING


class TookTooLong(Exception):
    """The call did not end within its time."""


def in_time(call: Callable[[], Any], seconds: float) -> Any:
    """What ``call`` gives, or raises, if it ends within ``seconds``.

    It runs on a thread of its own; one that is late is asked to stop (``interrupt``) and left behind.

    Raises:
        TookTooLong: It did not end in time.
    """
    given: list[Any] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            given.append(call())
        except ANYTHING as e:
            raised.append(e)

    thread = threading.Thread(target=run, name="isthmus-in-time", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # No thread is to be had: without one it takes the time it takes.
        return call()
    thread.join(seconds)
    if given:
        return given[0]
    if raised:
        raise raised[0]
    interrupt(thread, SystemExit)
    raise TookTooLong


def interrupt(thread: threading.Thread, error: type[BaseException]) -> None:
    """Raise ``error`` in a thread, as soon as it runs Python code again; one that waits in a C call goes on waiting."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(error))
