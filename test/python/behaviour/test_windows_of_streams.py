"""Windows: every assigner and every way to evaluate them. All records come before the one, final watermark."""

from __future__ import annotations

import pytest
from isthmus.common import Time, Types
from isthmus.datastream import OutputTag
from isthmus.datastream.functions import (
    AggregateFunction,
    MapFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    WindowFunction,
)
from isthmus.datastream.window import (
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    TimeWindow,
    TumblingEventTimeWindows,
)

PAIR = Types.TUPLE([Types.STRING(), Types.INT()])
AB = [("a", 1), ("a", 2), ("b", 3), ("a", 6), ("b", 8), ("b", 9), ("a", 15)]


def ms(n: int) -> Time:
    return Time.milliseconds(n)


class Extent(ProcessWindowFunction):
    def process(self, key, context, elements):
        return [(key, context.window().start, context.window().end, len(list(elements)))]


class ExtentOfAll(ProcessAllWindowFunction):
    def process(self, context, elements):
        return [(context.window().start, context.window().end, len(list(elements)))]


class SecondAsGap(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return element[1]


def timed(env, rows, strategy):
    # One subtask: a session window, say, then sees the records in this order.
    stream = env.from_collection(rows, PAIR).assign_timestamps_and_watermarks(strategy)
    return stream.set_parallelism(1)


SESSIONS_OF_3 = EventTimeSessionWindows.with_gap(ms(3))
TIMES = [1, 2, 3, 4, 5, 8, 9, 15]


@pytest.mark.parametrize(
    ("assigner", "times", "expected"),
    [
        (TumblingEventTimeWindows.of(ms(5)), TIMES, [(0, 5, 4), (5, 10, 3), (15, 20, 1)]),
        (
            SlidingEventTimeWindows.of(ms(5), ms(2)),
            TIMES,
            [
                (-2, 3, 2),
                (0, 5, 4),
                (2, 7, 4),
                (4, 9, 3),
                (6, 11, 2),
                (8, 13, 2),
                (12, 17, 1),
                (14, 19, 1),
            ],
        ),
        (EventTimeSessionWindows.with_gap(ms(5)), [1, 2, 3, 4, 8, 9, 15], [(1, 14, 6), (15, 20, 1)]),
        (
            EventTimeSessionWindows.with_dynamic_gap(SecondAsGap()),
            [1, 2, 3, 4, 9, 9, 15],
            [(1, 8, 4), (9, 30, 3)],
        ),
        # The record between the sessions of the other two comes last and makes them one.
        (EventTimeSessionWindows.with_gap(ms(5)), [0, 8, 4], [(0, 13, 3)]),
    ],
    ids=["tumbling", "sliding", "session", "dynamic session", "late merge"],
)
def test_event_time_windows(env, by_second_field, collect, assigner, times, expected):
    stream = timed(env, [("hi", t) for t in times], by_second_field)
    windows = stream.key_by(lambda r: r[0], Types.STRING()).window(assigner)
    declared = Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG(), Types.INT()])
    assert sorted(collect(windows.process(Extent(), declared))) == [("hi", *window) for window in expected]


class SumOfFirsts(WindowFunction):
    def apply(self, key, window, inputs):
        return [(key, sum(number for number, _ in inputs))]


GREETINGS = [(1, "hi"), (2, "hello"), (3, "hi"), (4, "hello"), (5, "hi"), (6, "hello")]


@pytest.mark.parametrize(
    ("rows", "size", "slide", "expected"),
    [
        # The window of three that is not full never fires.
        (GREETINGS + [(6, "hello")], 3, 0, [("hello", 12), ("hi", 9)]),
        (GREETINGS, 2, 1, [("hello", 6), ("hello", 10), ("hi", 4), ("hi", 8)]),
    ],
    ids=["tumbling", "sliding"],
)
def test_count_windows(env, collect, rows, size, slide, expected):
    keyed = env.from_collection(rows, Types.TUPLE([Types.INT(), Types.STRING()])).key_by(
        lambda r: r[1], Types.STRING()
    )
    assert sorted(collect(keyed.count_window(size, slide).apply(SumOfFirsts(), PAIR))) == expected
    if slide:
        keyed = env.from_collection(rows).key_by(lambda r: r[1])
        windows = keyed.window(CountSlidingWindowAssigner(size, slide))
        assert sorted(collect(windows.apply(SumOfFirsts()))) == expected


class StartAndResult(ProcessWindowFunction):
    def process(self, key, context, elements):
        (result,) = elements
        yield context.window().start, result


class StartAndResultOfAll(ProcessAllWindowFunction):
    def process(self, context, elements):
        (result,) = elements
        yield context.window().start, result


class EvenMinusOdd(AggregateFunction):
    """Its accumulator is changed in place."""

    def create_accumulator(self):
        return "", {0: 0, 1: 0}

    def add(self, value, accumulator):
        accumulator[1][value[1] % 2] += 1
        return value[0], accumulator[1]

    def get_result(self, accumulator):
        return accumulator[0], accumulator[1][0] - accumulator[1][1]

    def merge(self, acc_a, acc_b):
        return acc_a[0], {n: acc_a[1][n] + acc_b[1][n] for n in (0, 1)}


class SumOfSeconds(AggregateFunction):
    def create_accumulator(self):
        return 0, ""

    def add(self, value, accumulator):
        return accumulator[0] + value[1], value[0]

    def get_result(self, accumulator):
        return accumulator[1], accumulator[0]

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1]


ACCUMULATOR = Types.TUPLE([Types.INT(), Types.STRING()])

KEYED_SUMS = [("a", 3), ("a", 6), ("a", 15), ("b", 3), ("b", 17)]
KEYED = {
    "reduce": (lambda w: w.reduce(lambda a, b: (b[0], a[1] + b[1]), output_type=PAIR), KEYED_SUMS),
    "reduce, process": (
        lambda w: w.reduce(lambda a, b: (b[0], a[1] + b[1]), window_function=StartAndResult()),
        [(1, ("a", 3)), (3, ("b", 3)), (6, ("a", 6)), (8, ("b", 17)), (15, ("a", 15))],
    ),
    "aggregate": (
        lambda w: w.aggregate(EvenMinusOdd(), output_type=PAIR),
        [("a", -1), ("a", 0), ("a", 1), ("b", -1), ("b", 0)],
    ),
    "aggregate, typed accumulator": (
        lambda w: w.aggregate(SumOfSeconds(), accumulator_type=ACCUMULATOR, output_type=PAIR),
        KEYED_SUMS,
    ),
    "aggregate, process": (
        lambda w: w.aggregate(SumOfSeconds(), window_function=StartAndResult(), accumulator_type=ACCUMULATOR),
        [(1, ("a", 3)), (3, ("b", 3)), (6, ("a", 6)), (8, ("b", 17)), (15, ("a", 15))],
    ),
}


@pytest.mark.parametrize("how", KEYED)
def test_sessions_of_each_key(env, by_second_field, collect, how):
    evaluate, expected = KEYED[how]
    keyed = timed(env, AB, by_second_field).key_by(lambda r: r[0], Types.STRING())
    assert sorted(collect(evaluate(keyed.window(EventTimeSessionWindows.with_gap(ms(2)))))) == expected


OF_ALL = {
    "reduce": (
        lambda w: w.reduce(lambda a, b: (a[0], a[1] + b[1]), output_type=PAIR),
        [("a", 6), ("a", 15), ("a", 23)],
    ),
    "reduce, process": (
        lambda w: w.reduce(lambda a, b: (a[0], a[1] + b[1]), window_function=StartAndResultOfAll()),
        [(1, ("a", 6)), (6, ("a", 23)), (15, ("a", 15))],
    ),
    "aggregate": (
        lambda w: w.aggregate(EvenMinusOdd(), output_type=PAIR),
        [("a", -1), ("b", -1), ("b", 1)],
    ),
    "aggregate, process": (
        lambda w: w.aggregate(
            SumOfSeconds(), window_function=StartAndResultOfAll(), accumulator_type=ACCUMULATOR
        ),
        [(1, ("b", 6)), (6, ("b", 23)), (15, ("a", 15))],
    ),
}


@pytest.mark.parametrize("how", OF_ALL)
def test_sessions_of_all_records(env, by_second_field, collect, how):
    evaluate, expected = OF_ALL[how]
    windows = timed(env, AB, by_second_field).window_all(EventTimeSessionWindows.with_gap(ms(2)))
    assert sorted(collect(evaluate(windows))) == expected


def test_tumbling_windows_of_all_records(env, by_second_field, collect):
    words = ["hi", "hello", "hi", "hello", "hello", "hi", "hi", "hi"]
    stream = timed(env, list(zip(words, TIMES)), by_second_field)
    windows = stream.window_all(TumblingEventTimeWindows.of(ms(5)))
    assert sorted(collect(windows.process(ExtentOfAll()))) == [(0, 5, 4), (5, 10, 3), (15, 20, 1)]


def test_a_purging_trigger_on_sessions(env, by_second_field, collect):
    stream = timed(env, [("hi", t) for t in (1, 2, 3, 4, 8, 9, 15)], by_second_field)
    windows = stream.key_by(lambda r: r[0]).window(SESSIONS_OF_3)
    purged = windows.trigger(PurgingTrigger.of(EventTimeTrigger.create())).process(Extent())
    assert sorted(collect(purged)) == [("hi", 1, 7, 4), ("hi", 8, 12, 2), ("hi", 15, 18, 1)]


def test_a_purging_count_trigger_on_the_global_window(env, collect):
    class Count(ProcessWindowFunction):
        def process(self, key, context, elements):
            return [(key, len(list(elements)))]

    windows = env.from_collection([("hi", 1)] * 7, PAIR).key_by(lambda r: r[0]).window(GlobalWindows.create())
    counted = windows.trigger(PurgingTrigger.of(CountTrigger.of(2))).process(Count(), PAIR)
    assert collect(counted) == [("hi", 2)] * 3


def test_operators_follow_windows_in_their_chain(env, by_second_field, collect):
    minute = 60_000
    rows = [
        (0, "a1", "b1", 1),
        (0, "a1", "b1", 1),
        (0, "a2", "b2", 1),
        (0, "a1", "b2", 1),
        (minute, "a1", "b1", 1),
        (minute, "a2", "b2", 1),
    ]
    by_first = by_second_field.for_monotonous_timestamps().with_timestamp_assigner(FirstField())
    stream = env.from_collection(rows).assign_timestamps_and_watermarks(by_first)
    windows = stream.key_by(lambda r: r[:3]).window(TumblingEventTimeWindows.of(Time.minutes(1)))
    sums = windows.reduce(
        lambda a, b: (*a[:3], a[3] + b[3]),
        output_type=Types.TUPLE([Types.LONG(), Types.STRING(), Types.STRING(), Types.INT()]),
    )
    shortened = sums.map(
        lambda r: (r[0], r[1], r[3]), Types.TUPLE([Types.LONG(), Types.STRING(), Types.INT()])
    )
    assert sorted(collect(shortened)) == [
        (0, "a1", 1),
        (0, "a1", 2),
        (0, "a2", 1),
        (minute, "a1", 1),
        (minute, "a2", 1),
    ]


def test_what_follows_windows_of_all_records_reads_them_in_order(env, collect):
    class Number(MapFunction):
        def open(self, runtime_context):
            self.seen = 0

        def map(self, value):
            self.seen += 1
            return self.seen, value

    ones = env.from_collection([1] * 8).window_all(CountTumblingWindowAssigner.of(2))
    counted = ones.reduce(lambda a, b: a + b).map(Number())
    assert collect(counted) == [(1, 2), (2, 2), (3, 2), (4, 2)]


class FirstField:
    def extract_timestamp(self, value, record_timestamp):
        return value[0]


def test_late_records_go_to_the_side_output(env1, by_second_field, collect_each, tmp_path):
    """PyFlink's test has a watermark after each record; here a source waits for the one that makes a record late."""
    late = OutputTag("late", PAIR)
    has_fired = tmp_path / "fired"

    def source():
        import time

        yield from [("a", 0), ("a", 8)]
        while not has_fired.exists():
            time.sleep(0.005)
        yield from [("a", 4), ("a", 6)]

    class Tells(Extent):
        def process(self, key, context, elements):
            has_fired.touch()
            return super().process(key, context, elements)

    env1.get_config().set_auto_watermark_interval(5)
    stream = env1.from_source(source, type_info=PAIR).assign_timestamps_and_watermarks(by_second_field)
    windows = stream.key_by(lambda r: r[0]).window(TumblingEventTimeWindows.of(ms(5)))
    fired = windows.allowed_lateness(0).side_output_late_data(late).process(Tells())
    found = collect_each(main=fired, late=fired.get_side_output(late))
    assert found == {"main": [("a", 0, 5, 1), ("a", 5, 10, 2)], "late": [("a", 4)]}


def test_windows_of_time_are_compared_by_their_start_and_their_end():
    first, second, longer = TimeWindow(0, 5), TimeWindow(5, 10), TimeWindow(0, 10)
    assert first < longer < second
    assert first <= TimeWindow(0, 5) <= second
    assert second >= longer > first
    assert sorted([second, longer, first]) == [first, longer, second]
