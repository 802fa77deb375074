"""Windows of plain data (``docs/operators.md``); times are milliseconds.

``{"assigner": {"kind": "tumbling", "time": "event", "size": 60000, "offset": 0}, "trigger": {"kind": "eventTime"},
"allowedLateness": 0, "lateTag": "late", "how": "aggregate"}``
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...._interfaces.operations import WindowOperation
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
from ....errors import GraphError
from ...runtime.operator import OperatorContext
from ..field_folds import FieldFold


def window_operation(ctx: OperatorContext) -> WindowOperation:
    """The operation of an operator of kind ``window``."""
    params = ctx.params
    folds = params["how"] == "fold"
    return WindowOperation(
        assigner=assigner_of(ctx),
        trigger=trigger_of(ctx),
        allowed_lateness=int(params.get("allowedLateness") or 0),
        late_tag=params.get("lateTag"),
        how="reduce" if folds else params["how"],
        function=FieldFold(params["op"], params["field"]) if folds else ctx.load("function"),
        window_function=ctx.load("windowFunction"),
        all_windows=bool(params.get("allWindows", False)),
        merging=params.get("merging", "exact"),
    )


def assigner_of(ctx: OperatorContext) -> Any:
    """The window assigner of an operator: one of Isthmus, or the program's own."""
    given = ctx.params["assigner"]
    kind = given["kind"]
    if kind == "function":
        return ctx.load("assigner")
    event = given.get("time", "event") == "event"
    offset = given.get("offset") or 0
    if kind == "tumbling":
        tumbling = TumblingEventTimeWindows if event else TumblingProcessingTimeWindows
        return tumbling(given["size"], offset)
    if kind == "sliding":
        sliding = SlidingEventTimeWindows if event else SlidingProcessingTimeWindows
        return sliding(given["size"], given["slide"], offset)
    if kind == "session":
        if "gap" not in given:
            dynamic = DynamicEventTimeSessionWindows if event else DynamicProcessingTimeSessionWindows
            return dynamic(_gap_extractor(ctx.load("gap")))
        session = EventTimeSessionWindows if event else ProcessingTimeSessionWindows
        return session(given["gap"])
    if kind == "global":
        return GlobalWindows()
    if kind == "count":
        size, slide = given["size"], given.get("slide")
        return CountSlidingWindowAssigner(size, slide) if slide else CountTumblingWindowAssigner(size)
    raise GraphError(
        f"There is no window assigner {kind!r}; known: tumbling, sliding, session, global, count, function."
    )


def trigger_of(ctx: OperatorContext) -> Any:
    """The trigger of an operator: one of Isthmus, or the program's own; None: the assigner's."""
    given = ctx.params.get("trigger")
    return None if given is None else _trigger(given, ctx)


def _trigger(given: dict[str, Any], ctx: OperatorContext) -> Any:
    kind = given["kind"]
    if kind == "function":
        return ctx.load("trigger")
    if kind == "purging":
        return PurgingTrigger(_trigger(given["trigger"], ctx))
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
        f"There is no trigger {kind!r}; known: eventTime, processingTime, never, count, continuous, purging, "
        "function."
    )


def _gap_extractor(given: Any) -> Any:
    """An extractor, also of a plain function."""
    return given if hasattr(given, "extract") else _GapOf(given)


class _GapOf(SessionWindowTimeGapExtractor):
    def __init__(self, function: Callable[[Any], int]) -> None:
        self._function = function

    def extract(self, element: Any) -> int:
        return self._function(element)
