"""A stream beside a broadcast one: BroadcastProcessFunction and KeyedBroadcastProcessFunction.

Broadcast state is operator state: a map for each name of ``params.descriptors``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..._interfaces.functions.broadcast import KeyedBroadcastProcessFunction
from ..._interfaces.time_domain import TimeDomain
from ..runtime.opening import opened
from ..runtime.operator import OperatorContext
from ..runtime.runtime_context import runtime_context
from ..runtime.timers import KeyedTimerService, TimeService
from ..state.asked import asked
from ..state.broadcast import BroadcastMap, ReadOnlyBroadcastMap
from ..state.key_identity import thaw
from .process import TimerOperator
from .results import flatten


class _BroadcastContext(KeyedBroadcastProcessFunction.Context, KeyedBroadcastProcessFunction.OnTimerContext):
    """One class for all sides: which of its methods a function may use follows from its base class."""

    def __init__(self, ctx: OperatorContext, maps: dict[str, Any], view: type[Any], timers: Any) -> None:
        self._ctx = ctx
        self._maps = maps
        self._view = view
        self._views: dict[str, Any] = {}
        self._timers = timers
        self.domain = TimeDomain.EVENT_TIME

    def get_broadcast_state(self, state_descriptor: Any) -> Any:
        name = asked("map", state_descriptor).name
        found = self._views.get(name)
        if found is None:
            if name not in self._maps:
                raise Exception(
                    f"The broadcast state {name!r} was not given to broadcast(); known: {sorted(self._maps)}."
                )
            found = self._views[name] = self._view(self._maps[name])
        return found

    def timestamp(self) -> int:
        return self._ctx.cursor.timestamp

    def current_processing_time(self) -> int:
        return self._ctx.clock.now_ms()

    def current_watermark(self) -> int:
        return self._ctx.watermark

    def timer_service(self) -> Any:
        return self._timers

    def get_current_key(self) -> Any:
        return thaw(self._ctx.cursor.key)

    def time_domain(self) -> TimeDomain:
        return self.domain


class BroadcastProcessOperator(TimerOperator):
    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        store = runtime_context(ctx).get_operator_state_store()
        self._maps = {name: store.broadcast(name) for name in ctx.params.get("descriptors", ())}
        loaded = ctx.load("function")
        self._first, self._close = opened(loaded, ctx, "process_element")
        self._second = loaded.process_broadcast_element
        self.functions = (self._first, self._second)
        timers = KeyedTimerService(ctx, runtime_context(ctx).timers) if ctx.keyed else TimeService(ctx)
        self._read_context = _BroadcastContext(ctx, self._maps, ReadOnlyBroadcastMap, timers)
        self._write_context = _BroadcastContext(ctx, self._maps, BroadcastMap, timers)
        if ctx.keyed:
            self._open_timers(ctx, loaded, self._read_context)

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(self._first, records, self._read_context), self.ctx)

    def apply_second(self, records: Iterator[Any]) -> Iterator[Any]:
        return flatten(self._each(self._second, records, self._write_context), self.ctx)

    def _each(
        self, process: Callable[..., Any], records: Iterator[Any], context: Any
    ) -> Iterator[Iterable[Any]]:
        for value in records:
            result = process(value, context)
            if result is not None:
                yield result

    def close(self) -> None:
        self._close()
