"""What a program shows of an error that nobody caught."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from ..errors import IsthmusError


def show(error: BaseException) -> None:
    """Print an error as Python would, the user's frames only; a job's failure as its report says it."""
    from .._worker.failure import user_traceback

    report: dict[str, Any] | None = error.report if isinstance(error, IsthmusError) else None
    if report is not None:
        # The report shows where it happened; the original would be printed a second time, without any frame.
        error.__cause__, error.__suppress_context__ = None, True
    print(user_traceback(error), file=sys.stderr)


def install() -> None:
    """Show uncaught errors of Isthmus so, also in programs run by ``python program.py``; others are left to Python."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _excepthook


def _excepthook(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
    if isinstance(error, IsthmusError):
        show(error)
    else:
        sys.__excepthook__(kind, error, tb)
