"""What may please each user: a model of what is bought together, hour by hour, joined with a catalogue.

python examples/recommendation/recommend.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from isthmus.common import Duration, Time, Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import (
    KeyedBroadcastProcessFunction,
    ProcessWindowFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from isthmus.datastream.state import ListStateDescriptor, MapStateDescriptor
from isthmus.datastream.window import TimeWindow, TumblingEventTimeWindows

TOP = 3
HOURLY = TumblingEventTimeWindows.of(Time.hours(1))
ITEMS = MapStateDescriptor("items", Types.INT(), Types.STRING())
WindowContext = ProcessWindowFunction.Context[TimeWindow]
Join = KeyedBroadcastProcessFunction


class Purchase(NamedTuple):
    time: int
    user: str
    item: int


class Pair(NamedTuple):
    user: str
    item: int
    other: int


class Companions(NamedTuple):
    user: str
    item: int
    counts: dict[int, int]


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: Purchase, record_timestamp: int) -> int:
        return value.time


class BoughtTogether(ProcessWindowFunction[Purchase, Pair, str, TimeWindow]):
    """Keyed by user: pairs a new item with all the user has, both ways; with itself too, to tell who has it."""

    def process(self, key: str, context: WindowContext, elements: Iterable[Purchase]) -> Iterator[Pair]:
        items = context.global_state().get_list_state(ListStateDescriptor("items", Types.INT()))
        for _, user, item in elements:
            if item not in items.get():
                for other in items.get():
                    yield Pair(user, item, other)
                    yield Pair(user, other, item)
                yield Pair(user, item, item)
                items.add(item)


class CountPairs(ProcessWindowFunction[Pair, Companions, int, TimeWindow]):
    """Keyed by item: how many users have which other item too, told to each of them at the end of an hour."""

    def process(self, key: int, context: WindowContext, elements: Iterable[Pair]) -> Iterator[Companions]:
        state = context.global_state()
        counts = state.get_map_state(MapStateDescriptor("counts", Types.INT(), Types.INT()))
        users = state.get_list_state(ListStateDescriptor("users", Types.STRING()))
        for user, item, other in elements:
            if other == item:
                users.add(user)
            else:
                counts.put(other, (counts.get(other) or 0) + 1)
        for user in users.get():
            yield Companions(user, key, dict(counts.items()))


class Recommend(Join[str, Companions, str, str]):
    """Keyed by user: adds up the companions of all items of the user, and names the best that are new to them.

    Event time is the earlier one of both streams, so timers wait for the catalogue, which ends.
    """

    def open(self, runtime_context: RuntimeContext) -> None:
        pickled = Types.PICKLED_BYTE_ARRAY()
        self.arrived = runtime_context.get_map_state(MapStateDescriptor("arrived", Types.LONG(), pickled))
        self.companions = runtime_context.get_map_state(
            MapStateDescriptor("companions", Types.INT(), pickled)
        )

    def process_broadcast_element(self, value: str, ctx: Join.Context) -> None:
        item, title, category = value.split(",")
        ctx.get_broadcast_state(ITEMS).put(int(item), f"{title} ({category})")

    def process_element(self, value: Companions, ctx: Join.ReadOnlyContext) -> None:
        end = ctx.timestamp()
        self.arrived.put(end, [*(self.arrived.get(end) or []), value])
        ctx.timer_service().register_event_time_timer(end)

    def on_timer(self, timestamp: int, ctx: Join.OnTimerContext) -> Iterator[str]:
        for _, item, counts in self.arrived.get(timestamp) or []:
            self.companions.put(item, counts)
        self.arrived.remove(timestamp)
        scores: Counter[int] = Counter()
        for counts in self.companions.values():
            scores.update(counts)
        new = [(item, score) for item, score in scores.items() if not self.companions.contains(item)]
        best = sorted(new, key=lambda entry: (-entry[1], entry[0]))[:TOP]
        titles = ctx.get_broadcast_state(ITEMS)
        named = ", ".join(f"{titles.get(item)} {score}" for item, score in best)
        yield f"{(timestamp + 1) // 3_600_000:02}:00 {ctx.get_current_key()}: {named or 'nothing yet'}"


def parse(line: str) -> Purchase:
    time, user, item = line.split(",")
    return Purchase(int(time), user, int(item))


folder = Path(__file__).parent
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_minutes(2))
catalogue = env.read_text_file(str(folder / "items.csv")).name("items.csv")
(
    env.read_text_file(str(folder / "purchases.csv"))
    .name("purchases.csv")
    .map(parse)
    .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(EventTime()))
    .key_by(lambda purchase: purchase.user)
    .window(HOURLY)
    .process(BoughtTogether())
    .name("bought together")
    .key_by(lambda pair: pair.item)
    .window(HOURLY)
    .process(CountPairs())
    .name("count pairs")
    .key_by(lambda companions: companions.user)
    .connect(catalogue.broadcast(ITEMS))
    .process(Recommend())
    .name("recommend")
    .print()
)
env.execute("recommendation")
