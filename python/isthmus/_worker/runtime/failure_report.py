"""What is told of the failure that ends an attempt, and of those that come behind it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..._values.failure import OperatorFailure, report
from ..._values.raised import ANYTHING
from ..._values.shown import safe_str, type_name

if TYPE_CHECKING:
    from .subtask import Subtask


def failure_report(error: BaseException, task: Subtask | None, task_id: int | None) -> dict[str, Any]:
    """The body of FAILED.

    Args:
        task: In which it happened; None while a deployment is put together.
        task_id: The task that was being made then, where that is known.
    """
    if task is not None:
        failure = task.failure(error)
        known = {**failure.known, "task": task.id}
        place = {"subtask": task.subtask, "parallelism": task.parallelism}
        return report(failure.cause, spec=failure.spec, **place, **known)
    if isinstance(error, OperatorFailure):
        where = error.known.pop("where", {})
        return report(error.cause, spec=error.spec, **where, **error.known)
    return report(error, spec=None, task=task_id)


def tell_echo(error: BaseException) -> None:
    """Of a failure that follows from one that was reported: a line on stderr."""
    try:
        print(
            f"while closing after the end of the job: {type_name(error)}: {safe_str(error)}", file=sys.stderr
        )
    except ANYTHING:  # User code may have closed stderr, or put something else there.
        pass
