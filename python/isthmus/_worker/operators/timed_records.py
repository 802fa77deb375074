"""The waiting records of a join, by side and key, in order of time. Twin of ``src/operators/timed-records.ts``."""

from __future__ import annotations

from typing import Any

from ..runtime.operator import OperatorContext

LEFT, RIGHT = 0, 1

#: key → records in order of time
Side = dict[Any, list["TimedRecord"]]


class TimedRecord:
    """A record that waits; ordered by time, then arrival."""

    __slots__ = ("matched", "sequence", "timestamp", "value")

    def __init__(self, timestamp: int, sequence: int, value: Any) -> None:
        self.timestamp = timestamp
        self.sequence = sequence
        self.value = value
        self.matched = False

    def __lt__(self, other: TimedRecord) -> bool:
        return (self.timestamp, self.sequence) < (other.timestamp, other.sequence)

    def __reduce__(self) -> Any:
        return _restored, (self.timestamp, self.sequence, self.value, self.matched)


def _restored(timestamp: int, sequence: int, value: Any, matched: bool) -> TimedRecord:
    waiting = TimedRecord(timestamp, sequence, value)
    waiting.matched = matched
    return waiting


def time_of(waiting: TimedRecord) -> int:
    return waiting.timestamp


def waiting_sides(ctx: OperatorContext) -> tuple[Side, Side]:
    """Both sides, with what was restored."""
    held: dict[int, Side] = ctx.state.namespaced("sides")
    return held.setdefault(LEFT, {}), held.setdefault(RIGHT, {})


def last_sequence(sides: tuple[Side, Side]) -> int:
    """Where the numbering of arrivals goes on."""
    return max((one.sequence for side in sides for records in side.values() for one in records), default=0)
