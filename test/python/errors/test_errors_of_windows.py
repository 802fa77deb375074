"""A window's function that fails shows the key, the window and the first of its elements."""

from __future__ import annotations

import pytest
from isthmus.common import Time, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream.functions import (
    KeyedProcessFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
)
from isthmus.datastream.window import TumblingEventTimeWindows
from isthmus.errors import UserFunctionError

TEN = TumblingEventTimeWindows.of(Time.milliseconds(10))
WINDOW = "window: TimeWindow(start=0, end=10)"
MANY = "elements: 1, 3, 5, … 1 more"


def does(how):
    return f"settings: 10 ms of event time, {how}"


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return value


def bad(*_given):
    raise ValueError("bad")


def yields_then_bad(*_given):
    yield 1
    raise ValueError("bad")


class AtOnce(ProcessWindowFunction):
    process = bad


class Later(ProcessWindowFunction):
    process = yields_then_bad


class OfAll(ProcessAllWindowFunction):
    process = bad


class Timed(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value)

    on_timer = bad


def timed(env):
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    return env.from_collection([1, 2, 3, 5, 7]).assign_timestamps_and_watermarks(strategy)


def keyed(env):
    return timed(env).key_by(lambda value: value % 2)


def paired(streams):
    return streams.where(lambda value: value).equal_to(lambda value: value).window(TEN)


CASES = {
    "process": (
        lambda env: keyed(env).window(TEN).process(AtOnce()),
        ["key: 1", WINDOW, MANY, does("process")],
    ),
    "a generator": (
        lambda env: keyed(env).window(TEN).process(Later()),
        ["key: 1", WINDOW, MANY, does("process")],
    ),
    "reduce": (lambda env: keyed(env).window(TEN).reduce(bad), ["record: 3", "key: 1", does("reduce")]),
    "behind a reduce": (
        lambda env: keyed(env).window(TEN).reduce(lambda a, b: a + b, AtOnce()),
        ["key: 1", WINDOW, "elements: 16", does("reduce")],
    ),
    "window_all": (
        lambda env: timed(env).window_all(TEN).process(OfAll()),
        [WINDOW, "elements: 1, 2, 3, … 2 more", does("process")],
    ),
    "on_timer": (lambda env: keyed(env).process(Timed()), ["key: 1"]),
    "join": (
        lambda env: paired(timed(env).join(timed(env))).apply(bad),
        ["key: 1", WINDOW, "elements: 1, 1", does("join")],
    ),
    "co_group": (
        lambda env: paired(timed(env).co_group(timed(env))).apply(bad),
        ["key: 1", WINDOW, "elements: 1, 1", does("co_group")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_failing_function_shows(env, name):
    stream, expected = CASES[name]
    env.set_parallelism(1)
    with pytest.raises(UserFunctionError) as failed:
        list(stream(env).execute_and_collect())
    first, *rest = str(failed.value).split("\n")
    assert first.startswith("ValueError in operator ")
    assert first.endswith(" (subtask 1/1): bad")
    shown = rest[: next(i for i, line in enumerate(rest) if line.startswith("  defined at "))]
    assert [line.strip() for line in shown] == expected
