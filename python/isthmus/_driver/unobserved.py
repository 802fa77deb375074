"""Failures of jobs that nobody has looked at: told on stderr, once, when nobody can look any more, or at the program's end."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .job import JobHandle

_failed: weakref.WeakSet[JobHandle] | None = None


def watch(job: JobHandle) -> None:
    """The job has failed: it is told at exit, if it is not told before."""
    global _failed
    if _failed is None:
        _failed = weakref.WeakSet()
        atexit.register(_tell_all, os.getpid())
    _failed.add(job)


def tell(name: str, message: str) -> None:
    """From anywhere, a finaliser too: nothing is raised."""
    try:
        print(
            f'isthmus: the job "{name}" has failed, and nobody has asked for its result: {message}',
            file=sys.stderr,
            flush=True,
        )
    except Exception:
        pass  # There is no stderr, or none any more.


def _tell_all(pid: int) -> None:
    if pid == os.getpid():
        for job in list(_failed or ()):
            job.tell_unobserved()
