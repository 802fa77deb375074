"""Watermarks: periodic, from the largest timestamp, idle after silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isthmus._program.operations import TimestampsOperation
from isthmus._worker.operators.split_times import SplitTimes
from isthmus._worker.runtime.splits import Splits
from isthmus.common.watermark_strategy import WatermarkGenerator
from isthmus.testing import OneInputHarness

MIN, MAX = -(2**63), 2**63 - 1


class Itself:
    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return value


def harness(generator: Any = "monotonous", interval: str = "20", **changes: Any) -> OneInputHarness:
    operation = TimestampsOperation(generator=generator, **{"assigner": Itself(), **changes})
    return OneInputHarness(operation, config={"pipeline.auto-watermark-interval": interval})


def test_watermarks_come_with_the_interval_not_with_records():
    with harness() as h:
        h.process(5000, 7000, 6000)
        assert h.records == [(5000, 5000), (7000, 7000), (6000, 6000)]
        assert h.watermarks == []
        h.processing_time(20)
        assert h.watermarks == [6999]
        h.processing_time(500)
        assert h.watermarks == [6999]


def test_bounded_out_of_orderness_and_none():
    with harness("bounded", max_out_of_orderness=1500) as h:
        h.process(7000)
        h.processing_time(20)
        assert h.watermarks == [5499]
    with harness("none") as h:
        h.process(7000)
        h.processing_time(20)
        h.watermark(3)
        h.end()
        assert h.watermarks == [MAX]


def test_an_interval_of_zero_gives_only_the_final_watermark():
    with harness(interval="0") as h:
        h.process(1)
        h.processing_time(10_000)
        h.end()
        assert h.watermarks == [MAX]


def test_the_interval_may_have_a_unit():
    with harness(interval="1 s") as h:
        h.process(10)
        h.processing_time(999)
        assert h.watermarks == []
        h.processing_time(1000)
        assert h.watermarks == [9]


def test_watermarks_from_upstream_stop_except_the_final_one():
    with harness() as h:
        h.watermark(100)
        h.end()
        assert h.watermarks == [MAX]


def test_without_an_assigner_timestamps_are_followed():
    with harness(assigner=None) as h:
        h.process("x", timestamp=50)
        h.processing_time(20)
        assert (h.records, h.watermarks) == ([("x", 50)], [49])


def test_silence_makes_the_output_idle_until_a_record_comes():
    with harness(idle_timeout=100) as h:
        h.processing_time(90)
        assert h.watermarks == []
        h.processing_time(130)
        assert h.watermarks == [True]
        h.process(10)
        h.processing_time(150)
        assert h.watermarks == [True, False, 9]
        h.processing_time(400)
        assert h.watermarks == [True, False, 9, True]


def test_a_custom_generator():
    class Punctuated:
        def on_event(self, event, event_timestamp):
            return event if event % 10 == 0 else None

        def on_periodic_emit(self):
            return None

    with harness("custom", custom=Punctuated()) as h:
        h.process(10, 11)
        h.process(20)
        assert h.watermarks == [10, 20]


def test_a_custom_generator_that_emits_by_the_clock():
    class Periodic:
        largest = None

        def on_event(self, event, event_timestamp):
            self.largest = max(event_timestamp, self.largest or event_timestamp)

        def on_periodic_emit(self):
            return None if self.largest is None else self.largest - 3

    with harness("custom", custom=Periodic()) as h:
        h.processing_time(20)
        assert h.watermarks == []
        h.process(10, 30, 20)
        assert h.watermarks == []
        h.processing_time(40)
        assert h.watermarks == [27]
        h.process(25)
        h.processing_time(60)
        assert h.watermarks == [27]
        h.process(31)
        h.processing_time(80)
        assert h.watermarks == [27, 28]


@given(st.lists(st.one_of(st.integers(-50, 50), st.none()), max_size=30), st.integers(0, 10))
def test_watermarks_are_the_largest_timestamp_less_delay_and_never_go_back(script, delay):
    with harness("bounded", max_out_of_orderness=delay) as h:
        expected, largest, now = [], None, 0
        for timestamp in script:
            if timestamp is None:
                now += 20
                h.processing_time(now)
                if largest is not None and (not expected or largest - delay - 1 > expected[-1]):
                    expected.append(largest - delay - 1)
            else:
                h.process(timestamp)
                largest = timestamp if largest is None else max(largest, timestamp)
        assert h.watermarks == expected


def test_idleness_and_watermarks_of_the_input_stop_at_a_generator():
    with harness() as h:
        h.idle(True)
        h.watermark(50)
        assert h.watermarks == []


_VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "watermarks.json").read_text())


@pytest.mark.parametrize("case", _VECTORS["cases"], ids=lambda case: case["name"])
def test_as_in_typescript(case: dict[str, Any]):
    def time_of(step: str) -> int:
        return int(step[1:].removesuffix("!"))

    class Assigner:
        def extract_timestamp(self, value: str, record_timestamp: int) -> int:
            return time_of(value)

    class Punctuated(WatermarkGenerator):
        def on_event(self, event, event_timestamp):
            return time_of(event) if event.endswith("!") else None

        def on_periodic_emit(self):
            return None

    class OfTheClock(WatermarkGenerator):
        def on_periodic_emit(self):
            return h.clock.now_ms()

    custom = {"punctuated": Punctuated(), "clock": OfTheClock()}.get(case["generator"])
    operation = TimestampsOperation(
        generator="custom" if custom else case["generator"],
        max_out_of_orderness=case.get("delay", 0),
        assigner=Assigner(),
        idle_timeout=case.get("idleTimeout"),
        custom=custom,
        per_split=case.get("perSplit", False),
    )
    h = OneInputHarness(operation, config={"pipeline.auto-watermark-interval": "20"})
    splits: list[str] = []
    told: list[int | bool] = []
    for step in case["steps"].split():
        watcher, name = h.operator.splits, step[1:]
        if step == "save":
            saved = [watcher.split_saved(split) for split in splits]
            told += h.watermarks
            h.close()
            clock = h.clock
            h = OneInputHarness(operation, config={"pipeline.auto-watermark-interval": "20"}, clock=clock)
            for split, time in zip(splits, saved):
                h.operator.splits.split_began(split, time)
        elif step.startswith("t"):
            h.processing_time(time_of(step))
        elif step.startswith("+"):
            splits.append(name)
            watcher.split_began(name)
        elif step.startswith("-"):
            splits.remove(name)
            watcher.split_ended(name)
        elif step.startswith("@"):
            watcher.split_is(name)
        else:
            h.process(step)
    told += h.watermarks
    h.close()
    shown = [("idle" if one else "active") if isinstance(one, bool) else f"w{one}" for one in told]
    assert " ".join(shown) == case["passedOn"]


def test_generators_go_with_their_splits_over_1_3_2():
    def opened(parallelism: int, states: list[Any]) -> list[tuple[Splits, SplitTimes]]:
        made = []
        for subtask in range(parallelism):
            times = SplitTimes(lambda: 0, lambda: None, lambda: None)
            splits = Splits(subtask, parallelism, times)
            splits.restore(states)
            made.append((splits, times))
        return made

    ((splits, times),) = opened(1, [])
    for n in range(6):
        splits.add(str(n), None, 0)
        times.split_is(str(n))
        times.now.max = times.now.watermark = 100 + n
        times.now.is_idle = n == 3
    states = [splits.snapshot()]
    for parallelism in (3, 2):
        subtasks = opened(parallelism, states)
        seen = {}
        for splits, times in subtasks:
            own = [split.id for split in splits.to_read()]
            for split in own:
                times.split_is(split)
                seen[split] = (times.now.max, times.now.watermark, times.now.is_idle)
            assert times.together() == min(100 + int(split) for split in own if split != "3")
        assert seen == {str(n): (100 + n, 100 + n, n == 3) for n in range(6)}
        states = [splits.snapshot() for splits, _ in subtasks]
