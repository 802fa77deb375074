"""Windows of Python streams whose functions are TypeScript."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from isthmus import ts
from isthmus._interfaces.window.as_data import assigner_as_data, trigger_as_data
from isthmus._worker.operators.windowing.from_data import assigner_of, trigger_of
from isthmus.common import Time, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import OutputTag
from isthmus.datastream.window import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    NeverTrigger,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from isthmus.errors import GraphError

FUNCTIONS = str(Path(__file__).with_name("window_functions.ts"))
CLICKS = [
    {"user": "a", "n": 1, "at": 1},
    {"user": "b", "n": 2, "at": 3},
    {"user": "a", "n": 4, "at": 8},
    {"user": "a", "n": 8, "at": 12},
    {"user": "b", "n": 16, "at": 25},
]


class At(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value["at"]


def clicks(env) -> Any:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(At())
    # One subtask: windows of counts see the records in this order.
    timed = env.from_collection(CLICKS).assign_timestamps_and_watermarks(strategy).set_parallelism(1)
    return timed.key_by(lambda click: click["user"])


def results(stream) -> list[Any]:
    with stream.execute_and_collect() as found:
        return sorted(found, key=str)


TENS = TumblingEventTimeWindows.of(Time.milliseconds(10))


def test_reduce(env):
    reduced = clicks(env).window(TENS).reduce(ts(FUNCTIONS, "total"))
    assert [(r["user"], r["n"]) for r in results(reduced)] == [("a", 5), ("a", 8), ("b", 16), ("b", 2)]
    shown = clicks(env).window(TENS).reduce(ts(FUNCTIONS, "total"), ts(FUNCTIONS, "shown"))
    assert results(shown) == ["a 0 5", "a 10 8", "b 0 2", "b 20 16"]


def test_aggregate_apply_and_process(env):
    sliding = SlidingEventTimeWindows.of(Time.milliseconds(20), Time.milliseconds(10))
    labelled = ts(FUNCTIONS, "Labelled", args=["sum"])
    found = clicks(env).window(sliding).aggregate(ts(FUNCTIONS, "Numbers"), labelled)
    assert results(found) == [
        "sum a -10 1+4",
        "sum a 0 1+4+8",
        "sum a 10 8",
        "sum b -10 2",
        "sum b 0 2",
        "sum b 10 16",
        "sum b 20 16",
    ]
    sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(6))
    late = OutputTag("late")
    applied = clicks(env).window(sessions).side_output_late_data(late).apply(ts(FUNCTIONS, "shown"))
    assert results(applied) == ["a 1 1", "a 8 4+8", "b 25 16", "b 3 2"]


def test_triggers_and_windows_of_all(env):
    fired = (
        clicks(env)
        .window(GlobalWindows.create())
        .trigger(PurgingTrigger.of(CountTrigger.of(2)))
        .reduce(ts(FUNCTIONS, "total"))
    )
    assert sorted(r["n"] for r in results(fired)) == [5, 18]
    everything = env.from_collection(CLICKS).window_all(CountTumblingWindowAssigner(2))
    assert results(everything.apply(ts(FUNCTIONS, "counted"))) == [2, 2]


def test_the_functions_of_a_window_are_of_one_language(env):
    with pytest.raises(GraphError, match="must be of one language"):
        clicks(env).window(TENS).reduce(lambda a, b: a, ts(FUNCTIONS, "shown"))

    class Own(TumblingEventTimeWindows):
        pass

    with pytest.raises(
        GraphError, match=r"must be of one language.*TypeScript: its function; Python: its assigner"
    ):
        clicks(env).window(Own(10)).reduce(ts(FUNCTIONS, "total"))


def context_of(**params: Any) -> Any:
    """The context of an operator with these parameters and no function."""
    return SimpleNamespace(params=params, load=lambda part: None)


@pytest.mark.parametrize(
    "assigner",
    [
        TumblingEventTimeWindows(10, 3),
        TumblingProcessingTimeWindows(10),
        SlidingEventTimeWindows(10, 4, -1),
        SlidingProcessingTimeWindows(10, 4),
        EventTimeSessionWindows(7),
        ProcessingTimeSessionWindows(7),
        GlobalWindows(),
        CountTumblingWindowAssigner(4),
        CountSlidingWindowAssigner(4, 2),
    ],
)
def test_assigners_are_what_they_were_behind_json(assigner):
    said, own = assigner_as_data(assigner)
    assert own == {}
    again = assigner_of(context_of(assigner=json.loads(json.dumps(said))))
    assert type(again) is type(assigner)
    assert vars(again) == vars(assigner)


@pytest.mark.parametrize(
    "trigger",
    [
        EventTimeTrigger(),
        ProcessingTimeTrigger(),
        NeverTrigger(),
        CountTrigger(3),
        ContinuousEventTimeTrigger(50),
        ContinuousProcessingTimeTrigger(60),
        PurgingTrigger(CountTrigger(2)),
    ],
)
def test_triggers_are_what_they_were_behind_json(trigger):
    said, own = trigger_as_data(trigger)
    assert own == {}
    again = trigger_of(context_of(trigger=json.loads(json.dumps(said))))
    assert type(again) is type(trigger)
    assert trigger_as_data(again) == (said, {})
