"""What Flink 1.x asked for once for a whole program."""

from enum import Enum

__all__ = ["TimeCharacteristic"]


class TimeCharacteristic(Enum):
    """By which time programs of old Flink went; accepted."""

    ProcessingTime = 0
    IngestionTime = 1
    EventTime = 2
