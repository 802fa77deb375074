"""Which engine keeps the windows of an operation."""

from __future__ import annotations

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.assigner import MergingWindowAssigner
from ...._interfaces.window.counts import CountSlidingWindowAssigner, CountTumblingWindowAssigner
from ...._interfaces.window.sessions import (
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
)
from ...._interfaces.window.times import (
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from ...._interfaces.window.triggers import EventTimeTrigger, ProcessingTimeTrigger
from ...runtime.operator import OperatorContext
from ...runtime.runtime_context import runtime_context
from .aligned import AlignedEngine
from .counted import CountedEngine
from .counted_panes import CountedPanesEngine
from .engine import Engine
from .general import GeneralEngine
from .merging import MergingEngine
from .sessions import SessionEngine
from .sliced import SlicedEngine

_EVENT_TIME = (TumblingEventTimeWindows, SlidingEventTimeWindows)
_PROCESSING_TIME = (TumblingProcessingTimeWindows, SlidingProcessingTimeWindows)

_SESSIONS = (
    EventTimeSessionWindows,
    DynamicEventTimeSessionWindows,
    ProcessingTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
)


def make_engine(operation: WindowOperation, ctx: OperatorContext) -> Engine:
    """The cheapest engine that gives exactly what the general one would."""
    assigner, trigger = operation.assigner, operation.trigger
    if isinstance(assigner, MergingWindowAssigner):
        if (
            type(assigner) in _SESSIONS
            and (trigger is None or type(trigger) is type(assigner.get_default_trigger(None)))
            and operation.allowed_lateness == 0
            and runtime_context(ctx).backend.store is None
        ):
            return SessionEngine(operation, ctx)
        return MergingEngine(operation, ctx)
    if runtime_context(ctx).backend.store is not None:
        # The others keep contents on the heap.
        return GeneralEngine(operation, ctx)
    kind = type(assigner)
    if kind in _EVENT_TIME and (trigger is None or type(trigger) is EventTimeTrigger):
        if kind is SlidingEventTimeWindows and _can_slice(operation):
            return SlicedEngine(operation, ctx)
        return AlignedEngine(operation, ctx)
    if kind in _PROCESSING_TIME and (trigger is None or type(trigger) is ProcessingTimeTrigger):
        if kind is SlidingProcessingTimeWindows and _can_slice(operation):
            return SlicedEngine(operation, ctx)
        return AlignedEngine(operation, ctx)
    if kind in (CountTumblingWindowAssigner, CountSlidingWindowAssigner) and trigger is None:
        if kind is CountSlidingWindowAssigner and _has_panes(operation):
            return CountedPanesEngine(operation, ctx)
        return CountedEngine(operation, ctx)
    return GeneralEngine(operation, ctx)


def _has_panes(operation: WindowOperation) -> bool:
    return _is_mergeable(operation) and operation.assigner._window_slide < operation.assigner._window_size


def _is_mergeable(operation: WindowOperation) -> bool:
    return operation.how in ("reduce", "aggregate") and bool(getattr(operation.function, "mergeable", False))


def _can_slice(operation: WindowOperation) -> bool:
    return (
        _is_mergeable(operation)
        and operation.allowed_lateness == 0
        and operation.assigner._slide < operation.assigner._size
    )
