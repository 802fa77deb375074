"""What triggers and assigners are given: timers and state of a key and window."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...._interfaces.state.descriptors import StateDescriptor
from ...._interfaces.window.assigner import WindowAssigner
from ...._interfaces.window.trigger import Trigger
from ...runtime.operator import OperatorContext
from ...runtime.runtime_context import WorkerRuntimeContext, runtime_context
from ...state.asked import kind_of
from ...state.backend import NamespaceCursor
from ...state.key_identity import NamespacedKey


class AssignerContext(WindowAssigner.WindowAssignerContext):
    def __init__(self, ctx: OperatorContext) -> None:
        self._ctx = ctx

    def get_current_processing_time(self) -> int:
        return self._ctx.clock.now_ms()

    def get_runtime_context(self) -> WorkerRuntimeContext:
        return runtime_context(self._ctx)


class TriggerContext(Trigger.OnMergeContext):
    """Of the key of the cursor and of ``window``."""

    def __init__(self, ctx: OperatorContext, merges_all: bool) -> None:
        self._ctx = ctx
        self._runtime = runtime_context(ctx)
        self._timers = self._runtime.timers
        self._at = NamespaceCursor(ctx.cursor)
        self._merges_all = merges_all
        self.merged: Iterable[Any] = ()

    @property
    def window(self) -> Any:
        return self._at.namespace

    @window.setter
    def window(self, window: Any) -> None:
        self._at.namespace = window

    def get_current_processing_time(self) -> int:
        return self._ctx.clock.now_ms()

    def get_current_watermark(self) -> int:
        return self._ctx.watermark

    def get_metric_group(self) -> Any:
        return self._runtime.get_metrics_group()

    def register_processing_time_timer(self, time: int) -> None:
        self._timers.processing.register(time, self._at.key)

    def register_event_time_timer(self, time: int) -> None:
        self._timers.event.register(time, self._at.key)

    def delete_processing_time_timer(self, time: int) -> None:
        self._timers.processing.delete(time, self._at.key)

    def delete_event_time_timer(self, time: int) -> None:
        self._timers.event.delete(time, self._at.key)

    def get_partitioned_state(self, state_descriptor: StateDescriptor) -> Any:
        return self._runtime.backend.state(kind_of(state_descriptor), state_descriptor, self._at)

    def merge_partitioned_state(self, state_descriptor: StateDescriptor) -> None:
        state = self.get_partitioned_state(state_descriptor)
        if not hasattr(state, "merge"):
            raise Exception("The given state descriptor does not refer to a mergeable state (MergingState)")
        key = self._ctx.cursor.key
        state.merge(self._at.key, [NamespacedKey((key, w)) for w in self.merged], self._merges_all)
