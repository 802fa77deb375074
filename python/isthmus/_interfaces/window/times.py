"""Windows of fixed length in time: tumbling and sliding; and the global window."""

from __future__ import annotations

from typing import Any, TypeVar

from ..state.ttl import milliseconds_of
from .assigner import WindowAssigner
from .serializers import GlobalWindowSerializer, TimeWindowSerializer
from .triggers import EventTimeTrigger, NeverTrigger, ProcessingTimeTrigger
from .windows import MIN_LONG_VALUE, GlobalWindow, TimeWindow

T = TypeVar("T")

NO_TIMESTAMP = (
    "Record has Java Long.MIN_VALUE timestamp (= no timestamp marker). Is the time characteristic set to "
    "'ProcessingTime', or did you forget to call 'data_stream.assign_timestamps_and_watermarks(...)'?"
)


class _TumblingWindows(WindowAssigner[T, TimeWindow]):
    def __init__(self, size: int, offset: int = 0) -> None:
        if size <= 0 or abs(offset) >= size:
            raise Exception(f"{type(self).__name__} parameters must satisfy abs(offset) < size")
        self._size = size
        self._offset = offset

    def _window(self, time: int) -> list[TimeWindow]:
        start = time - (time - self._offset) % self._size
        return [TimeWindow(start, start + self._size)]

    def get_window_serializer(self) -> TimeWindowSerializer:
        return TimeWindowSerializer()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._size}, {self._offset})"


class TumblingEventTimeWindows(_TumblingWindows[T]):
    """Event time is cut into windows of ``size`` ms; ``offset`` shifts the cuts."""

    @staticmethod
    def of(size: Any, offset: Any = None) -> TumblingEventTimeWindows[Any]:
        """From ``Time`` values."""
        return TumblingEventTimeWindows(milliseconds_of(size), _offset(offset))

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[TimeWindow]:
        if timestamp == MIN_LONG_VALUE:
            raise Exception(NO_TIMESTAMP)
        return self._window(timestamp)

    def get_default_trigger(self, env: Any) -> EventTimeTrigger[T]:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class TumblingProcessingTimeWindows(_TumblingWindows[T]):
    """Processing time is cut into windows of ``size`` ms; ``offset`` shifts the cuts."""

    @staticmethod
    def of(size: Any, offset: Any = None) -> TumblingProcessingTimeWindows[Any]:
        """From ``Time`` values."""
        return TumblingProcessingTimeWindows(milliseconds_of(size), _offset(offset))

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[TimeWindow]:
        return self._window(context.get_current_processing_time())

    def get_default_trigger(self, env: Any) -> ProcessingTimeTrigger[T]:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


class _SlidingWindows(WindowAssigner[T, TimeWindow]):
    def __init__(self, size: int, slide: int, offset: int = 0) -> None:
        if slide <= 0 or abs(offset) >= slide or size <= 0:
            raise Exception(f"{type(self).__name__} parameters must satisfy abs(offset) < slide and size > 0")
        self._size = size
        self._slide = slide
        self._offset = offset

    def _windows(self, time: int) -> list[TimeWindow]:
        size = self._size
        last_start = time - (time - self._offset) % self._slide
        return [TimeWindow(start, start + size) for start in range(last_start, time - size, -self._slide)]

    def get_window_serializer(self) -> TimeWindowSerializer:
        return TimeWindowSerializer()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._size}, {self._slide}, {self._offset})"


class SlidingEventTimeWindows(_SlidingWindows[T]):
    """Windows of ``size`` ms of event time that begin every ``slide`` ms."""

    @staticmethod
    def of(size: Any, slide: Any, offset: Any = None) -> SlidingEventTimeWindows[Any]:
        """From ``Time`` values."""
        return SlidingEventTimeWindows(milliseconds_of(size), milliseconds_of(slide), _offset(offset))

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[TimeWindow]:
        if timestamp == MIN_LONG_VALUE:
            raise Exception(NO_TIMESTAMP)
        return self._windows(timestamp)

    def get_default_trigger(self, env: Any) -> EventTimeTrigger[T]:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class SlidingProcessingTimeWindows(_SlidingWindows[T]):
    """Windows of ``size`` ms of processing time that begin every ``slide`` ms."""

    @staticmethod
    def of(size: Any, slide: Any, offset: Any = None) -> SlidingProcessingTimeWindows[Any]:
        """From ``Time`` values."""
        return SlidingProcessingTimeWindows(milliseconds_of(size), milliseconds_of(slide), _offset(offset))

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[TimeWindow]:
        return self._windows(context.get_current_processing_time())

    def get_default_trigger(self, env: Any) -> ProcessingTimeTrigger[T]:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


class GlobalWindows(WindowAssigner[T, GlobalWindow]):
    """One window for everything; give it a trigger, for by default it never fires."""

    @staticmethod
    def create() -> GlobalWindows[Any]:
        """One window for all records of a key; it needs a trigger."""
        return GlobalWindows()

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[GlobalWindow]:
        return [GlobalWindow()]

    def get_default_trigger(self, env: Any) -> NeverTrigger[T]:
        return NeverTrigger()

    def get_window_serializer(self) -> GlobalWindowSerializer:
        return GlobalWindowSerializer()

    def is_event_time(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "GlobalWindows()"


def _offset(offset: Any) -> int:
    return 0 if offset is None else milliseconds_of(offset)
