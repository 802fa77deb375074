"""Execution modes of Flink's old batch API; accepted and without effect."""

from enum import Enum

__all__ = ["ExecutionMode"]


class ExecutionMode(Enum):
    """How old Flink ran batch programs; accepted."""

    PIPELINED = 0
    PIPELINED_FORCED = 1
    BATCH = 2
    BATCH_FORCED = 3
