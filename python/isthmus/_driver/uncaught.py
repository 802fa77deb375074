"""What a program shows of an error that nobody caught."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

from ..errors import IsthmusError

_FAILED = 1
#: As a shell tells of a filter that SIGPIPE has ended.
_CLOSED = 141


def show(error: BaseException) -> int:
    """Print an error as Python would, the user's frames only; a job's failure as its report says it.

    That the reader of stdout has gone is no error to tell: programs end so with ``| head -1``.

    Returns:
        The exit code of the program.
    """
    if isinstance(error, IsthmusError) and error.code == "ISTHMUS_OUTPUT_CLOSED":
        # Nor is it to be told by Python, which writes at exit what the program's own prints have left in its buffers.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return _CLOSED
    from .._values.failure import user_traceback

    report: dict[str, Any] | None = error.report if isinstance(error, IsthmusError) else None
    if report is not None:
        # The report shows where it happened; the original would be printed a second time, without any frame.
        error.__cause__, error.__suppress_context__ = None, True
    print(user_traceback(error), file=sys.stderr)
    return _FAILED


def install() -> None:
    """Show uncaught errors of Isthmus so, also in programs run by ``python program.py``; others are left to Python."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _excepthook


def _excepthook(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
    if isinstance(error, IsthmusError):
        code = show(error)
        if code != _FAILED:
            raise SystemExit(code)
    else:
        sys.__excepthook__(kind, error, tb)
