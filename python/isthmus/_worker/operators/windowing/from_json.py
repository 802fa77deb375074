"""A window operation said in JSON (``params.window``), for Python functions used from TypeScript.

``{"assigner": {"kind": "tumbling", "time": "event", "size": 60000, "offset": 0}, "trigger": {…},
            "allowedLateness": 0,
"lateTag": "late", "how": "aggregate"}``; times are milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...._interfaces.window.assigner import SessionWindowTimeGapExtractor
from ...._interfaces.window.counts import CountSlidingWindowAssigner, CountTumblingWindowAssigner
from ...._interfaces.window.sessions import (
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
)
from ...._interfaces.window.times import (
    GlobalWindows,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from ...._interfaces.window.triggers import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountTrigger,
    EventTimeTrigger,
    NeverTrigger,
    ProcessingTimeTrigger,
    PurgingTrigger,
)
from ...._program.operations import WindowOperation
from ....errors import GraphError

#: Gives the function of a reference.
Load = Callable[[dict[str, Any]], Any]


def window_operation(given: dict[str, Any], function: Any, load: Load) -> WindowOperation:
    """The operation that ``given`` describes; ``load`` loads the functions it refers to."""
    window_function = given.get("windowFunction")
    trigger = given.get("trigger")
    return WindowOperation(
        assigner=assigner_of(given["assigner"], load),
        trigger=None if trigger is None else trigger_of(trigger, load),
        allowed_lateness=int(given.get("allowedLateness") or 0),
        late_tag=given.get("lateTag"),
        how=given.get("how") or _how(function),
        function=function,
        window_function=None if window_function is None else load(window_function),
        all_windows=bool(given.get("allWindows", False)),
        merging="exact",
    )


def assigner_of(given: dict[str, Any], load: Load) -> Any:
    """The window assigner that a JSON object names."""
    kind = given["kind"]
    if kind == "function":
        return load(given["function"])
    event = given.get("time", "event") == "event"
    offset = given.get("offset") or 0
    if kind == "tumbling":
        tumbling = TumblingEventTimeWindows if event else TumblingProcessingTimeWindows
        return tumbling(given["size"], offset)
    if kind == "sliding":
        sliding = SlidingEventTimeWindows if event else SlidingProcessingTimeWindows
        return sliding(given["size"], given["slide"], offset)
    if kind == "session":
        if given.get("gapFunction") is not None:
            dynamic = DynamicEventTimeSessionWindows if event else DynamicProcessingTimeSessionWindows
            return dynamic(_gap_extractor(load(given["gapFunction"])))
        session = EventTimeSessionWindows if event else ProcessingTimeSessionWindows
        return session(given["gap"])
    if kind == "global":
        return GlobalWindows()
    if kind == "count":
        size, slide = given["size"], given.get("slide")
        return CountSlidingWindowAssigner(size, slide) if slide else CountTumblingWindowAssigner(size)
    raise GraphError(
        f"There is no window assigner {kind!r}; known: tumbling, sliding, session, global, count. "
        "Windows with a TypeScript assigner need a TypeScript window function."
    )


def trigger_of(given: dict[str, Any], load: Load) -> Any:
    """The trigger that a JSON object names."""
    kind = given["kind"]
    if kind == "function":
        return load(given["function"])
    if kind == "purging":
        return PurgingTrigger(trigger_of(given["trigger"], load))
    if kind == "count":
        return CountTrigger(given["count"])
    if kind == "continuous":
        event = given.get("time", "event") == "event"
        continuous = ContinuousEventTimeTrigger if event else ContinuousProcessingTimeTrigger
        return continuous(given["interval"])
    simple = {
        "eventTime": EventTimeTrigger,
        "processingTime": ProcessingTimeTrigger,
        "never": NeverTrigger,
    }
    if kind in simple:
        return simple[kind]()
    raise GraphError(
        f"There is no trigger {kind!r}; known: eventTime, processingTime, never, count, continuous, purging."
    )


def _gap_extractor(given: Any) -> Any:
    """An extractor, also of a plain function."""
    return given if hasattr(given, "extract") else _GapOf(given)


class _GapOf(SessionWindowTimeGapExtractor):
    def __init__(self, function: Callable[[Any], int]) -> None:
        self._function = function

    def extract(self, element: Any) -> int:
        return self._function(element)


def _how(function: Any) -> Any:
    for method, how in (("create_accumulator", "aggregate"), ("process", "process"), ("apply", "apply")):
        if hasattr(function, method):
            return how
    return "reduce"
