"""What a checkpoint promises."""

from enum import Enum

__all__ = ["CheckpointingMode"]


class CheckpointingMode(Enum):
    """What a checkpoint promises; remembered, this release takes none."""

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
