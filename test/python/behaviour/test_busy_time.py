"""Busy time is that of each operator of a chain, not all the head's."""

import time
import zlib

import pytest
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream.functions import KeyedProcessFunction


@pytest.fixture
def env():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env


def busy(env):
    return {op["name"]: op["busyMs"] for op in env.execute().metrics}


def slow(value):
    time.sleep(0.02)
    return value


def several(value):
    for i in range(2):
        time.sleep(0.02)
        yield value, i


def test_busy_time_is_told_of_the_operator_that_takes_it(env):
    numbers = env.from_collection(range(20)).map(lambda value: value).name("quick")
    numbers.map(slow).name("slow").flat_map(several).name("several").add_sink(lambda value: None)
    times = busy(env)
    assert times["slow"] > 200
    assert times["several"] > 400
    others = sum(ms for name, ms in times.items() if name not in ("slow", "several"))
    assert others < 0.2 * sum(times.values())


def test_operators_with_the_same_code_share_their_time(env):
    numbers = env.from_collection(range(20)).map(slow).name("first")
    numbers.map(slow).name("second").add_sink(lambda value: None)
    times = busy(env)
    assert min(times["first"], times["second"]) > 200


def test_a_builtin_is_busy_although_it_has_no_frame(env):
    blobs = env.from_collection([3_000_000] * 20).map(lambda length: bytes(length))
    blobs.map(zlib.compress).name("compress").map(lambda value: value).name("quick").add_sink(
        lambda value: None
    )
    times = busy(env)
    assert times["compress"] > 0.7 * sum(times.values())


class Timer(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(1)

    def on_timer(self, timestamp, ctx):
        time.sleep(0.3)
        yield timestamp


def test_timers_count(env):
    fired = env.from_collection([1]).key_by(lambda value: 0).process(Timer()).name("timer")
    fired.map(lambda value: value).add_sink(lambda value: None)
    assert busy(env)["timer"] > 250
