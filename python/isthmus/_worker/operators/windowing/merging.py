"""Windows that merge (sessions).

Each key has a set of windows; each window's contents stay under the *state window* it began with, so that
merging two windows mostly moves nothing.

  M1. A record's window is merged with those it touches; the trigger merges its state and timers
      (``on_merge``), then is cleared for the windows that are gone.
  M2. Contents of several state windows become those of one of them, as ``bridged`` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.assigner import MergingWindowAssigner
from ...._interfaces.window.trigger import TriggerResult, checked_result
from ...._interfaces.window.windows import TimeWindow
from ...runtime.operator import OperatorContext
from ...runtime.runtime_context import runtime_context
from ...state.key_identity import NamespacedKey
from .bridged import Bridged
from .contents import NOTHING
from .general import GeneralEngine


class MergingEngine(GeneralEngine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        if not self.trigger.can_merge():
            raise TypeError(
                f"A merging window assigner cannot be used with {type(self.trigger).__name__}, which does "
                "not support merging. Use a trigger whose can_merge() is True."
            )
        self._bridged = Bridged(operation, ctx, self.contents)
        self.trigger_context._merges_all = self._bridged.exact
        #: key → {window: state window}
        self._sets = runtime_context(ctx).backend.table("merging windows")

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        assign = self.assigner.assign_windows
        table = self.table
        first, add = self.contents.first, self.contents.add
        context = self.trigger_context
        for key, value in pairs:
            cursor.key = key
            timestamp = cursor.timestamp
            windows: dict[Any, Any] = self._sets.get(key) or {}
            taken = False
            for assigned in assign(self.element(value), timestamp, self.assigner_context):
                window = self._add(key, windows, assigned)
                if self.is_window_late(window):
                    windows.pop(window, None)
                    continue
                taken = True
                where = NamespacedKey((key, windows[window]))
                found = table.get(where, NOTHING)
                table[where] = first(value) if found is NOTHING else add(found, value)
                self._store(key, windows)
                context.window = window
                result = self.trigger.on_element(self.element(value), timestamp, window, context)
                if result is not TriggerResult.CONTINUE:
                    checked = checked_result(result, "on_element", self.trigger)
                    yield from self.act(checked, key, window, where, timestamp)
                    cursor.timestamp = timestamp
                self.register_cleanup(window)
            self._store(key, windows)
            if not taken and self.event_time and self.is_late(timestamp):
                self.drop_late(value)

    def _store(self, key: Any, windows: dict[Any, Any]) -> None:
        if windows:
            self._sets[key] = windows
        else:
            self._sets.pop(key, None)

    def contents_of(self, key: Any, window: Any) -> NamespacedKey | None:
        windows = self._sets.get(key)
        state_window = windows.get(window) if windows else None
        # None: a trigger left a timer behind of a window that is no more.
        return None if state_window is None else NamespacedKey((key, state_window))

    def clear(self, key: Any, window: Any, where: NamespacedKey) -> None:
        super().clear(key, window, where)
        windows = self._sets.get(key) or {}
        windows.pop(window, None)
        self._store(key, windows)

    def _add(self, key: Any, windows: dict[Any, Any], new: Any) -> Any:
        """Add a window, merge what touches, return the window the record is in now (M1)."""
        collector = _Merges()
        self.assigner.merge_windows([*windows, new], collector)
        actual = new
        merged_new = False
        for result, group in collector.groups:
            if new in group:
                group = [w for w in group if w != new]
                merged_new = True
                actual = result
            group = [w for w in group if w in windows]
            if not group:
                windows[result] = result
                continue
            # Contents stay with one window; which one shows in the order of lists.
            ordered = self._bridged.in_order(group, new)
            state_window = windows[ordered[0]]
            others = [windows[w] for w in ordered[1:]]
            for window in ordered:
                del windows[window]
            windows[result] = state_window
            if not (len(ordered) == 1 and ordered[0] == result):
                self._merged(key, result, ordered, state_window, others)
        if not collector.groups or (actual == new and not merged_new):
            windows.setdefault(new, new)
        return actual

    def _merged(self, key: Any, result: Any, merged: list[Any], state_window: Any, others: list[Any]) -> None:
        self._check_time(result)
        context = self.trigger_context
        context.window = result
        context.merged = merged
        self.trigger.on_merge(result, context)
        for window in merged:
            context.window = window
            self.trigger.clear(window, context)
            self.delete_cleanup(window)
        if others:
            self._merge_contents(key, state_window, others)

    def _merge_contents(self, key: Any, target: Any, sources: list[Any]) -> None:
        """M2."""
        table = self.table
        found = [
            contents
            for contents in (table.pop(NamespacedKey((key, w)), NOTHING) for w in (target, *sources))
            if contents is not NOTHING
        ]
        if found:
            table[NamespacedKey((key, target))] = self._bridged.combined(found)

    def _check_time(self, result: Any) -> None:
        end = result.max_timestamp()
        if self.event_time:
            if end + self.lateness <= self.ctx.watermark:
                raise Exception(
                    "The end timestamp of an event-time window cannot become earlier than the current "
                    f"watermark by merging. Current watermark: {self.ctx.watermark} window: {result}"
                )
        else:
            now = self.ctx.clock.now_ms()
            if end <= now:
                raise Exception(
                    "The end timestamp of a processing-time window cannot become earlier than the current "
                    f"processing time by merging. Current processing time: {now} window: {result}"
                )


class _Merges(MergingWindowAssigner.MergeCallback):
    """Collects what an assigner says is to be merged."""

    def __init__(self) -> None:
        self.groups: list[tuple[Any, list[Any]]] = []

    def merge(self, to_be_merged: Iterable[Any], merge_result: Any) -> None:
        group = list(to_be_merged)
        if group and isinstance(group[0], TimeWindow):
            group.sort(key=lambda w: (w.start, w.end))
        self.groups.append((merge_result, group))
