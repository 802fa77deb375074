"""Windows that end after a gap without records; they merge when they overlap or touch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from ..._values.whole_ms import GREATEST_MS, whole_ms
from ..state.ttl import milliseconds_of
from .assigner import MergingWindowAssigner, SessionWindowTimeGapExtractor
from .serializers import TimeWindowSerializer
from .triggers import EventTimeTrigger, ProcessingTimeTrigger
from .windows import TimeWindow

T = TypeVar("T")


class _Sessions(MergingWindowAssigner[T, TimeWindow]):
    def merge_windows(self, windows: Iterable[TimeWindow], callback: Any) -> None:
        TimeWindow.merge_windows(windows, callback)

    def get_window_serializer(self) -> TimeWindowSerializer:
        return TimeWindowSerializer()


class _FixedGap(_Sessions[T]):
    def __init__(self, session_gap: int) -> None:
        if session_gap <= 0:
            raise Exception(f"{type(self).__name__} parameters must satisfy 0 < size")
        self._session_gap = session_gap

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session_gap})"


class _DynamicGap(_Sessions[T]):
    def __init__(self, session_window_time_gap_extractor: SessionWindowTimeGapExtractor) -> None:
        self._session_window_time_gap_extractor = session_window_time_gap_extractor

    def _gap(self, element: T) -> int:
        gap = self._session_window_time_gap_extractor.extract(element)
        if type(gap) is not int or gap > GREATEST_MS:
            gap = whole_ms(gap, "A dynamic session gap")
        if gap <= 0:
            raise Exception(f"Dynamic session time gap must satisfy 0 < gap; it is {gap}")
        return gap

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session_window_time_gap_extractor})"


class EventTimeSessionWindows(_FixedGap[T]):
    """Sessions by event time: a gap of ``session_gap`` ms ends one."""

    @staticmethod
    def with_gap(size: Any) -> EventTimeSessionWindows[Any]:
        """From a ``Time``."""
        return EventTimeSessionWindows(milliseconds_of(size))

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> DynamicEventTimeSessionWindows[Any]:
        """Every record says its own gap."""
        return DynamicEventTimeSessionWindows(extractor)

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[TimeWindow]:
        return [TimeWindow(timestamp, timestamp + self._session_gap)]

    def get_default_trigger(self, env: Any) -> EventTimeTrigger[T]:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class ProcessingTimeSessionWindows(_FixedGap[T]):
    """Sessions by processing time: a gap of ``session_gap`` ms ends one."""

    @staticmethod
    def with_gap(size: Any) -> ProcessingTimeSessionWindows[Any]:
        """From a ``Time``."""
        return ProcessingTimeSessionWindows(milliseconds_of(size))

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor,
    ) -> DynamicProcessingTimeSessionWindows[Any]:
        """Every record says its own gap."""
        return DynamicProcessingTimeSessionWindows(extractor)

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[TimeWindow]:
        now = context.get_current_processing_time()
        return [TimeWindow(now, now + self._session_gap)]

    def get_default_trigger(self, env: Any) -> ProcessingTimeTrigger[T]:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


class DynamicEventTimeSessionWindows(_DynamicGap[T]):
    """Sessions by event time with a gap of each record's own."""

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> DynamicEventTimeSessionWindows[Any]:
        """Every record says its own gap."""
        return DynamicEventTimeSessionWindows(extractor)

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[TimeWindow]:
        return [TimeWindow(timestamp, timestamp + self._gap(element))]

    def get_default_trigger(self, env: Any) -> EventTimeTrigger[T]:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class DynamicProcessingTimeSessionWindows(_DynamicGap[T]):
    """Sessions by processing time with a gap of each record's own."""

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor,
    ) -> DynamicProcessingTimeSessionWindows[Any]:
        """Every record says its own gap."""
        return DynamicProcessingTimeSessionWindows(extractor)

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[TimeWindow]:
        now = context.get_current_processing_time()
        return [TimeWindow(now, now + self._gap(element))]

    def get_default_trigger(self, env: Any) -> ProcessingTimeTrigger[T]:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False
