"""What a failure of a function tells: the user's line, the record, the operator, on one screen."""

from __future__ import annotations

import asyncio
import re

import pytest
from isthmus.common import Time, Types, WatermarkStrategy
from isthmus.datastream import AsyncDataStream, AsyncFunction
from isthmus.datastream.functions import (
    AggregateFunction,
    CoMapFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessWindowFunction,
)
from isthmus.datastream.window import CountTrigger, GlobalWindows
from isthmus.errors import UserFunctionError


def fails(*args):
    raise ValueError("wrong")


class FailsIn(MapFunction):
    def __init__(self, where):
        self.where = where

    def open(self, runtime_context):
        if self.where == "open":
            fails()

    def map(self, value):
        if self.where == "map":
            fails()
        return value

    def close(self):
        if self.where == "close":
            fails()


class FailingTimer(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(5)

    on_timer = fails


class FailingAggregate(AggregateFunction):
    create_accumulator = fails
    add = get_result = merge = fails


class FailingWindow(ProcessWindowFunction):
    process = fails


class FailingCoMap(CoMapFunction):
    map1 = fails
    map2 = fails


class FailingAsync(AsyncFunction):
    async def async_invoke(self, value):
        await asyncio.sleep(0)
        fails()


def failing_source():
    yield 1
    fails()


WAYS = {
    "map": lambda s: s.map(fails),
    "filter": lambda s: s.filter(fails),
    "flat_map": lambda s: s.flat_map(fails),
    "generator": lambda s: s.flat_map(lambda v: (fails() for _ in "x")),
    "open": lambda s: s.map(FailsIn("open")),
    "method": lambda s: s.map(FailsIn("map")),
    "close": lambda s: s.map(FailsIn("close")),
    "key": lambda s: s.key_by(fails).map(str),
    "reduce": lambda s: s.union(s).key_by(lambda v: 0).reduce(fails),
    "partitioner": lambda s: s.partition_custom(fails, lambda v: v).map(str).set_parallelism(2),
    "timer": lambda s: s.key_by(lambda v: 0).process(FailingTimer()),
    "window": lambda s: s.key_by(lambda v: 0).count_window(1).process(FailingWindow()),
    "aggregate": lambda s: (
        s.key_by(lambda v: 0)
        .window(GlobalWindows.create())
        .trigger(CountTrigger.of(1))
        .aggregate(FailingAggregate())
    ),
    "co map": lambda s: s.connect(s).map(FailingCoMap()),
    "async": lambda s: AsyncDataStream.ordered_wait(s, FailingAsync(), Time.seconds(5)),
    "timestamps": lambda s: s.assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(
            type("A", (), {"extract_timestamp": fails})()
        )
    ),
    "source": lambda s: s._env.from_source(failing_source).map(lambda v: v),
    "map_batch": lambda s: s.map_batch(fails),
}


def failure(stream):
    with pytest.raises(UserFunctionError) as caught:
        list(stream.execute_and_collect())
    return caught.value


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("parallelism", [1, 2])
def test_wherever_a_function_raises_the_users_line_is_shown(env, way, parallelism):
    env.set_parallelism(parallelism)
    error = failure(WAYS[way](env.from_collection([1])))
    text = str(error)
    assert re.match(r'ValueError in operator ".+" \(subtask \d/\d\): wrong\n', text), text
    assert f'File "{__file__}", line' in text
    assert 'raise ValueError("wrong")' in text
    assert text.endswith("ValueError: wrong")
    assert "isthmus" not in text.replace(__file__, "").replace("test/python", "")
    assert len(text.splitlines()) <= 25
    assert type(error.__cause__) is ValueError
    assert error.code == "ISTHMUS_USER_FUNCTION"
    assert error.report["exceptionType"] == "ValueError"
    assert error.report["exceptionMessage"] == "wrong"
    assert "isthmus/_worker" in error.report["fullTraceback"]


@pytest.mark.parametrize("way", ["map", "filter", "flat_map", "method", "key", "co map", "timestamps"])
def test_the_record_is_shown(env, way):
    error = failure(WAYS[way](env.from_collection([{"user": "ann"}])))
    assert "\n  record: {'user': 'ann'}\n" in str(error)
    assert error.report["record"] == "{'user': 'ann'}"


def test_of_many_records_the_one_that_failed_is_shown(env):
    found = []
    numbers = env.from_collection(range(5000)).map(lambda v: v).filter(lambda v: v % 3 == 0)
    results = numbers.map(lambda v: 1 // (v - 3000)).name("divides").execute_and_collect()
    with pytest.raises(UserFunctionError) as caught:
        for record in results:
            found.append(record)
    assert 'ZeroDivisionError in operator "divides"' in str(caught.value)
    assert "record: 3000\n" in str(caught.value)
    # What came before it comes in order; how much of it had left already is nobody's promise.
    assert found == [1 // (v - 3000) for v in range(0, 3000, 3)][: len(found)]


def test_the_operator_of_a_chain_is_named_with_where_it_is_defined(env):
    stream = env.from_collection([0]).map(lambda v: v).name("before")
    stream = stream.map(lambda v: 1 / v).name("the one")
    error = failure(stream.map(lambda v: v).name("after"))
    assert 'in operator "the one"' in str(error)
    assert f"  defined at {__file__}:{error.report['traceback'] and defined_line()}" in str(error)


def defined_line():
    with open(__file__) as file:
        return next(n for n, line in enumerate(file, 1) if '.name("the one")' in line)


def test_the_key_is_shown(env):
    error = failure(env.from_collection([("ann", 0)]).key_by(lambda v: v[0]).map(lambda v: 1 / v[1]))
    assert "  key: 'ann'\n" in str(error)


def test_large_records_are_cut(env):
    error = failure(env.from_collection([["x" * 100] * 1000]).map(fails))
    assert len(error.report["record"]) == 1000
    assert len(str(error)) < 3000


def test_records_whose_repr_fails_are_named(env):
    class Odd:
        __repr__ = fails

    error = failure(env.from_collection([1]).map(lambda v: Odd()).rebalance().map(fails))
    assert "record: <Odd whose repr raised ValueError>" in str(error)


def test_what_an_exception_came_from_is_shown(env):
    def wraps(value):
        try:
            fails()
        except ValueError as e:
            raise RuntimeError("could not") from e

    error = failure(env.from_collection([1]).map(wraps))
    assert "ValueError: wrong\n\nThe above exception was the direct cause of" in str(error)
    assert str(error).endswith("RuntimeError: could not")
    assert len(str(error).splitlines()) <= 25


def test_deep_stacks_are_shortened(env):
    def one(n):
        return other(n)

    def other(n):
        return one(n)

    error = failure(env.from_collection([1]).map(one))
    assert "more calls …" in str(error)
    assert len(str(error).splitlines()) <= 25


def test_exceptions_that_cannot_be_pickled_are_told_all_the_same(env):
    class Holds(Exception):
        def __init__(self, lock):
            super().__init__("held")
            self.lock = lock

    def raises(value):
        import threading

        raise Holds(threading.Lock())

    error = failure(env.from_collection([1]).map(raises))
    assert "Holds in operator" in str(error) and error.__cause__ is None


def test_stop_iteration_ends_no_stream_silently(env):
    def stops(value):
        if value == 2:
            raise StopIteration
        return value

    error = failure(env.from_collection([1, 2, 3]).map(stops))
    assert "StopIteration" in str(error)
    assert "record: 2" in str(error)


def test_an_error_in_a_sink_names_it(env):
    env.from_collection([1]).add_sink(fails).name("to the database")
    with pytest.raises(UserFunctionError, match='ValueError in operator "to the database"'):
        env.execute()


def test_declared_types_name_the_record_that_does_not_fit(env):
    error = failure(env.from_collection([1, "x", 2]).map(lambda v: v, Types.INT()).rebalance().map(str))
    assert "record: 'x'" in str(error)


PROGRAM = """
def helper(order):
    return order["amount"] / order["items"]

def score(order):
    return helper(order)

env.from_collection([{"user": "ann", "amount": 10, "items": 0}]).map(score).name("score").print()
env.execute("fraud")
"""


@pytest.mark.parametrize("alone", [False, True], ids=["python -m isthmus", "python"])
def test_uncaught_it_fits_on_a_screen(programs, alone):
    done = programs.run(PROGRAM, alone=alone)
    assert done.returncode == 1
    assert done.stdout == ""
    path = programs.folder / "program.py"
    expected = f'''\
Traceback (most recent call last):
  File "{path}", line 15, in <module>
    env.execute("fraud")
isthmus.errors.UserFunctionError: ZeroDivisionError in operator "score" (subtask 1/1): division by zero
  record: {{'user': 'ann', 'amount': 10, 'items': 0}}
  defined at {path}:14
Traceback (most recent call last):
  File "{path}", line 12, in score
    return helper(order)
'''
    shown = [line for line in done.stderr.splitlines() if set(line.strip()) - set("^~")]
    assert shown[: len(expected.splitlines())] == expected.splitlines()
    assert shown[-1] == "ZeroDivisionError: division by zero"
    assert len(done.stderr.splitlines()) <= 25
