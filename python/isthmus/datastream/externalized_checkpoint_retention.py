"""What becomes of checkpoints when a job is cancelled."""

from enum import Enum

__all__ = ["ExternalizedCheckpointRetention"]


class ExternalizedCheckpointRetention(Enum):
    """What becomes of a checkpoint when its job is cancelled; remembered."""

    RETAIN_ON_CANCELLATION = 0
    DELETE_ON_CANCELLATION = 1
    NO_EXTERNALIZED_CHECKPOINTS = 2
