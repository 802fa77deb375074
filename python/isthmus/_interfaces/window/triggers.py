"""The triggers there are."""

from __future__ import annotations

from typing import Any, TypeVar

from ..functions.basic import ReduceFunction
from ..state.descriptors import ReducingStateDescriptor
from ..state.ttl import milliseconds_of
from .trigger import Trigger, TriggerResult, checked_result
from .windows import CountWindow, GlobalWindow, TimeWindow, Window

T = TypeVar("T")


class _Quiet(Trigger[T, Any]):
    """Does nothing about anything."""

    def on_element(self, element: T, timestamp: int, window: Any, ctx: Any) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_merge(self, window: Any, ctx: Any) -> None:
        pass

    def clear(self, window: Any, ctx: Any) -> None:
        pass


class EventTimeTrigger(_Quiet[T]):
    """Fires when the watermark passes the window's end, and for every record that comes later still."""

    @staticmethod
    def create() -> EventTimeTrigger[Any]:
        """The trigger."""
        return EventTimeTrigger()

    def on_element(self, element: T, timestamp: int, window: TimeWindow, ctx: Any) -> TriggerResult:
        end = window.max_timestamp()
        if end <= ctx.get_current_watermark():
            return TriggerResult.FIRE
        ctx.register_event_time_timer(end)
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: TimeWindow, ctx: Any) -> TriggerResult:
        return TriggerResult.FIRE if time == window.max_timestamp() else TriggerResult.CONTINUE

    def can_merge(self) -> bool:
        return True

    def on_merge(self, window: TimeWindow, ctx: Any) -> None:
        end = window.max_timestamp()
        if end > ctx.get_current_watermark():
            ctx.register_event_time_timer(end)

    def clear(self, window: TimeWindow, ctx: Any) -> None:
        ctx.delete_event_time_timer(window.max_timestamp())


class ProcessingTimeTrigger(_Quiet[T]):
    """Fires when the clock passes the window's end."""

    @staticmethod
    def create() -> ProcessingTimeTrigger[Any]:
        """The trigger."""
        return ProcessingTimeTrigger()

    def on_element(self, element: T, timestamp: int, window: TimeWindow, ctx: Any) -> TriggerResult:
        ctx.register_processing_time_timer(window.max_timestamp())
        return TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: TimeWindow, ctx: Any) -> TriggerResult:
        return TriggerResult.FIRE

    def can_merge(self) -> bool:
        return True

    def on_merge(self, window: TimeWindow, ctx: Any) -> None:
        end = window.max_timestamp()
        if end > ctx.get_current_processing_time():
            ctx.register_processing_time_timer(end)

    def clear(self, window: TimeWindow, ctx: Any) -> None:
        ctx.delete_processing_time_timer(window.max_timestamp())


class Min(ReduceFunction[Any]):
    """The smaller of two."""

    def reduce(self, value1: Any, value2: Any) -> Any:
        return min(value1, value2)


class Sum(ReduceFunction[Any]):
    """The sum of two."""

    def reduce(self, value1: Any, value2: Any) -> Any:
        return value1 + value2


class _Continuous(_Quiet[T]):
    def __init__(self, interval: int) -> None:
        if interval <= 0:
            raise ValueError(f"The interval of {type(self).__name__} must be positive; it is {interval} ms.")
        self.interval = interval
        self.state_desc = ReducingStateDescriptor("fire-time", Min())

    def can_merge(self) -> bool:
        return True

    def _next(self, time: int, window: Window, register: Any, fire_time: Any) -> None:
        following = min(time + self.interval, window.max_timestamp())
        fire_time.add(following)
        register(following)


class ContinuousEventTimeTrigger(_Continuous[T]):
    """Fires at every multiple of the interval that the watermark passes, and at the window's end."""

    @staticmethod
    def of(interval: Any) -> ContinuousEventTimeTrigger[Any]:
        """From a ``Time``."""
        return ContinuousEventTimeTrigger(milliseconds_of(interval))

    def on_element(self, element: T, timestamp: int, window: TimeWindow, ctx: Any) -> TriggerResult:
        if window.max_timestamp() <= ctx.get_current_watermark():
            return TriggerResult.FIRE
        ctx.register_event_time_timer(window.max_timestamp())
        fire_time = ctx.get_partitioned_state(self.state_desc)
        if fire_time.get() is None:
            begin = timestamp - timestamp % self.interval
            self._next(begin, window, ctx.register_event_time_timer, fire_time)
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: TimeWindow, ctx: Any) -> TriggerResult:
        if time == window.max_timestamp():
            return TriggerResult.FIRE
        fire_time = ctx.get_partitioned_state(self.state_desc)
        if fire_time.get() != time:
            return TriggerResult.CONTINUE
        fire_time.clear()
        # Nothing comes in any more between here and the window's end; a global window would go on for ever.
        if ctx.get_current_watermark() < window.max_timestamp():
            self._next(time, window, ctx.register_event_time_timer, fire_time)
        return TriggerResult.FIRE

    def on_merge(self, window: TimeWindow, ctx: Any) -> None:
        ctx.merge_partitioned_state(self.state_desc)
        time = ctx.get_partitioned_state(self.state_desc).get()
        if time is not None:
            ctx.register_event_time_timer(time)

    def clear(self, window: TimeWindow, ctx: Any) -> None:
        fire_time = ctx.get_partitioned_state(self.state_desc)
        time = fire_time.get()
        if time is not None:
            ctx.delete_event_time_timer(time)
            fire_time.clear()


class ContinuousProcessingTimeTrigger(_Continuous[T]):
    """Fires at every multiple of the interval that the clock passes."""

    @staticmethod
    def of(interval: Any) -> ContinuousProcessingTimeTrigger[Any]:
        """From a ``Time``."""
        return ContinuousProcessingTimeTrigger(milliseconds_of(interval))

    def on_element(self, element: T, timestamp: int, window: TimeWindow, ctx: Any) -> TriggerResult:
        fire_time = ctx.get_partitioned_state(self.state_desc)
        if fire_time.get() is None:
            now = ctx.get_current_processing_time()
            self._next(now - now % self.interval, window, ctx.register_processing_time_timer, fire_time)
        return TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: TimeWindow, ctx: Any) -> TriggerResult:
        fire_time = ctx.get_partitioned_state(self.state_desc)
        if fire_time.get() != time:
            return TriggerResult.CONTINUE
        fire_time.clear()
        self._next(time, window, ctx.register_processing_time_timer, fire_time)
        return TriggerResult.FIRE

    def on_merge(self, window: TimeWindow, ctx: Any) -> None:
        ctx.merge_partitioned_state(self.state_desc)
        time = ctx.get_partitioned_state(self.state_desc).get()
        if time is not None:
            ctx.register_processing_time_timer(time)

    def clear(self, window: TimeWindow, ctx: Any) -> None:
        fire_time = ctx.get_partitioned_state(self.state_desc)
        time = fire_time.get()
        if time is not None:
            ctx.delete_processing_time_timer(time)
            fire_time.clear()


class PurgingTrigger(Trigger[T, Window]):
    """As another trigger, but the window is emptied whenever it fires."""

    def __init__(self, nested_trigger: Trigger[T, Any]) -> None:
        self.nested_trigger = nested_trigger

    @staticmethod
    def of(nested_trigger: Trigger[Any, Any]) -> PurgingTrigger[Any]:
        """Fires as another trigger does, and empties the window then."""
        return PurgingTrigger(nested_trigger)

    def on_element(self, element: T, timestamp: int, window: Any, ctx: Any) -> TriggerResult:
        return self._purging(self.nested_trigger.on_element(element, timestamp, window, ctx), "on_element")

    def on_event_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        return self._purging(self.nested_trigger.on_event_time(time, window, ctx), "on_event_time")

    def on_processing_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        return self._purging(self.nested_trigger.on_processing_time(time, window, ctx), "on_processing_time")

    def can_merge(self) -> bool:
        return self.nested_trigger.can_merge()

    def on_merge(self, window: Any, ctx: Any) -> None:
        self.nested_trigger.on_merge(window, ctx)

    def clear(self, window: Any, ctx: Any) -> None:
        self.nested_trigger.clear(window, ctx)

    def _purging(self, result: Any, method: str) -> TriggerResult:
        checked = checked_result(result, method, self.nested_trigger)
        return TriggerResult.FIRE_AND_PURGE if checked.is_fire() else checked


class CountTrigger(_Quiet[T]):
    """Fires whenever ``window_size`` more records have come; the window keeps them."""

    def __init__(self, window_size: int) -> None:
        if isinstance(window_size, bool) or not isinstance(window_size, int) or window_size < 1:
            raise ValueError(
                f"A CountTrigger is of {window_size!r} records; it must be a whole number of at least 1."
            )
        self._window_size = window_size
        self._count_state_descriptor = ReducingStateDescriptor("count", Sum())

    @staticmethod
    def of(window_size: int) -> CountTrigger[Any]:
        """Fires when a window has so many records."""
        return CountTrigger(window_size)

    def on_element(self, element: T, timestamp: int, window: CountWindow, ctx: Any) -> TriggerResult:
        count = ctx.get_partitioned_state(self._count_state_descriptor)
        count.add(1)
        if count.get() < self._window_size:
            return TriggerResult.CONTINUE
        count.clear()
        return TriggerResult.FIRE

    def can_merge(self) -> bool:
        return True

    def on_merge(self, window: CountWindow, ctx: Any) -> None:
        ctx.merge_partitioned_state(self._count_state_descriptor)

    def clear(self, window: CountWindow, ctx: Any) -> None:
        ctx.get_partitioned_state(self._count_state_descriptor).clear()


class NeverTrigger(_Quiet[T]):
    """Never fires."""

    @staticmethod
    def create() -> NeverTrigger[Any]:
        """The trigger."""
        return NeverTrigger()

    def on_element(self, element: T, timestamp: int, window: GlobalWindow, ctx: Any) -> TriggerResult:
        return TriggerResult.CONTINUE
