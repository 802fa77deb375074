"""Element types through a pipeline, as a type checker sees them. Checked by pyright, never run."""

from __future__ import annotations

from collections.abc import Iterable

from isthmus.common import Time
from isthmus.datastream import (
    DataStream,
    KeyedProcessFunction,
    KeyedStream,
    OutputTag,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from isthmus.datastream.functions import AggregateFunction, MapFunction
from isthmus.datastream.window import TimeWindow, TumblingEventTimeWindows
from typing_extensions import assert_type

env = StreamExecutionEnvironment.get_execution_environment()
LATE: OutputTag[str] = OutputTag("late")


class Length(MapFunction[str, int]):
    def map(self, value: str) -> int:
        return len(value)


class Count(KeyedProcessFunction[str, tuple[str, int], float]):
    def process_element(
        self, value: tuple[str, int], ctx: KeyedProcessFunction.Context
    ) -> Iterable[float | tuple[OutputTag[str], str]]:
        yield value[1] / 2
        yield LATE, value[0]


class Mean(AggregateFunction[tuple[str, int], tuple[int, int], float]):
    def create_accumulator(self) -> tuple[int, int]:
        return 0, 0

    def add(self, value: tuple[str, int], accumulator: tuple[int, int]) -> tuple[int, int]:
        return accumulator[0] + value[1], accumulator[1] + 1

    def get_result(self, accumulator: tuple[int, int]) -> float:
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a: tuple[int, int], acc_b: tuple[int, int]) -> tuple[int, int]:
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Report(ProcessWindowFunction[float, str, str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[float]
    ) -> Iterable[str]:
        yield f"{key} {context.window().start} {max(elements)}"


def pair(word: str) -> tuple[str, int]:
    return word, 1


words = env.from_collection(["to be", "or not"]).flat_map(lambda line: line.split(" "))
assert_type(words, DataStream[str])
assert_type(words.map(len), DataStream[int])
assert_type(words.map(Length()), DataStream[int])
assert_type(words.filter(lambda word: word != ""), DataStream[str])
pairs = words.map(pair)
keyed = pairs.key_by(lambda p: p[0])
assert_type(keyed, KeyedStream[str, tuple[str, int]])
assert_type(keyed.reduce(lambda a, b: (a[0], a[1] + b[1])), DataStream[tuple[str, int]])
processed = keyed.process(Count())
assert_type(processed, DataStream[float])
assert_type(processed.get_side_output(LATE), DataStream[str])
windows = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1)))
assert_type(windows.aggregate(Mean()), DataStream[float])
assert_type(windows.aggregate(Mean(), Report()), DataStream[str])
with pairs.execute_and_collect() as results:
    assert_type(next(results), tuple[str, int])
assert_type(pairs.execute_and_collect(limit=3), list[tuple[str, int]])
