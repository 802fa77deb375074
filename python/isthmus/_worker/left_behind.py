"""What a job may have changed of its process and the next one would find: then the process serves no other.

Modules stay imported, with what they did to the environment when they were: that is how a process can be warm. What follows is
different: lines of the next job would end nowhere, or an interrupt in a function of another program.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def watched() -> Callable[[], bool]:
    """Remember the process as it is; the function given tells whether user code has left it otherwise."""
    before = _state()
    return lambda: _state() != before


def _state() -> Any:
    return (
        [_file(descriptor) for descriptor in range(3)],
        # By identity, and open: a stream that user code put in their place may be equal to all.
        [(id(stream), getattr(stream, "closed", False)) for stream in (sys.stdin, sys.stdout, sys.stderr)],
        [*sys.argv],
        [id(signal.getsignal(each)) for each in range(1, signal.NSIG)],
    )


def _file(descriptor: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino
