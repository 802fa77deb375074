"""Windows of processing time in jobs that run by the real clock."""

from __future__ import annotations

import time

from isthmus.common import Time
from isthmus.datastream.functions import ProcessWindowFunction
from isthmus.datastream.window import ProcessingTimeSessionWindows, TumblingProcessingTimeWindows


def busy_for_a_while():
    end = time.time() + 0.3
    n = 0
    while time.time() < end:
        n += 1
        yield n
    # The last windows fire while the stream is still there.
    time.sleep(0.05)


class Count(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield context.window().start, len(elements)


def test_a_window_that_fired_before_it_was_over_does_not_fire_again(env1):
    numbers = env1.from_source(busy_for_a_while)
    counts = numbers.key_by(lambda n: 0).window(TumblingProcessingTimeWindows.of(Time.milliseconds(5)))
    with counts.process(Count()).execute_and_collect() as results:
        starts = [start for start, _ in results]
    assert len(starts) > 10
    assert len(set(starts)) == len(starts)


def test_a_session_goes_on_in_its_last_millisecond(env1):
    numbers = env1.from_source(busy_for_a_while)
    sessions = numbers.key_by(lambda n: 0).window(ProcessingTimeSessionWindows.with_gap(Time.milliseconds(1)))
    with sessions.process(Count()).execute_and_collect() as results:
        starts = [start for start, _ in results]
    assert len(set(starts)) == len(starts)
