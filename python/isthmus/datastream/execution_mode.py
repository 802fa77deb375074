"""How a job treats its input."""

from enum import Enum

__all__ = ["RuntimeExecutionMode"]


class RuntimeExecutionMode(Enum):
    """STREAMING emits running results; BATCH, for input that ends, final ones; AUTOMATIC is BATCH where all sources end."""

    STREAMING = 0
    BATCH = 1
    AUTOMATIC = 2
