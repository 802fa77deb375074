"""Windows of a number of records."""

from __future__ import annotations

from typing import Any, TypeVar

from ..state.descriptors import ValueStateDescriptor
from .assigner import WindowAssigner
from .serializers import CountWindowSerializer
from .triggers import CountTrigger
from .windows import CountWindow

T = TypeVar("T")


class _CountWindows(WindowAssigner[T, CountWindow]):
    _window_size: int
    _counter_name = "count-assigner"

    def _next_count(self, context: Any) -> int:
        state = context.get_runtime_context().get_state(ValueStateDescriptor(self._counter_name))
        count: int = state.value() or 0
        state.update(count + 1)
        return count

    def get_default_trigger(self, env: Any) -> CountTrigger[T]:
        return CountTrigger(self._window_size)

    def get_window_serializer(self) -> CountWindowSerializer:
        return CountWindowSerializer()

    def is_event_time(self) -> bool:
        return False


class CountTumblingWindowAssigner(_CountWindows[T]):
    """Every ``window_size`` records of a key are a window."""

    _counter_name = "tumble-count-assigner"

    def __init__(self, window_size: int) -> None:
        if not isinstance(window_size, int) or window_size <= 0:
            raise Exception("CountTumblingWindowAssigner parameters must satisfy size > 0")
        self._window_size = window_size

    @staticmethod
    def of(window_size: int) -> CountTumblingWindowAssigner[Any]:
        """Windows of each ``window_size`` records of a key."""
        return CountTumblingWindowAssigner(window_size)

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[CountWindow]:
        return [CountWindow(self._next_count(context) // self._window_size)]

    def __repr__(self) -> str:
        return f"CountTumblingWindowAssigner({self._window_size})"


class CountSlidingWindowAssigner(_CountWindows[T]):
    """Windows of ``window_size`` records of a key that begin every ``window_slide`` records; only full
    ones fire.
    """

    _counter_name = "slide-count-assigner"

    def __init__(self, window_size: int, window_slide: int) -> None:
        if not all(isinstance(n, int) and n > 0 for n in (window_size, window_slide)):
            raise Exception("CountSlidingWindowAssigner parameters must satisfy size > 0 and slide > 0")
        self._window_size = window_size
        self._window_slide = window_slide

    @staticmethod
    def of(window_size: int, window_slide: int) -> CountSlidingWindowAssigner[Any]:
        """Windows of the last ``window_size`` records of a key, at each ``window_slide``-th."""
        return CountSlidingWindowAssigner(window_size, window_slide)

    def assign_windows(self, element: T, timestamp: int, context: Any) -> list[CountWindow]:
        count = self._next_count(context)
        slide = self._window_slide
        last = count // slide
        first = max(0, (count - self._window_size) // slide + 1)
        return [CountWindow(i) for i in range(last, first - 1, -1)]

    def __repr__(self) -> str:
        return f"CountSlidingWindowAssigner({self._window_size}, {self._window_slide})"
