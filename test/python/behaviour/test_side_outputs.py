"""Side outputs of every operator that has them."""

from __future__ import annotations

import pytest
from isthmus.common import Types
from isthmus.datastream import OutputTag
from isthmus.datastream.functions import (
    BroadcastProcessFunction,
    CoProcessFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    ProcessFunction,
)
from isthmus.datastream.state import MapStateDescriptor, ReducingStateDescriptor

SIDE = OutputTag("side", Types.INT())
TEXTS = OutputTag("texts", Types.STRING())
ROW = Types.ROW([Types.STRING(), Types.INT()])
SWAPPED = Types.ROW([Types.INT(), Types.STRING()])
DUMMY = MapStateDescriptor("dummy", key_type_info=Types.INT(), value_type_info=Types.STRING())


class Split(ProcessFunction):
    def process_element(self, value, ctx):
        yield value[0]
        yield SIDE, value[1]
        yield TEXTS, f"{value[0]}{value[1]}"


@pytest.mark.parametrize("chained", [False, True])
def test_a_process_function_has_several(env, collect_each, chained):
    source = env.from_collection([("a", 0), ("b", 1), ("c", 2)], ROW)
    if chained:
        source = source.map(lambda r: (r[0], r[1] + 1))
    split = source.process(Split(), Types.STRING())
    found = collect_each(main=split, side=split.get_side_output(SIDE), texts=split.get_side_output(TEXTS))
    numbers = [1, 2, 3] if chained else [0, 1, 2]
    assert found == {
        "main": ["a", "b", "c"],
        "side": numbers,
        "texts": [f"{letter}{n}" for letter, n in zip("abc", numbers)],
    }


class Doubled(ProcessFunction):
    def process_element(self, value, ctx):
        yield value
        yield SIDE, value * 2


def test_a_side_output_can_be_collected_alone(env, collect):
    doubled = env.from_collection([1, 2, 3], Types.INT()).process(Doubled())
    assert collect(doubled.get_side_output(SIDE)) == [2, 4, 6]


def test_one_tag_serves_several_operators(env, collect_each):
    first = env.from_collection([1, 2, 3], Types.INT()).process(Doubled())
    second = first.map(lambda n: n * 2).process(Doubled())
    found = collect_each(first=first.get_side_output(SIDE), second=second.get_side_output(SIDE))
    assert found == {"first": [2, 4, 6], "second": [12, 4, 8]}


def test_a_tag_that_nothing_was_emitted_to_is_an_empty_stream(env, collect_each):
    doubled = env.from_collection([1, 2, 3], Types.INT()).process(Doubled())
    nothing = doubled.get_side_output(OutputTag("nothing", Types.INT()))
    assert collect_each(main=doubled.get_side_output(SIDE), nothing=nothing)["nothing"] == []


def test_what_nobody_reads_is_dropped_where_a_function_makes_its_tag_late(programs):
    done = programs.run(
        """
        class MakesItsTagLate(ProcessFunction):
            def process_element(self, value, ctx):
                yield value
                if value == 3000:
                    yield OutputTag("rare"), -value

        records = env.from_collection(range(5000)).process(MakesItsTagLate()).execute_and_collect()
        print(list(records) == list(range(5000)))
        """
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


class Both(CoProcessFunction):
    def process_element1(self, value, ctx):
        yield value[0]
        yield SIDE, value[1]

    def process_element2(self, value, ctx):
        yield value[1]
        yield SIDE, value[0]


class Broadcast(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        return Both().process_element1(value, ctx)

    def process_broadcast_element(self, value, ctx):
        return Both().process_element2(value, ctx)


def test_a_co_process_function_has_them_from_both_inputs(env, collect_each):
    first = env.from_collection([("a", 0), ("b", 1), ("c", 2)], ROW)
    second = env.from_collection([(3, "c"), (1, "a"), (0, "d")], SWAPPED)
    both = first.connect(second).process(Both(), Types.STRING())
    assert collect_each(main=both, side=both.get_side_output(SIDE)) == {
        "main": ["a", "a", "b", "c", "c", "d"],
        "side": [0, 0, 1, 1, 2, 3],
    }


def test_a_broadcast_process_function_has_them_once_in_each_subtask(env, collect_each):
    first = env.from_collection([("a", 0), ("b", 1), ("c", 2)], ROW)
    second = env.from_collection([(3, "d"), (4, "f")], SWAPPED)
    both = first.connect(second.broadcast(DUMMY)).process(Broadcast(), Types.STRING())
    subtasks = env.get_parallelism()
    assert collect_each(main=both, side=both.get_side_output(SIDE)) == {
        "main": ["a", "b", "c"] + ["d"] * subtasks + ["f"] * subtasks,
        "side": [0, 1, 2] + [3] * subtasks + [4] * subtasks,
    }


class Summed:
    def open(self, runtime_context):
        self.sum = runtime_context.get_reducing_state(
            ReducingStateDescriptor("sum", lambda a, b: a + b, Types.INT())
        )

    def add(self, n):
        self.sum.add(n)
        return self.sum.get()


class KeyedSums(Summed, KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield value[1]
        yield SIDE, self.add(value[1])


class KeyedBoth(Summed, KeyedCoProcessFunction):
    def process_element1(self, value, ctx):
        yield ctx.get_current_key(), value[1]
        yield SIDE, self.add(1)

    def process_element2(self, value, ctx):
        yield ctx.get_current_key(), value[0]
        yield SIDE, self.add(1)


class KeyedBroadcast(Summed, KeyedBroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield value[0]
        yield SIDE, self.add(value[1])

    def process_broadcast_element(self, value, ctx):
        yield value[1]
        yield SIDE, value[0]


PAIRS = [("a", 1), ("b", 2), ("a", 3), ("b", 4)]


def test_a_keyed_process_function_has_them(env, collect_each):
    sums = env.from_collection(PAIRS, ROW).key_by(lambda r: r[0]).process(KeyedSums(), Types.INT())
    assert collect_each(main=sums, side=sums.get_side_output(SIDE)) == {
        "main": [1, 2, 3, 4],
        "side": [1, 2, 4, 6],
    }


def test_a_keyed_co_process_function_has_them(env, collect_each):
    first = env.from_collection(PAIRS, ROW).key_by(lambda r: r[0])
    second = env.from_collection([(8, "a"), (7, "b"), (6, "a"), (5, "b")], SWAPPED).key_by(lambda r: r[1])
    both = first.connect(second).process(KeyedBoth(), Types.TUPLE([Types.STRING(), Types.INT()]))
    assert collect_each(main=both, side=both.get_side_output(SIDE)) == {
        "main": [("a", 1), ("a", 3), ("a", 6), ("a", 8), ("b", 2), ("b", 4), ("b", 5), ("b", 7)],
        "side": [1, 1, 2, 2, 3, 3, 4, 4],
    }


def test_a_keyed_broadcast_process_function_has_them(env, collect_each):
    rows = env.from_collection([("a", 0), ("b", 1), ("a", 2), ("b", 3)], ROW).key_by(lambda r: r[0])
    rules = env.from_collection([(5, "c"), (6, "d")], SWAPPED)
    both = rows.connect(rules.broadcast(DUMMY)).process(KeyedBroadcast(), Types.STRING())
    subtasks = env.get_parallelism()
    assert collect_each(main=both, side=both.get_side_output(SIDE)) == {
        "main": ["a", "a", "b", "b"] + ["c"] * subtasks + ["d"] * subtasks,
        "side": [0, 1, 2, 4] + [5] * subtasks + [6] * subtasks,
    }


def test_what_is_emitted_to_a_tag_that_nothing_reads_is_dropped(env, collect):
    """A deviation: PyFlink passes the pair (tag, value) on as a record."""
    assert collect(env.from_collection([1, 2], Types.INT()).process(Doubled())) == [1, 2]
