"""Assigners and triggers as plain data: those of Isthmus by kind and numbers, the program's own as functions.

What ``_worker/operators/windowing/from_data.py`` reads; times are milliseconds.
"""

from __future__ import annotations

from typing import Any

from .counts import CountSlidingWindowAssigner, CountTumblingWindowAssigner
from .sessions import (
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
)
from .times import (
    GlobalWindows,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from .triggers import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountTrigger,
    EventTimeTrigger,
    NeverTrigger,
    ProcessingTimeTrigger,
    PurgingTrigger,
)

#: Of what describes itself by its class.
_SIMPLE_TRIGGERS = {
    EventTimeTrigger: "eventTime",
    ProcessingTimeTrigger: "processingTime",
    NeverTrigger: "never",
}


#: Functions by part.
Parts = dict[str, Any]


def assigner_as_data(assigner: Any) -> tuple[dict[str, Any], Parts]:
    """Kind and numbers; with what of it is a function: itself, where it is one of the program's own, or its gap."""
    kind = type(assigner)
    if kind in (TumblingEventTimeWindows, TumblingProcessingTimeWindows):
        numbers = {"size": assigner._size, "offset": assigner._offset}
        return {"kind": "tumbling", "time": _time(assigner), **numbers}, {}
    if kind in (SlidingEventTimeWindows, SlidingProcessingTimeWindows):
        numbers = {"size": assigner._size, "slide": assigner._slide, "offset": assigner._offset}
        return {"kind": "sliding", "time": _time(assigner), **numbers}, {}
    if kind in (EventTimeSessionWindows, ProcessingTimeSessionWindows):
        return {"kind": "session", "time": _time(assigner), "gap": assigner._session_gap}, {}
    if kind in (DynamicEventTimeSessionWindows, DynamicProcessingTimeSessionWindows):
        return {"kind": "session", "time": _time(assigner)}, {
            "gap": assigner._session_window_time_gap_extractor
        }
    if kind is GlobalWindows:
        return {"kind": "global"}, {}
    if kind is CountTumblingWindowAssigner:
        return {"kind": "count", "size": assigner._window_size}, {}
    if kind is CountSlidingWindowAssigner:
        return {"kind": "count", "size": assigner._window_size, "slide": assigner._window_slide}, {}
    return {"kind": "function"}, {"assigner": assigner}


def trigger_as_data(trigger: Any) -> tuple[dict[str, Any], Parts]:
    """Kind and numbers; with the trigger itself, where it (or the one that it wraps) is one of the program's own."""
    kind = type(trigger)
    if kind in _SIMPLE_TRIGGERS:
        return {"kind": _SIMPLE_TRIGGERS[kind]}, {}
    if kind is CountTrigger:
        return {"kind": "count", "count": trigger._window_size}, {}
    if kind in (ContinuousEventTimeTrigger, ContinuousProcessingTimeTrigger):
        time = "event" if kind is ContinuousEventTimeTrigger else "processing"
        return {"kind": "continuous", "time": time, "interval": trigger.interval}, {}
    if kind is PurgingTrigger:
        nested, own = trigger_as_data(trigger.nested_trigger)
        return {"kind": "purging", "trigger": nested}, own
    return {"kind": "function"}, {"trigger": trigger}


def _time(assigner: Any) -> str:
    return "event" if assigner.is_event_time() else "processing"
