"""Element types of unions, connected and broadcast streams, joins and plain windows. Checked by pyright, never run."""

from __future__ import annotations

from collections.abc import Iterable

from isthmus.common import Time, Types
from isthmus.datastream import (
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    ConnectedStreams,
    DataStream,
    KeyedCoProcessFunction,
    KeyedStream,
    MapStateDescriptor,
    StreamExecutionEnvironment,
)
from isthmus.datastream.functions import KeySelector, ReduceFunction
from isthmus.datastream.window import TumblingEventTimeWindows
from typing_extensions import assert_type

env = StreamExecutionEnvironment.get_execution_environment()
names = env.from_collection(["a", "b"])
numbers = env.from_collection([1, 2])
pairs = env.from_collection([("a", 1)])


class Texts(CoMapFunction[str, int, bytes]):
    def map1(self, value: str) -> bytes:
        return value.encode()

    def map2(self, value: int) -> bytes:
        return bytes([value])


class Lengths(CoFlatMapFunction[str, int, float]):
    def flat_map1(self, value: str) -> Iterable[float]:
        yield float(len(value))

    def flat_map2(self, value: int) -> Iterable[float]:
        return [value / 2]


class Matches(KeyedCoProcessFunction[str, str, int, tuple[str, int]]):
    def process_element1(self, value: str, ctx: KeyedCoProcessFunction.Context) -> Iterable[tuple[str, int]]:
        yield value, 0

    def process_element2(self, value: int, ctx: KeyedCoProcessFunction.Context) -> Iterable[tuple[str, int]]:
        yield "", value


class Rules(BroadcastProcessFunction[str, int, bool]):
    def process_element(self, value: str, ctx: BroadcastProcessFunction.ReadOnlyContext) -> Iterable[bool]:
        yield value == ""

    def process_broadcast_element(self, value: int, ctx: BroadcastProcessFunction.Context) -> Iterable[bool]:
        yield value > 0


class ByName(KeySelector[tuple[str, int], str]):
    def get_key(self, value: tuple[str, int]) -> str:
        return value[0]


class Sum(ReduceFunction[tuple[str, int]]):
    def reduce(self, value1: tuple[str, int], value2: tuple[str, int]) -> tuple[str, int]:
        return value1[0], value1[1] + value2[1]


assert_type(names.union(names), DataStream[str])
assert_type(names.rebalance(), DataStream[str])
assert_type(names.name("names").uid("u").set_parallelism(2), DataStream[str])
connected = names.connect(numbers)
assert_type(connected, ConnectedStreams[str, int])
assert_type(connected.map(Texts()), DataStream[bytes])
assert_type(connected.flat_map(Lengths()), DataStream[float])
keyed_both = connected.key_by(lambda name: name, lambda number: str(number))
assert_type(keyed_both.process(Matches()), DataStream[tuple[str, int]])
rules = numbers.broadcast(MapStateDescriptor("rules", Types.INT(), Types.INT()))
assert_type(names.connect(rules).process(Rules()), DataStream[bool])
keyed = pairs.key_by(ByName())
assert_type(keyed, KeyedStream[str, tuple[str, int]])
assert_type(keyed.reduce(Sum()), DataStream[tuple[str, int]])
windows = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1)))
assert_type(windows.reduce(Sum()), DataStream[tuple[str, int]])
assert_type(
    pairs.window_all(TumblingEventTimeWindows.of(Time.seconds(1))).reduce(Sum()), DataStream[tuple[str, int]]
)
