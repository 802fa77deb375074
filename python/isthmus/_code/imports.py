"""Whether a module is being imported for its functions: one that runs a job then would be imported by the job's worker, too.

R1. It holds in processes that import programs' modules to find functions: workers, and what looks at functions for
    TypeScript. Programs may run jobs while they are imported.
R2. Code that an import runs has the import on its stack, also in a child that it forks. Functions that run have not,
    so these may run jobs, in whatever thread or child.
R3. A thread that an import has started may run on when the import is over: it belongs to it for good.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

_MACHINERY = "<frozen importlib"

_finds_functions = False
_threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
#: Threads that were there before the functions that are being loaded.
_before: set[threading.Thread] | None = None


def this_process_finds_functions() -> None:
    """Called at the start of processes that R1 speaks of."""
    global _finds_functions
    _finds_functions = True


@contextmanager
def loading() -> Iterator[None]:
    """Around the loading of functions: what is imported meanwhile is imported for them."""
    global _before
    if not _finds_functions or _before is not None:
        yield
        return
    _before = set(threading.enumerate())
    try:
        yield
    finally:
        _threads.update(thread for thread in threading.enumerate() if thread not in _before)
        _before = None


def importing() -> bool:
    """Whether the caller runs because a module is imported for its functions."""
    if not _finds_functions:
        return False
    thread = threading.current_thread()
    if thread in _threads or (_before is not None and thread not in _before):
        return True  # R3
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith(_MACHINERY):
            return True  # R2
        frame = frame.f_back  # type: ignore[assignment]
    return False
