"""Keyed streams: state in functions of every kind, running and final reductions."""

from __future__ import annotations

import pytest
from isthmus.common import Row, Time, Types
from isthmus.datastream.functions import (
    AggregateFunction,
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ReduceFunction,
)
from isthmus.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)

LETTERS = [("a", 0), ("b", 0), ("c", 1), ("d", 1), ("e", 2)]
GREETINGS = [(1, "hi"), (2, "hello"), (3, "hi"), (4, "hello"), (5, "hi"), (6, "hello")]
LETTER = Types.ROW([Types.STRING(), Types.INT()])


class ByNumber(KeySelector):
    def get_key(self, value):
        return value[1]


def an_hour():
    return StateTtlConfig.new_builder(Time.hours(1)).set_update_type(StateTtlConfig.UpdateType.OnReadAndWrite)


def test_value_list_and_map_state_belong_to_the_key(env, by_second_field, collect):
    class Remembers(KeyedProcessFunction):
        def open(self, runtime_context):
            self.value = runtime_context.get_state(ValueStateDescriptor("value", Types.INT()))
            self.list = runtime_context.get_list_state(ListStateDescriptor("list", Types.INT()))
            described = MapStateDescriptor("map", Types.INT(), Types.STRING())
            described.enable_time_to_live(
                an_hour()
                .set_state_visibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp)
                .disable_cleanup_in_background()
                .build()
            )
            self.map = runtime_context.get_map_state(described)

        def process_element(self, value, ctx):
            before = self.value.value(), list(self.list.get()), dict(self.map.items())
            self.value.update(value[0])
            self.list.add(value[0])
            self.map.put(value[0], value[2])
            yield value[0], ctx.get_current_key(), *before

        def on_timer(self, timestamp, ctx):
            pass

    env.get_config().set_auto_watermark_interval(2000)
    rows = [(n, str(1603708211000 + 1000 * n), word) for n, word in GREETINGS]
    source = env.from_collection(rows, Types.ROW([Types.INT(), Types.STRING(), Types.STRING()]))
    # One subtask: dealt out to several, records of one key could overtake each other.
    timed = source.assign_timestamps_and_watermarks(by_second_field).set_parallelism(1)
    assert collect(timed.key_by(lambda r: r[2], Types.STRING()).process(Remembers())) == [
        (1, "hi", None, [], {}),
        (2, "hello", None, [], {}),
        (3, "hi", 1, [1], {1: "hi"}),
        (4, "hello", 2, [2], {2: "hello"}),
        (5, "hi", 3, [1, 3], {1: "hi", 3: "hi"}),
        (6, "hello", 4, [2, 4], {2: "hello", 4: "hello"}),
    ]


class Sum(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return value + accumulator

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


def summing(runtime_context):
    return runtime_context.get_reducing_state(ReducingStateDescriptor("sum", lambda a, b: a + b, Types.INT()))


def aggregating(runtime_context):
    described = AggregatingStateDescriptor("sum", Sum(), Types.INT())
    described.enable_time_to_live(an_hour().disable_cleanup_in_background().build())
    return runtime_context.get_aggregating_state(described)


@pytest.mark.parametrize("state_of", [summing, aggregating])
def test_reducing_and_aggregating_state_fold_what_is_added(env, collect, state_of):
    class Sums(KeyedProcessFunction):
        def open(self, runtime_context):
            self.sum = state_of(runtime_context)

        def process_element(self, value, ctx):
            self.sum.add(value[0])
            yield self.sum.get(), value[1]

    pair = Types.TUPLE([Types.INT(), Types.STRING()])
    source = env.from_collection(GREETINGS, pair)
    sums = source.key_by(lambda g: g[1], Types.STRING()).process(Sums(), pair)
    assert collect(sums) == sorted(
        [(1, "hi"), (2, "hello"), (4, "hi"), (6, "hello"), (9, "hi"), (12, "hello")], key=repr
    )


class Counted:
    """How many records its key has had, and the record before of this subtask."""

    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def next(self):
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        return count


class CountedMap(Counted, MapFunction):
    def map(self, value):
        return value[0], self.next()


class CountedFlatMap(Counted, FlatMapFunction):
    def flat_map(self, value):
        count = self.next()
        yield from [(value[0], count)] * count


class FirstOnly(Counted, FilterFunction):
    def filter(self, value):
        return self.next() == 1


def test_a_map_function_has_keyed_state(env, collect):
    counted = env.from_collection(LETTERS, LETTER).key_by(ByNumber(), Types.INT()).map(CountedMap())
    assert collect(counted) == [("a", 1), ("b", 2), ("c", 1), ("d", 2), ("e", 1)]


def test_a_flat_map_function_has_keyed_state(env, collect):
    keyed = env.from_collection(LETTERS, LETTER).key_by(ByNumber(), Types.INT())
    assert collect(keyed.flat_map(CountedFlatMap())) == [
        ("a", 1),
        ("b", 2),
        ("b", 2),
        ("c", 1),
        ("d", 2),
        ("d", 2),
        ("e", 1),
    ]


def test_a_filter_function_has_keyed_state_and_passes_the_record_on(env, collect):
    keyed = env.from_collection(LETTERS, LETTER).key_by(ByNumber())
    kept = keyed.filter(FirstOnly()).filter(lambda r: r[1] > 0)
    assert collect(kept) == [Row(f0="c", f1=1), Row(f0="e", f1=2)]


class Concatenated(ReduceFunction):
    """Also counts, in keyed state, how often it was called for the key."""

    def open(self, runtime_context):
        self.calls = runtime_context.get_state(ValueStateDescriptor("calls", Types.INT()))

    def reduce(self, value1, value2):
        calls = (self.calls.value() or 0) + 1
        self.calls.update(calls)
        assert calls == len(value1[0])
        return Row(value1[0] + value2[0], value1[1])


def test_reduce_gives_running_results_when_streaming_and_final_ones_in_batch(mode_env, collect):
    env, mode = mode_env
    rows = [("a", 0), ("c", 1), ("d", 1), ("b", 0), ("e", 1)]
    keyed = env.from_collection(rows, LETTER).key_by(ByNumber(), key_type=Types.INT())
    found = [tuple(row) for row in collect(keyed.reduce(Concatenated()))]
    final = [("ab", 0), ("cde", 1)]
    running = [("a", 0), ("c", 1), ("cd", 1)]
    assert found == sorted(final + running) if mode == "streaming" else found == final


def test_sum_takes_a_name_a_position_or_the_first_field(env1, collect):
    numbers = Types.ROW_NAMED(["v1", "v2"], [Types.INT(), Types.INT()])
    source = env1.from_collection([(1, 1), (1, 2), (1, 3), (2, 5), (2, 1)], numbers)
    sums = source.key_by(lambda r: r[0]).sum("v2").key_by(lambda r: r[0]).sum(1)
    swapped = sums.map(lambda r: (r[1], r[0]), Types.TUPLE([Types.INT(), Types.INT()]))
    # Running sums of running sums of running sums.
    assert sorted(collect(swapped.key_by(lambda p: p[1]).sum())) == [(1, 1), (5, 1), (5, 2), (15, 1), (16, 2)]


def test_sum_in_batch_gives_one_result_a_key(mode_env, collect):
    env, mode = mode_env
    numbers = Types.ROW_NAMED(["v1", "v2"], [Types.INT(), Types.INT()])
    source = env.from_collection([(1, 1), (1, 2), (1, 3), (5, 1), (5, 5)], numbers)
    sums = source.key_by(lambda r: r[0]).sum("v2").key_by(lambda r: r[1]).sum()
    pairs = sums.flat_map(lambda row: [(12, n) for n in row], Types.TUPLE([Types.INT(), Types.INT()]))
    total = pairs.key_by(lambda p: p[0]).sum(1).flat_map(list, Types.INT()).key_by(lambda n: n).sum()
    found = collect(total)
    if mode == "batch":
        # (1, 6) and (5, 6) meet in the key 6 as (6, 6): 12 and 6 + 6.
        assert found == [24]
    else:
        assert len(found) > 1


@pytest.mark.parametrize("mode_env", ["batch"], indirect=True)
def test_min_and_max_of_strings_and_numbers_in_batch(mode_env, collect):
    env, _ = mode_env
    env.set_parallelism(1)
    fields = [Types.INT(), Types.STRING(), Types.INT()]
    source = env.from_collection(
        [(1, "9", 0), (1, "5", 1), (1, "6", 2), (5, "5", 0), (5, "3", 1)],
        Types.ROW_NAMED(["v1", "v2", "v3"], fields),
    )
    smallest = source.key_by(lambda r: r[0]).min_by("v2").map(tuple, Types.TUPLE(fields))
    largest = smallest.key_by(lambda r: r[2]).max(0)
    pairs = largest.flat_map(lambda r: [(int(v), 1) for v in r], Types.TUPLE([Types.INT(), Types.INT()]))
    # A list is a key like any other, although it cannot be hashed.
    least = pairs.key_by(lambda p: [1]).min_by().flat_map(list, Types.INT())
    assert collect(least.key_by(lambda n: n).max_by()) == [1]


def test_min_by_and_max_of_named_fields_streaming(env1, collect):
    fields = [Types.STRING(), Types.INT(), Types.INT()]
    source = env1.from_collection(
        [("a", 3, 0), ("a", 1, 1), ("b", 5, 0), ("b", 3, 1)], Types.ROW_NAMED(["v1", "v2", "v3"], fields)
    )
    smallest = source.key_by(lambda r: r[0]).min_by("v2").map(tuple, Types.TUPLE(fields))
    largest = smallest.key_by(lambda r: r[2]).max(1).key_by(lambda r: r[2]).min()
    letters = largest.map(lambda r: r[0], Types.STRING()).key_by(lambda v: v).max_by()
    assert collect(letters) == ["a"] * 4
