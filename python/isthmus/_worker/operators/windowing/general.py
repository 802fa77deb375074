"""Any assigner with any trigger: contents per key and window, the trigger asked about every record and timer.

G1. Late is a window whose ``max_timestamp + lateness`` the watermark has passed (event time only).
G2. A window is cleared by a timer at that time, after the trigger had its say; a window that ends at
    Long.MAX never is.
G3. FIRE keeps the contents, PURGE drops them; an empty window does not call the function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.sessions import (
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
)
from ...._interfaces.window.times import (
    GlobalWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from ...._interfaces.window.trigger import TriggerResult, checked_result
from ...._values.keep import kept
from ...runtime.operator import MAX_TIMESTAMP, OperatorContext
from ...runtime.reach import FIXED
from ...runtime.runtime_context import runtime_context
from ...state.key_identity import NamespacedKey
from .contents import NOTHING
from .engine import Engine
from .trigger_context import AssignerContext, TriggerContext


class GeneralEngine(Engine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        self.event_time: bool = operation.assigner.is_event_time()
        self.trigger = operation.trigger or operation.assigner.get_default_trigger(None)
        runtime = runtime_context(ctx)
        self.timers = runtime.timers
        self.assigner_context = AssignerContext(ctx)
        self.trigger_context = TriggerContext(ctx, merges_all=True)
        #: What assigner and trigger see of a value (joins tag theirs).
        self.element: Callable[[Any], Any] = _itself
        #: Whether a record may be in several windows, whose lists then share it.
        self.overlaps = type(operation.assigner) not in _ONE_WINDOW
        #: (key, window) → contents
        self.table = runtime.backend.table("window contents", by_window=True)

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        assign = self.assigner.assign_windows
        table = self.table
        first, add = self.contents.first, self.contents.add
        one_copy = not self.overlaps or self.ctx.reach == FIXED
        context = self.trigger_context
        for key, value in pairs:
            cursor.key = key
            timestamp = cursor.timestamp
            taken = False
            shares = one_copy or self.contents.shares(value)
            for window in assign(self.element(value), timestamp, self.assigner_context):
                if self.is_window_late(window):
                    continue
                taken = True
                where = NamespacedKey((key, window))
                found = table.get(where, NOTHING)
                given = value if shares else kept(value)
                found = table[where] = first(given) if found is NOTHING else add(found, given)
                context.window = window
                result = self.trigger.on_element(self.element(value), timestamp, window, context)
                if result is not TriggerResult.CONTINUE:
                    checked = checked_result(result, "on_element", self.trigger)
                    yield from self.act(checked, key, window, where, timestamp)
                    cursor.timestamp = timestamp
                self.register_cleanup(window)
            if not taken and self.event_time and self.is_late(timestamp):
                self.drop_late(value)

    def act(
        self, result: TriggerResult, key: Any, window: Any, where: NamespacedKey, timestamp: int
    ) -> Iterator[Iterable[Any]]:
        """Do what a trigger said (G3)."""
        if result.is_fire():
            found = self.table.get(where, NOTHING)
            if found is not NOTHING:
                lives_on = not result.is_purge() or (self.overlaps and self.contents.is_list)
                results = self.emission.emit(key, window, found, timestamp, lives_on)
                if results is not None:
                    yield results
        if result.is_purge():
            self.table.pop(where, None)

    def advance_watermark(self, watermark: int) -> Iterator[Iterable[Any]] | None:
        return self._fire(self.timers.event.due(watermark), by_event_time=True)

    def next_processing_time(self) -> int | None:
        return self.timers.processing.next_time()

    def advance_processing_time(self, now: int) -> Iterator[Iterable[Any]] | None:
        return self._fire(self.timers.processing.due(now), by_event_time=False)

    def _fire(self, timers: Iterator[tuple[int, Any]], by_event_time: bool) -> Iterator[Iterable[Any]]:
        for time, (key, window) in timers:
            self.ctx.cursor.key = key
            where = self.contents_of(key, window)
            if where is None:
                continue
            context = self.trigger_context
            context.window = window
            on_time = self.trigger.on_event_time if by_event_time else self.trigger.on_processing_time
            result = on_time(time, window, context)
            if result is not TriggerResult.CONTINUE:
                checked = checked_result(result, on_time.__name__, self.trigger)
                yield from self.act(checked, key, window, where, time)
            if by_event_time is self.event_time and time == self.cleanup_time(window):
                self.clear(key, window, where)

    def contents_of(self, key: Any, window: Any) -> NamespacedKey | None:
        """Where a window's contents are; None where the window is no more (merged away)."""
        return NamespacedKey((key, window))

    def clear(self, key: Any, window: Any, where: NamespacedKey) -> None:
        """The window is over (G2)."""
        self.table.pop(where, None)
        self.ctx.cursor.key = key
        self.trigger_context.window = window
        self.trigger.clear(window, self.trigger_context)
        self.emission.clear(key, window)

    def cleanup_time(self, window: Any) -> int:
        time: int = window.max_timestamp()
        return min(time + self.lateness, MAX_TIMESTAMP) if self.event_time else time

    def register_cleanup(self, window: Any) -> None:
        time = self.cleanup_time(window)
        if time == MAX_TIMESTAMP:
            return
        self.trigger_context.window = window
        if self.event_time:
            self.trigger_context.register_event_time_timer(time)
        else:
            self.trigger_context.register_processing_time_timer(time)

    def delete_cleanup(self, window: Any) -> None:
        time = self.cleanup_time(window)
        if time == MAX_TIMESTAMP:
            return
        self.trigger_context.window = window
        if self.event_time:
            self.trigger_context.delete_event_time_timer(time)
        else:
            self.trigger_context.delete_processing_time_timer(time)

    def is_window_late(self, window: Any) -> bool:
        return self.event_time and self.cleanup_time(window) <= self.ctx.watermark  # G1


#: Assigners of one window to each record; windows that merge have a record once.
_ONE_WINDOW = frozenset(
    (
        GlobalWindows,
        TumblingEventTimeWindows,
        TumblingProcessingTimeWindows,
        EventTimeSessionWindows,
        DynamicEventTimeSessionWindows,
        ProcessingTimeSessionWindows,
        DynamicProcessingTimeSessionWindows,
    )
)


def _itself(value: Any) -> Any:
    return value
