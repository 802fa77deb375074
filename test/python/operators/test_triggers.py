"""Triggers, custom assigners, window state and count windows: what PyFlink 2.3 was seen to do."""

from __future__ import annotations

from typing import Any

import pytest
from isthmus._interfaces.operations import WindowOperation
from isthmus.datastream.functions import AggregateFunction, ProcessWindowFunction, ReduceFunction
from isthmus.datastream.state import ValueStateDescriptor
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
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingProcessingTimeWindows,
    TimeWindow,
    TimeWindowSerializer,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
    WindowAssigner,
)
from isthmus.testing import OneInputHarness

MAX = 2**63 - 1


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield key, context.window(), [e[1] for e in elements]


def operation(assigner: Any, **changes: Any) -> WindowOperation:
    given = {
        "assigner": assigner,
        "trigger": None,
        "allowed_lateness": 0,
        "late_tag": None,
        "how": "process",
        "function": Show(),
        "merging": "exact",
    }
    return WindowOperation(**{**given, **changes})


def windows(assigner: Any, **changes: Any) -> OneInputHarness:
    return OneInputHarness(operation(assigner, **changes), key_by=lambda v: v[0])


def contents(h: OneInputHarness) -> list[Any]:
    return [(key, elements) for key, _, elements in h.output]


def test_a_count_trigger_keeps_the_window_and_a_purging_one_empties_it():
    letters = [("k", c) for c in "abcdef"]
    with windows(GlobalWindows(), trigger=CountTrigger.of(3)) as h:
        h.process(*letters)
        assert contents(h) == [("k", list("abc")), ("k", list("abcdef"))]
    with windows(GlobalWindows(), trigger=PurgingTrigger.of(CountTrigger.of(3))) as h:
        h.process(*letters)
        assert contents(h) == [("k", list("abc")), ("k", list("def"))]


def test_a_global_window_without_trigger_never_fires():
    for trigger in (None, NeverTrigger()):
        with windows(GlobalWindows(), trigger=trigger) as h:
            h.process(("k", 1), timestamp=5)
            h.end()
            assert h.output == []


def test_results_carry_the_time_of_what_fired_their_window():
    with windows(TumblingEventTimeWindows(10)) as h:
        h.process(("k", 1), timestamp=12)
        h.end()
        assert [t for _, t in h.records] == [19]
    for assigner, trigger in [
        (CountTumblingWindowAssigner(2), None),
        (GlobalWindows(), CountTrigger.of(2)),
        (TumblingEventTimeWindows(10), PurgingTrigger.of(CountTrigger.of(2))),
    ]:
        with windows(assigner, trigger=trigger) as h:
            h.process(("k", 1), timestamp=12)
            h.process(("k", 2), timestamp=11)
            assert [t for _, t in h.records] == [11]
    with windows(TumblingEventTimeWindows(10), trigger=ContinuousEventTimeTrigger(4)) as h:
        h.process(("k", 1), timestamp=12)
        h.end()
        assert [t for _, t in h.records] == [16, 19]


def test_count_windows_fire_only_when_full():
    with windows(CountTumblingWindowAssigner(3)) as h:
        h.process(*[("a", i) for i in range(7)], ("b", 0), ("b", 1))
        h.end()
        assert [(k, w.id, e) for k, w, e in h.output] == [("a", 0, [0, 1, 2]), ("a", 1, [3, 4, 5])]
    with windows(CountSlidingWindowAssigner(4, 2)) as h:
        h.process(*[("a", i) for i in range(1, 8)])
        assert contents(h) == [("a", [1, 2, 3, 4]), ("a", [3, 4, 5, 6])]
    with windows(CountSlidingWindowAssigner(3, 1)) as h:
        h.process(*[("a", i) for i in range(5)])
        assert contents(h) == [("a", [0, 1, 2]), ("a", [1, 2, 3]), ("a", [2, 3, 4])]
    with windows(CountSlidingWindowAssigner(2, 3)) as h:
        h.process(*[("a", i) for i in range(6)])
        assert contents(h) == [("a", [0, 1]), ("a", [3, 4])]


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("slide", [1, 2, 3, 7])
def test_count_windows_fire_as_with_a_count_trigger_said(size, slide):
    records = [("ab"[i % 3 == 0], i) for i in range(25)]
    found = []
    for trigger in (None, CountTrigger(size)):
        with windows(CountSlidingWindowAssigner(size, slide), trigger=trigger) as h:
            h.process(*records)
            found.append([(k, w.id, e) for k, w, e in h.output])
    assert sorted(found[0]) == sorted(found[1])


def test_a_continuous_trigger_fires_at_multiples_and_at_the_end():
    with windows(TumblingEventTimeWindows(10_000), trigger=ContinuousEventTimeTrigger(2000)) as h:
        for at in (100, 1100, 2100, 4100, 6100, 8100, 18_500):
            h.process(("b" if at == 2100 else "a", at), timestamp=at)
            h.watermark(at - 1)
        h.end()
        assert [e for key, e in contents(h) if key == "b"] == [[2100]] * 4
        assert [e for key, e in contents(h) if key == "a"] == [
            [100, 1100],
            [100, 1100, 4100],
            [100, 1100, 4100, 6100],
            [100, 1100, 4100, 6100, 8100],
            [100, 1100, 4100, 6100, 8100],
            [18_500],
        ]


def test_a_continuous_trigger_ends_with_a_global_window():
    with windows(GlobalWindows(), trigger=ContinuousEventTimeTrigger(10)) as h:
        h.process(("a", 1), timestamp=1)
        h.watermark(25)
        h.process(("a", 2), timestamp=26)
        h.end()
        assert contents(h) == [("a", [1]), ("a", [1]), ("a", [1, 2]), ("a", [1, 2])]


def test_a_continuous_trigger_by_the_clock():
    with windows(GlobalWindows(), trigger=ContinuousProcessingTimeTrigger(100)) as h:
        h.processing_time(50)
        h.process(("a", 1))
        h.processing_time(99)
        assert h.output == []
        h.processing_time(100)
        h.process(("a", 2))
        h.processing_time(200)
        assert contents(h) == [("a", [1]), ("a", [1, 2])]


def test_processing_time_windows():
    with windows(TumblingProcessingTimeWindows(100)) as h:
        h.processing_time(130)
        h.process(("a", 1), ("b", 2))
        h.processing_time(198)
        assert h.output == []
        h.processing_time(199)
        assert contents(h) == [("a", [1]), ("b", [2])]
        h.process(("a", 3))
        h.end()  # open windows are dropped at the end of a stream
        assert len(h.output) == 2
    with windows(SlidingProcessingTimeWindows(30, 10)) as h:
        h.process(("a", 1))
        h.processing_time(100)
        assert contents(h) == [("a", [1])] * 3
    with windows(ProcessingTimeSessionWindows(20)) as h:
        h.process(("a", 1))
        h.processing_time(15)
        h.process(("a", 2))
        h.processing_time(100)
        assert [(w.start, w.end, e) for _, w, e in h.output] == [(0, 35, [1, 2])]


def test_batch_execution_fires_processing_time_windows_at_the_end():
    op = operation(TumblingProcessingTimeWindows(100))
    with OneInputHarness(op, key_by=lambda v: v[0], batch=True) as h:
        h.process(("b", 1), ("a", 2), ("b", 3))
        h.end()
        assert contents(h) == [("a", [2]), ("b", [1, 3])]


@pytest.mark.parametrize("how", ["reduce", "process"])
def test_batch_execution_of_event_time_windows(how):
    function: Any = Show() if how == "process" else (lambda a, b: (a[0], a[1] + b[1]))
    op = operation(TumblingEventTimeWindows(10), how=how, function=function)
    with OneInputHarness(op, key_by=lambda v: v[0], batch=True) as h:
        for value, at in ((("b", 1), 12), (("a", 2), 3), (("b", 4), 5), (("a", 8), 1), (("b", 16), 13)):
            h.process(value, timestamp=at)
            h.watermark(at + 100)  # nothing is late in BATCH execution
        h.end()
        if how == "process":
            assert contents(h) == [("a", [8, 2]), ("b", [4]), ("b", [1, 16])]
        else:
            assert h.output == [("a", 10), ("b", 4), ("b", 17)]


class Growing(WindowAssigner):
    """Window k covers [2**k - 1, 2**(k+1) - 1)."""

    def assign_windows(self, element, timestamp, context):
        k = (timestamp + 1).bit_length() - 1
        return [TimeWindow(2**k - 1, 2 ** (k + 1) - 1)]

    def get_default_trigger(self, env):
        return EventTimeTrigger.create()

    def get_window_serializer(self):
        return TimeWindowSerializer()

    def is_event_time(self):
        return True


def test_a_custom_assigner():
    with windows(Growing()) as h:
        for at in (0, 1, 2, 3, 6, 7):
            h.process(("a", at), timestamp=at)
        h.end()
        assert [(w.start, w.end, e) for _, w, e in h.output] == [
            (0, 1, [0]),
            (1, 3, [1, 2]),
            (3, 7, [3, 6]),
            (7, 15, [7]),
        ]


class Odd(Trigger):
    """Fires and purges on odd values; remembers how many it saw."""

    seen = ValueStateDescriptor("seen")

    def on_element(self, element, timestamp, window, ctx):
        seen = ctx.get_partitioned_state(self.seen)
        seen.update((seen.value() or 0) + 1)
        assert seen.value() <= 3
        return TriggerResult.FIRE_AND_PURGE if element[1] % 2 else TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        ctx.get_partitioned_state(self.seen).clear()


def test_a_custom_trigger_has_state_per_window():
    with windows(TumblingEventTimeWindows(10), trigger=Odd()) as h:
        for at in (0, 2, 1, 10, 12, 13):
            h.process(("a", at), timestamp=at)
        assert [e for _, e in contents(h)] == [[0, 2, 1], [10, 12, 13]]
        h.end()
        assert h.snapshot().chunks == []


class Compare(ProcessWindowFunction):
    def __init__(self):
        self.previous = ValueStateDescriptor("previous")
        self.fired = ValueStateDescriptor("fired")

    def process(self, key, context, elements):
        total = sum(e[1] for e in elements)
        previous = context.global_state().get_state(self.previous)
        fired = context.window_state().get_state(self.fired)
        fired.update((fired.value() or 0) + 1)
        yield key, context.window().start, total, previous.value(), fired.value()
        previous.update(total)

    def clear(self, context):
        context.window_state().get_state(self.fired).clear()


def test_window_state_and_global_state():
    with windows(TumblingEventTimeWindows(10), function=Compare(), allowed_lateness=5) as h:
        h.process(("a", 1), timestamp=1)
        h.process(("a", 2), ("b", 10), timestamp=2)
        h.watermark(9)
        h.process(("a", 4), timestamp=3)
        h.process(("a", 8), timestamp=11)
        h.end()
        assert h.output == [
            ("a", 0, 3, None, 1),
            ("b", 0, 10, None, 1),
            ("a", 0, 7, 3, 2),
            ("a", 10, 8, 7, 1),
        ]
        kept = h.snapshot()
        assert kept.entries("window:value:fired") == []
        assert len(kept.entries("value:previous")) == 2


def test_window_state_is_refused_where_windows_merge():
    with windows(EventTimeSessionWindows(5), function=Compare()) as h:
        h.process(("a", 1), timestamp=1)
        with pytest.raises(Exception, match="Per-window state is not allowed when using merging windows"):
            h.end()


def test_windows_without_timestamps():
    with (
        windows(TumblingEventTimeWindows(10)) as h,
        pytest.raises(Exception, match=r"Record has Java Long.MIN_VALUE timestamp \(= no timestamp marker\)"),
    ):
        h.process(("a", 1))
    with windows(EventTimeSessionWindows(5)) as h:
        h.process(("a", 1), ("a", 2))
        h.end()
        assert contents(h) == [("a", [1, 2])]


class Names(AggregateFunction):
    def create_accumulator(self):
        return []

    def add(self, value, accumulator):
        return [*accumulator, value[3]]

    def get_result(self, accumulator):
        return "+".join(sorted(accumulator))

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class Gap(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return element[2]


SESSIONS = [
    ("k", 0, 100, "a"),
    ("k", 150, 500, "b"),
    ("k", 600, 10, "c"),
    ("k", 90, 70, "d"),
    ("k", 640, 5, "e"),
    ("q", 5, 1, "z"),
]


@pytest.mark.parametrize(("merging", "expected"), [("exact", "a+b+c+d+e"), ("pyflink", "b+c+d+e")])
def test_a_record_that_bridges_two_sessions(merging, expected):
    op = operation(
        EventTimeSessionWindows.with_dynamic_gap(Gap()), how="aggregate", function=Names(), merging=merging
    )
    with OneInputHarness(op, key_by=lambda v: v[0]) as h:
        for record in SESSIONS:
            h.process(record, timestamp=record[1])
        h.end()
        assert h.output == ["z", expected]


@pytest.mark.parametrize(
    ("merging", "sums", "counts"),
    [
        ("exact", [("b", 45), ("a", 160), ("a", 405)], [("a", [10, 50, 30]), ("b", [12, 15, 18])]),
        ("pyflink", [("b", 45), ("a", 110), ("a", 405)], [("b", [12, 15, 18]), ("a", [10, 50, 30, 70])]),
    ],
)
def test_count_trigger_and_reduce_on_sessions_that_merge(merging, sums, counts):
    data = [
        ("a", 10),
        ("a", 50),
        ("b", 12),
        ("a", 30),
        ("a", 200),
        ("b", 15),
        ("b", 18),
        ("a", 205),
        ("a", 70),
    ]
    gap = EventTimeSessionWindows(25)
    op = operation(gap, how="reduce", function=lambda x, y: (x[0], x[1] + y[1]), merging=merging)
    with OneInputHarness(op, key_by=lambda v: v[0]) as h:
        h.process_timed(*[(d, d[1]) for d in data])
        h.end()
        assert h.output == sums
    with windows(gap, trigger=CountTrigger(3), merging=merging) as h:
        h.process_timed(*[(d, d[1]) for d in data])
        h.end()
        assert contents(h) == counts


def test_a_trigger_that_cannot_merge_is_refused_on_sessions():
    with pytest.raises(TypeError, match="does not support merging"):
        windows(EventTimeSessionWindows(5), trigger=NeverTrigger())


class Longest(ReduceFunction):
    def open(self, runtime_context):
        self.opened = True

    def reduce(self, value1, value2):
        assert self.opened
        return max(value1, value2, key=lambda v: v[1])


class ShowOne(ProcessWindowFunction):
    def process(self, key, context, elements):
        return [f"{key} {context.window().start} {elements}"]


def test_reduce_with_a_window_function_gives_it_one_element():
    with windows(
        TumblingEventTimeWindows(10), how="reduce", function=Longest(), window_function=ShowOne()
    ) as h:
        for value in (1, 5, 3):
            h.process(("k", value), timestamp=value)
        h.end()
        assert h.output == ["k 0 [('k', 5)]"]


def test_a_window_said_in_json():
    given = {
        "assigner": {"kind": "sliding", "time": "event", "size": 10, "slide": 5, "offset": 0},
        "allowedLateness": 0,
        "how": "reduce",
    }
    with OneInputHarness(lambda a, b: a + b, kind="window", key_by=lambda v: 0, params=given) as h:
        h.process(1, timestamp=1)
        h.process(2, timestamp=6)
        h.end()
        assert h.records == [(1, 4), (3, 9), (2, 14)]


class Given(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return element[1]


@pytest.mark.parametrize(
    ("gap", "told"),
    [
        (None, r"A dynamic session gap is a whole number of milliseconds, not None \(NoneType\)"),
        ("5", r"not '5' \(str\)"),
        (1.5, r"not 1.5 \(float\)"),
        (0, "must satisfy 0 < gap; it is 0"),
        (2**70, "A dynamic session gap is a number of milliseconds in 64 bits"),
    ],
)
@pytest.mark.parametrize("trigger", [None, CountTrigger.of(1)])
def test_a_dynamic_gap_is_a_whole_number_above_0(gap, told, trigger):
    assigner = EventTimeSessionWindows.with_dynamic_gap(Given())
    with windows(assigner, trigger=trigger) as h, pytest.raises(Exception, match=told):
        h.process(("k", gap), timestamp=1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ContinuousEventTimeTrigger.of(0),
        lambda: ContinuousProcessingTimeTrigger.of(-1),
        lambda: CountTrigger.of(0),
        lambda: CountTrigger.of(1.5),
    ],
)
def test_a_trigger_of_nothing_is_refused_where_it_is_made(make):
    with pytest.raises(ValueError, match=r"must be (positive; it is \S+ ms|a whole number of at least 1)\."):
        make()


class SaysNothing(NeverTrigger):
    def __init__(self, at: str) -> None:
        self.at = at

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(5)
        return None if self.at == "on_element" else TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return None

    def can_merge(self):
        return True


@pytest.mark.parametrize("purging", [False, True])
@pytest.mark.parametrize("method", ["on_element", "on_event_time"])
@pytest.mark.parametrize("assigner", [GlobalWindows.create(), EventTimeSessionWindows(50)])
def test_a_trigger_that_returns_nothing_is_told_so(assigner, method, purging):
    trigger = SaysNothing(method)
    told = f"{method} of the trigger SaysNothing returned None; it must return one of TriggerResult.CONTINUE"
    given = PurgingTrigger.of(trigger) if purging else trigger
    with windows(assigner, trigger=given) as h, pytest.raises(TypeError, match=told):
        h.process(("k", 1), timestamp=1)
        h.watermark(10)
