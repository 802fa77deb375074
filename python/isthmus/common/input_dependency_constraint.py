"""When a task may be scheduled in old Flink; accepted and without effect."""

from enum import Enum

__all__ = ["InputDependencyConstraint"]


class InputDependencyConstraint(Enum):
    """When old Flink scheduled a task; accepted."""

    ANY = 0
    ALL = 1
