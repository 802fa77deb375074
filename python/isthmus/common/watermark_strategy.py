"""How records get timestamps, and how far event time has come."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from .._program.operations import TimestampsOperation
from .._pyflink.lazy import absent_names, no_java
from .time import Duration

if TYPE_CHECKING:
    from .._program.typescript import TypeScriptFunction

__all__ = ["TimestampAssigner", "WatermarkGenerator", "WatermarkStrategy"]


class TimestampAssigner(ABC):
    """Says when a record happened."""

    @abstractmethod
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        """Milliseconds since the epoch.

        Args:
            value: The record.
            record_timestamp: The timestamp it has so far; -2**63 where it has none.
        """


class WatermarkGenerator:
    """A watermark generator of the program's own; PyFlink has none in Python."""

    def on_event(self, event: Any, event_timestamp: int) -> int | None:
        """Called with every record; may return a watermark, which comes behind the record and before the next."""
        return None

    def on_periodic_emit(self) -> int | None:
        """Called every ``pipeline.auto-watermark-interval``; may return a watermark."""
        return None


class WatermarkStrategy:
    """A watermark generator, a timestamp assigner, an idle timeout.

    Watermarks are emitted periodically (every 200 ms unless configured), not with every record.
    """

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def __init__(self, operation: TimestampsOperation | None = None) -> None:
        self._operation = operation or TimestampsOperation("none")

    @staticmethod
    def for_monotonous_timestamps() -> WatermarkStrategy:
        """The highest timestamp so far, less one."""
        return WatermarkStrategy(TimestampsOperation("monotonous"))

    @staticmethod
    def for_bounded_out_of_orderness(max_out_of_orderness: Duration) -> WatermarkStrategy:
        """The highest timestamp so far, less the bound, less one."""
        return WatermarkStrategy(TimestampsOperation("bounded", max_out_of_orderness.to_millis()))

    @staticmethod
    def for_generator(generator: WatermarkGenerator | TypeScriptFunction[Any, Any]) -> WatermarkStrategy:
        """A generator of the program's own; of ``ts(...)`` a class with ``onEvent`` and ``onPeriodicEmit``."""
        return WatermarkStrategy(TimestampsOperation("custom", custom=generator))

    @staticmethod
    def no_watermarks() -> WatermarkStrategy:
        """No watermarks but the final one."""
        return WatermarkStrategy(TimestampsOperation("none"))

    def with_timestamp_assigner(
        self, timestamp_assigner: TimestampAssigner | TypeScriptFunction[Any, int]
    ) -> WatermarkStrategy:
        """Gives records the timestamp that ``extract_timestamp(value, timestamp)`` says, in ms since the epoch."""
        self._operation.assigner = timestamp_assigner
        return self

    def with_idleness(self, idle_timeout: Duration) -> WatermarkStrategy:
        """After so long without a record the stream counts as idle and holds nobody back."""
        operation = copy.copy(self._operation)
        operation.idle_timeout = idle_timeout.to_millis()
        return WatermarkStrategy(operation)

    def with_watermark_alignment(
        self,
        watermark_group: str,
        max_allowed_watermark_drift: Duration,
        update_interval: Duration | None = None,
    ) -> WatermarkStrategy:
        """Accepted; sources of one job run in one runtime and need no alignment."""
        return WatermarkStrategy(copy.copy(self._operation))

    @property
    def operation(self) -> TimestampsOperation:
        return self._operation


if not TYPE_CHECKING:
    __getattr__ = absent_names(__name__)
