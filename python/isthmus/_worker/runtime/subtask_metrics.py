"""What a task tells who watches the job. Twin of ``src/runtime/subtask-metrics.ts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .operator import Operator

if TYPE_CHECKING:
    from .subtask import Subtask


def metrics_of(task: Subtask) -> dict[str, Any]:
    """Counts of one subtask, by operator of its chain."""
    chain = task.deployment["chain"]
    counts = task.operator_counts()
    busy = task.busy_shares()
    return {
        "task": task.id,
        "subtask": task.subtask,
        "blocked": not (task.finished or task.outputs_ready),
        **task.chain.event_time(),
        "operators": [
            {
                "id": spec["id"],
                "in": counts[i][0],
                "out": counts[i][1],
                "busyMs": round(busy[i] * 1000, 3),
                **_user_metrics(task.operator_at(i)),
            }
            for i, spec in enumerate(chain)
        ],
    }


def _user_metrics(operator: Operator | None) -> dict[str, Any]:
    runtime = None if operator is None else operator.ctx.runtime
    made = {} if runtime is None else runtime.metrics.reported()
    return {"userMetrics": made} if made else {}
