"""Assigners and triggers as JSON, for windows whose function is TypeScript.

Twin of ``_worker/operators/windowing/from_json.py``; times are milliseconds.
"""

from __future__ import annotations

from typing import Any

from ..._program.typescript import TypeScriptFunction
from ...errors import GraphError
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


def function_within(given: Any) -> Any:
    """What an assigner or trigger calls that may be ``ts(...)``: itself, its gap, the trigger it wraps; None for others."""
    if isinstance(given, PurgingTrigger):
        return function_within(given.nested_trigger)
    if isinstance(given, (DynamicEventTimeSessionWindows, DynamicProcessingTimeSessionWindows)):
        return given._session_window_time_gap_extractor
    return given if isinstance(given, TypeScriptFunction) else None


def assigner_as_json(assigner: Any) -> dict[str, Any]:
    """
    Raises:
        GraphError: The assigner is one of the program's own.
    """
    kind = type(assigner)
    if isinstance(assigner, TypeScriptFunction):
        return _by_reference(assigner)
    if kind in (TumblingEventTimeWindows, TumblingProcessingTimeWindows):
        return {
            "kind": "tumbling",
            "time": _time(assigner),
            "size": assigner._size,
            "offset": assigner._offset,
        }
    if kind in (SlidingEventTimeWindows, SlidingProcessingTimeWindows):
        return {
            "kind": "sliding",
            "time": _time(assigner),
            "size": assigner._size,
            "slide": assigner._slide,
            "offset": assigner._offset,
        }
    if kind in (EventTimeSessionWindows, ProcessingTimeSessionWindows):
        return {"kind": "session", "time": _time(assigner), "gap": assigner._session_gap}
    gap = function_within(assigner)
    if isinstance(gap, TypeScriptFunction):
        return {"kind": "session", "time": _time(assigner), "gapFunction": gap.reference()}
    if kind is GlobalWindows:
        return {"kind": "global"}
    if kind is CountTumblingWindowAssigner:
        return {"kind": "count", "size": assigner._window_size}
    if kind is CountSlidingWindowAssigner:
        return {"kind": "count", "size": assigner._window_size, "slide": assigner._window_slide}
    raise _own("window assigner")


def trigger_as_json(trigger: Any) -> dict[str, Any]:
    """
    Raises:
        GraphError: The trigger is one of the program's own.
    """
    kind = type(trigger)
    if isinstance(trigger, TypeScriptFunction):
        return _by_reference(trigger)
    if kind in _SIMPLE_TRIGGERS:
        return {"kind": _SIMPLE_TRIGGERS[kind]}
    if kind is CountTrigger:
        return {"kind": "count", "count": trigger._window_size}
    if kind in (ContinuousEventTimeTrigger, ContinuousProcessingTimeTrigger):
        time = "event" if kind is ContinuousEventTimeTrigger else "processing"
        return {"kind": "continuous", "time": time, "interval": trigger.interval}
    if kind is PurgingTrigger:
        return {"kind": "purging", "trigger": trigger_as_json(trigger.nested_trigger)}
    raise _own("trigger")


def _by_reference(given: TypeScriptFunction[Any, Any]) -> dict[str, Any]:
    return {"kind": "function", "function": given.reference()}


def _time(assigner: Any) -> str:
    return "event" if assigner.is_event_time() else "processing"


def _own(what: str) -> GraphError:
    return GraphError(
        f"The {what} is one of this program's own, in Python, and so must be the function of its window."
    )
