"""Who bought this also bought: a model of what is bought together, kept in state, and item data by broadcast.

python examples/recommendation/recommend.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from isthmus.common import Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import (
    BroadcastProcessFunction,
    KeyedProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat
from isthmus.datastream.state import ListStateDescriptor, MapStateDescriptor

TOP = 3
TITLES = {1: "tent", 2: "stove", 3: "sleeping bag", 4: "novel", 5: "reading lamp", 6: "bookmark", 7: "teapot"}
HOUR_MS = 3_600_000


class Purchase(NamedTuple):
    time: int
    user: str
    item: int


class Pair(NamedTuple):
    time: int
    item: int
    other: int


class Best(NamedTuple):
    item: int
    others: list[tuple[int, int]]


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: Purchase, record_timestamp: int) -> int:
        return value.time


def parse(line: str) -> Purchase:
    time, user, item = line.split(",")
    return Purchase(int(time), user, int(item))


class BoughtTogether(KeyedProcessFunction[str, Purchase, Pair]):
    """Keyed by user: a purchase makes a pair, both ways, with each other item of the user."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.items = runtime_context.get_list_state(ListStateDescriptor("items", Types.INT()))

    def process_element(self, value: Purchase, ctx: KeyedProcessFunction.Context) -> Iterator[Pair]:
        items = list(self.items.get())
        if value.item in items:
            return
        for other in items:
            yield Pair(value.time, value.item, other)
            yield Pair(value.time, other, value.item)
        self.items.add(value.item)


class TopOthers(KeyedProcessFunction[int, Pair, Best]):
    """Keyed by item: how often which other item was bought too; the best of them every hour of event time."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.counts = runtime_context.get_map_state(MapStateDescriptor("counts", Types.INT(), Types.INT()))

    def process_element(self, value: Pair, ctx: KeyedProcessFunction.Context) -> None:
        self.counts.put(value.other, (self.counts.get(value.other) or 0) + 1)
        # Registered with every pair, it is one timer an hour all the same.
        ctx.timer_service().register_event_time_timer(value.time // HOUR_MS * HOUR_MS + HOUR_MS)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Best]:
        ranked = sorted(self.counts.items(), key=lambda entry: (-entry[1], entry[0]))
        yield Best(ctx.get_current_key(), ranked[:TOP])


ITEMS = MapStateDescriptor("items", Types.INT(), Types.STRING())


class WithTitles(BroadcastProcessFunction[Best, tuple[int, str], str]):
    """Joins what is found with the catalogue, which every subtask has."""

    def process_element(self, value: Best, ctx: BroadcastProcessFunction.ReadOnlyContext) -> Iterator[str]:
        titles = ctx.get_broadcast_state(ITEMS)
        others = ", ".join(f"{titles.get(item)} ({count})" for item, count in value.others)
        yield f"{titles.get(value.item)}: {others}"

    def process_broadcast_element(
        self, value: tuple[int, str], ctx: BroadcastProcessFunction.Context
    ) -> None:
        ctx.get_broadcast_state(ITEMS).put(*value)


path = str(Path(__file__).with_name("purchases.csv"))
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), path).build()
catalogue = env.from_collection(list(TITLES.items())).broadcast(ITEMS)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(EventTime())
(
    env.from_source(source, WatermarkStrategy.no_watermarks(), "purchases")
    .map(parse)
    .assign_timestamps_and_watermarks(strategy)
    .key_by(lambda purchase: purchase.user)
    .process(BoughtTogether())
    .name("bought together")
    .key_by(lambda pair: pair.item)
    .process(TopOthers())
    .name("top others")
    .connect(catalogue)
    .process(WithTitles())
    .name("with titles")
    .print()
)
env.execute("recommendation")
