"""Harnesses of operators that a piece of a program makes of a stream."""

from __future__ import annotations

import pytest
from isthmus.common import Time
from isthmus.datastream import AsyncDataStream
from isthmus.datastream.functions import AsyncFunction, KeySelector
from isthmus.datastream.window import TumblingEventTimeWindows
from isthmus.testing import OneInputHarness, TwoInputHarness


class Parity(KeySelector):
    def get_key(self, value):
        return value % 2


def test_an_operator_is_taken_from_a_stream_with_its_key():
    window = TumblingEventTimeWindows.of(Time.milliseconds(10))
    with OneInputHarness.open_stream(
        lambda s: s.key_by(Parity()).window(window).reduce(lambda a, b: a + b)
    ) as harness:
        harness.process(1, 2, 3, timestamp=5)
        harness.watermark(8)
        assert harness.output == []
        harness.watermark(9)
        assert harness.records == [(4, 9), (2, 9)]


def test_a_reduce_and_an_async_function_are_taken_too():
    with OneInputHarness.open_stream(lambda s: s.key_by(lambda v: v % 2).reduce(max)) as harness:
        harness.process(1, 5, 3, 2)
        assert harness.output == [1, 5, 5, 2]

    class Twice(AsyncFunction):
        async def async_invoke(self, value):
            return [value, value]

    with OneInputHarness.open_stream(
        lambda s: AsyncDataStream.ordered_wait(s, Twice(), Time.seconds(1))
    ) as harness:
        harness.process(1)
        harness.end()
        assert harness.output == [1, 1]


def test_two_streams():
    def build(lefts, rights):
        left, right = lefts.key_by(lambda v: v[0]), rights.key_by(lambda v: v[0])
        return left.interval_join(right).between(-5, 5).process(lambda a, b: (a[1], b[1]))

    with TwoInputHarness.open_streams(build) as harness:
        harness.process1(("a", 1), timestamp=10)
        harness.process2(("a", 2), ("b", 3), timestamp=12)
        assert harness.records == [((1, 2), 12)]


def test_what_is_not_one_operator_is_refused_by_name():
    with pytest.raises(ValueError, match='these are 2: "Map", "Filter"'):
        OneInputHarness.open_stream(lambda s: s.map(str).filter(bool))
    with pytest.raises(ValueError, match=r"is 1, not 2: use OneInputHarness\.open_stream"):
        TwoInputHarness.open_streams(lambda a, b: a.map(str))
