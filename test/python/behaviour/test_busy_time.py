"""Busy time is that of each operator of a chain, not all the head's."""

import time

from isthmus.datastream import StreamExecutionEnvironment


def slow(value):
    time.sleep(0.02)
    return value


def several(value):
    for i in range(2):
        time.sleep(0.02)
        yield value, i


def test_busy_time_is_told_of_the_operator_that_takes_it():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    numbers = env.from_collection(range(20)).map(lambda value: value).name("quick")
    numbers.map(slow).name("slow").flat_map(several).name("several").add_sink(lambda value: None)
    busy = {op["name"]: op["busyMs"] for op in env.execute().metrics}
    assert busy["slow"] > 200
    assert busy["several"] > 400
    assert sum(ms for name, ms in busy.items() if name not in ("slow", "several")) < 0.2 * sum(busy.values())
