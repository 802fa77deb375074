"""Harnesses of whole pipelines; the twin of test/testing/pipeline-harness.test.ts."""

from __future__ import annotations

from pathlib import Path

import pytest
from isthmus import ts
from isthmus.common import Duration, Time, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import AsyncDataStream, OutputTag
from isthmus.datastream.functions import AsyncFunction, BroadcastProcessFunction, KeyedProcessFunction
from isthmus.datastream.state import MapStateDescriptor, ValueStateDescriptor
from isthmus.datastream.window import TumblingEventTimeWindows
from isthmus.testing import OneInputHarness, PipelineHarness

COUNT = ValueStateDescriptor("count")
SECONDS = TumblingEventTimeWindows.of(Time.seconds(1))
TENS = TumblingEventTimeWindows.of(Time.milliseconds(10))
FUNCTIONS = Path(__file__).parents[2] / "fixtures" / "functions.ts"
late = OutputTag("late")


class At(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value["at"]


class Numbered(KeyedProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(COUNT)

    def process_element(self, value, ctx):
        self.count.update((self.count.value() or 0) + 1)
        ctx.timer_service().register_processing_time_timer(5_000)
        yield f"{self.count.value()}: {value['shop']} {value['euros']}"

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} at {timestamp}"


def per_second(sales):
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(100))
    totals = (
        sales.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(At()))
        .key_by(lambda sale: sale["shop"])
        .window(SECONDS)
        .side_output_late_data(late)
        .sum("euros")
        .name("totals")
    )
    totals.get_side_output(late).to_output("late")
    return totals.key_by(lambda sale: sale["shop"]).process(Numbered()).name("numbered")


def sale(shop, euros, at):
    return {"shop": shop, "euros": euros, "at": at}


def test_records_watermarks_and_processing_time_go_through_all_of_a_pipeline():
    with PipelineHarness(per_second) as harness:
        harness.process(sale("a", 1, 100), sale("b", 2, 200), sale("a", 4, 1_200))
        assert harness.output == []
        harness.processing_time(200)
        assert harness.records == [("1: a 1", 999), ("1: b 2", 999)]
        harness.process(sale("b", 8, 300))
        assert harness.output_of("late") == [sale("b", 8, 300)]
        numbered = harness.operator("numbered")
        assert numbered.state(COUNT, "a") == 1
        assert numbered.processing_timers() == [(5_000, "a"), (5_000, "b")]
        assert harness.operator("totals").watermarks == [1_099]
        harness.take()
        harness.processing_time(5_001)
        assert harness.take() == ["a at 5000", "b at 5000"]
        harness.end()
        # Its timer is one of the past by now.
        assert harness.output == ["2: a 4", "a at 5000"]


def test_inputs_merge_their_watermarks_and_those_that_are_idle_hold_nothing_back():
    def sums(lefts, rights):
        return lefts.union(rights).key_by(lambda n: 0).window(TENS).reduce(lambda a, b: a + b)

    with PipelineHarness(sums) as harness:
        lefts, rights = harness.inputs
        lefts.process(1, 2, timestamp=1)
        rights.process(4, timestamp=2)
        lefts.watermark(50)
        assert harness.output == []
        rights.idle(True)
        assert harness.output == [7]
        rights.idle(False)
        lefts.process(10, timestamp=61)
        lefts.end()
        assert harness.output == [7]
        rights.end()
        assert harness.output == [7, 10]
        with pytest.raises(ValueError, match="has 2 inputs; say which"):
            harness.process(1)


def test_what_is_emitted_while_an_operator_finishes_is_not_late_behind_it():
    class Itself(AsyncFunction):
        async def async_invoke(self, value):
            return [value]

    def sums(numbers):
        found = AsyncDataStream.ordered_wait(numbers, Itself(), Time.seconds(60))
        return found.key_by(lambda n: 0).window(TENS).reduce(lambda a, b: a + b)

    with PipelineHarness(sums) as harness:
        harness.process(1, 2, timestamp=3)
        harness.end()
        assert harness.output == [3]


def test_broadcast_state_side_outputs_in_the_midst_and_a_copy_for_each_reader():
    rates = MapStateDescriptor("rates")
    unknown = OutputTag("unknown")

    class Convert(BroadcastProcessFunction):
        def process_element(self, value, ctx):
            rate = ctx.get_broadcast_state(rates).get(value[0])
            yield (unknown, value) if rate is None else value[1] * rate

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(rates).put(*value)

    def spoilt(pair):
        pair[0] += "!"

    def convert(prices, given):
        converted = prices.connect(given.broadcast(rates)).process(Convert())
        unknowns = converted.get_side_output(unknown)
        unknowns.map(spoilt)
        unknowns.to_output("unknown")
        return converted

    with PipelineHarness(convert) as harness:
        harness.inputs[1].process(("$", 2))
        harness.inputs[0].process(["$", 10], ["£", 3])
        assert harness.output == [20]
        assert harness.output_of("unknown") == [["£", 3]]


def test_in_batch_a_pipeline_gives_final_results_only():
    def counts(words):
        return words.map(lambda word: (word, 1)).key_by(lambda pair: pair[0]).sum(1)

    with PipelineHarness(counts, batch=True) as harness:
        harness.process("b", "a", "b")
        harness.end()
        assert harness.output == [("a", 1), ("b", 2)]


def test_the_state_of_a_pipeline_goes_on_in_another_harness():
    with PipelineHarness(per_second) as before:
        before.process(sale("a", 1, 100))
        with PipelineHarness(per_second, restore=before.snapshot()) as after:
            after.process(sale("a", 2, 150))
            after.end()
            assert after.output == ["1: a 3"]


def test_what_a_pipeline_does_not_have_is_said_with_what_it_has():
    with PipelineHarness(per_second) as harness:
        with pytest.raises(ValueError, match='has 0 operators "sums"; its operators are "'):
            harness.operator("sums")
        with pytest.raises(ValueError, match='has no output "early"; it has "late"'):
            harness.output_of("early")
    with pytest.raises(ValueError, match="is TypeScript; test it there"):
        PipelineHarness(lambda numbers: numbers.map(ts(FUNCTIONS, "enrich")))
    with pytest.raises(ValueError, match="or all of them by PipelineHarness"):
        OneInputHarness.open_stream(per_second)
