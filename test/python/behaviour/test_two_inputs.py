"""Connected streams and broadcast state."""

from __future__ import annotations

from collections import defaultdict

import pytest
from isthmus.common import Row, Types
from isthmus.datastream import RuntimeExecutionMode
from isthmus.datastream.functions import (
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
)
from isthmus.datastream.state import MapStateDescriptor, ValueStateDescriptor

ROW = Types.ROW([Types.STRING(), Types.INT()])


class PlusOneMinusOne(CoFlatMapFunction):
    def flat_map1(self, value):
        yield value + 1

    def flat_map2(self, value):
        yield value - 1


class PlusTwoPlusOne(CoMapFunction):
    def map1(self, value):
        return value + 2

    def map2(self, value):
        return value + 1


@pytest.mark.parametrize("declared", [None, Types.INT()], ids=["untyped", "typed"])
def test_two_streams_are_mapped_each_its_own_way(env, collect, declared):
    first = env.from_collection([1, 2, 3, 4, 5])
    second = first.map(lambda n: n * 2)
    merged = first.connect(second).flat_map(PlusOneMinusOne(), declared)
    assert sorted(collect(merged.connect(second).map(PlusTwoPlusOne(), declared))) == sorted(
        [4, 5, 6, 7, 8] + [3, 5, 7, 9, 11] * 2
    )


def test_functions_import_modules_that_were_added(env, collect, tmp_path):
    (tmp_path / "added_by_the_program.py").write_text("def add_two(n):\n    return n + 2\n")

    class Adds(CoMapFunction):
        def map1(self, value):
            from added_by_the_program import add_two

            return add_two(value)

        def map2(self, value):
            return value

    env.add_python_file(str(tmp_path / "added_by_the_program.py"))
    numbers = env.from_collection([1, 2])
    assert collect(numbers.connect(numbers).map(Adds())) == [1, 2, 3, 4]


def test_where_one_stream_is_keyed_and_the_other_is_not_neither_is(env, collect):
    numbers = env.from_collection([1, 2])
    expected = [2, 3, 3, 4]
    assert sorted(collect(numbers.key_by(lambda n: n).connect(numbers).map(PlusTwoPlusOne()))) == expected
    assert sorted(collect(numbers.connect(numbers.key_by(lambda n: n)).map(PlusTwoPlusOne()))) == expected


def test_a_co_map_on_keyed_streams_has_state_for_both_inputs(env, collect):
    class Before(CoMapFunction):
        def open(self, runtime_context):
            self.last = [
                runtime_context.get_state(ValueStateDescriptor(f"last{n}", Types.STRING())) for n in (1, 2)
            ]

        def remember(self, state, value):
            before = state.value()
            state.update(value[0])
            return value[0], before

        def map1(self, value):
            return 1, *self.remember(self.last[0], value)

        def map2(self, value):
            return 2, *self.remember(self.last[1], value)

    rows = [("a", 0), ("b", 0), ("c", 1), ("d", 1), ("e", 2)]
    streams = [env.from_collection(rows, ROW) for _ in range(2)]
    # Keyed once more: what counts is the connected streams' own key.
    connected = streams[0].key_by(lambda r: r[0]).connect(streams[1])
    keyed = connected.key_by(lambda r: r[1], lambda r: r[1], key_type=Types.INT())
    each = [("a", None), ("b", "a"), ("c", None), ("d", "c"), ("e", None)]
    assert collect(keyed.map(Before())) == [(n, *pair) for n in (1, 2) for pair in each]


def test_a_co_flat_map_on_keyed_streams_shares_map_state(env, collect):
    class Distinct(CoFlatMapFunction):
        def open(self, runtime_context):
            self.seen = runtime_context.get_map_state(
                MapStateDescriptor("seen", Types.STRING(), Types.BOOLEAN())
            )

        def flat_map1(self, value):
            yield from [str(value + 1)] * 2

        def flat_map2(self, value):
            if value not in self.seen:
                self.seen[value] = True
                yield value

    numbers = env.from_collection([1, 2, 3])
    letters = env.from_collection(["a", "b", "c", "a"])
    keyed = numbers.connect(letters).key_by(lambda n: 1, lambda v: 1)
    found = keyed.flat_map(Distinct(), Types.STRING()).filter(lambda v: v != "4")
    assert collect(found) == ["2", "2", "3", "3", "a", "b", "c"]


def test_a_keyed_co_process_function_counts_both_inputs_and_fires_its_timer(env1, collect, by_second_field):
    class Counts(KeyedCoProcessFunction):
        def open(self, runtime_context):
            self.registered = False
            self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

        def process_element1(self, value, ctx):
            if not self.registered:
                ctx.timer_service().register_event_time_timer(3)
                self.registered = True
            return self.process_element2(value, ctx)

        def process_element2(self, value, ctx):
            self.count.update((self.count.value() or 0) + 1)
            return [Row(value[0], self.count.value())]

        def on_timer(self, timestamp, ctx):
            return [Row(f"timer of {ctx.get_current_key()}", timestamp)]

    first, second = (
        env1.from_collection(rows, ROW).assign_timestamps_and_watermarks(by_second_field)
        for rows in ([("a", 1), ("b", 2), ("c", 3)], [("b", 2), ("c", 3), ("d", 4)])
    )
    keyed = first.connect(second).key_by(lambda r: r[0], lambda r: r[0])
    assert collect(keyed.process(Counts()).map(lambda r: Row(r[0], r[1] + 1))) == [
        Row("a", 2),
        Row("b", 2),
        Row("b", 3),
        Row("c", 2),
        Row("c", 3),
        Row("d", 2),
        Row("timer of a", 4),
    ]


MAPPING = MapStateDescriptor("mapping", key_type_info=Types.INT(), value_type_info=Types.STRING())


def test_broadcast_state_reaches_every_subtask(env1, collect):
    """Elements and broadcast records race; what comes too early waits for its rule."""

    class Prefixes(BroadcastProcessFunction):
        def __init__(self):
            self.early = defaultdict(list)

        def process_element(self, value, ctx):
            prefix = ctx.get_broadcast_state(MAPPING).get(value % 2)
            if prefix is None:
                self.early[value % 2].append(value)
            else:
                yield f"{prefix}{value}"

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(MAPPING).put(value[0], value[1])
            yield f"{value[0]}{value[1]}"
            for waiting in self.early.pop(value[0], []):
                yield f"{value[1]}{waiting}"

    env1.set_parallelism(2)
    numbers = env1.from_collection([1, 2, 3, 4, 5], Types.INT())
    rules = env1.from_collection([(0, "a"), (1, "b")], Types.TUPLE([Types.INT(), Types.STRING()]))
    prefixed = numbers.connect(rules.broadcast(MAPPING)).process(Prefixes(), Types.STRING())
    assert collect(prefixed) == ["0a", "0a", "1b", "1b", "a2", "a4", "b1", "b3", "b5"]


def test_a_broadcast_stream_is_read_first_in_batch_execution(env, collect):
    class Known(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            yield value, len(list(ctx.get_broadcast_state(MAPPING).items()))

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(MAPPING).put(value, "known")

    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    rules = env.from_collection(range(50)).broadcast(MAPPING)
    known = env.from_collection([3, 1, 2]).connect(rules).process(Known())
    assert collect(known) == [(1, 50), (2, 50), (3, 50)]


def test_read_only_broadcast_state_cannot_be_written(env, collect):
    class Writes(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            yield hasattr(ctx.get_broadcast_state(MAPPING), "put")

        def process_broadcast_element(self, value, ctx):
            return []

    numbers = env.from_collection([1])
    assert collect(numbers.connect(numbers.broadcast(MAPPING)).process(Writes())) == [False]


def test_keyed_broadcast_has_state_of_both_kinds_and_timers(env1, collect, by_second_field):
    class Prefixes(KeyedBroadcastProcessFunction):
        def open(self, runtime_context):
            self.early = defaultdict(list)

        def process_element(self, value, ctx):
            prefix = ctx.get_broadcast_state(MAPPING).get(value[0] % 2)
            if prefix is None:
                self.early[value[0] % 2].append(value)
            else:
                yield f"{prefix}{value[0]} at {value[1]}"
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10000)

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(MAPPING).put(value[0], value[2])
            yield f"{value[0]}{value[2]} at {ctx.timestamp()}"
            for waiting in self.early.pop(value[0], []):
                yield f"{value[2]}{waiting[0]} at {waiting[1]}"

        def on_timer(self, timestamp, ctx):
            yield f"{ctx.get_current_key()} at {timestamp}"

    env1.set_parallelism(2)
    numbers = env1.from_collection([(n, str(1000 * n)) for n in (1, 2, 3, 4)])
    rules = env1.from_collection([(0, "5000", "a"), (1, "5000", "b")])
    keyed = numbers.assign_timestamps_and_watermarks(by_second_field).key_by(lambda r: r[0])
    timed_rules = rules.assign_timestamps_and_watermarks(by_second_field)
    prefixed = keyed.connect(timed_rules.broadcast(MAPPING)).process(Prefixes(), Types.STRING())
    assert collect(prefixed) == sorted(
        ["0a at 5000", "1b at 5000"] * 2
        + ["b1 at 1000", "a2 at 2000", "b3 at 3000", "a4 at 4000"]
        + [f"{n} at {10000 + 1000 * n}" for n in (1, 2, 3, 4)]
    )
