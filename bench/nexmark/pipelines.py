"""The Nexmark queries as DataStream programs; run on Isthmus and, unchanged, on PyFlink.

    python -m isthmus bench/nexmark/pipelines.py QUERY EVENTS [--check]

``--check`` collects the results and prints how many there are and a digest of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pyflink.common import Time, WatermarkStrategy
from pyflink.common.typeinfo import Types
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import (
    AggregateFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.functions import ProcessAllWindowFunction
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)

sys.path.insert(0, str(Path(__file__).parent))
from events import AUCTION, BID, PERSON, event

ANY = Types.PICKLED_BYTE_ARRAY()


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


def bids(events):
    return events.filter(lambda e: e[0] == BID)


def q0(events):
    """Pass through: what the system itself costs."""
    return events.map(lambda e: e)


def q1(events):
    """Currency conversion."""
    return bids(events).map(lambda b: (b[2], b[3], b[4] * 0.908, b[1]))


def q2(events):
    """Bids for some auctions."""
    return bids(events).filter(lambda b: b[2] % 123 == 0).map(lambda b: (b[2], b[4]))


class SellersNearby(KeyedCoProcessFunction):
    """Remembers a person for ever, and auctions until their seller is known."""

    def open(self, runtime_context):
        self.person = runtime_context.get_state(ValueStateDescriptor("person", ANY))
        self.waiting = runtime_context.get_list_state(ListStateDescriptor("waiting", ANY))

    def process_element1(self, value, ctx):
        self.person.update(value)
        for auction in self.waiting.get():
            yield value[3], value[4], value[5], auction[2]
        self.waiting.clear()

    def process_element2(self, value, ctx):
        person = self.person.value()
        if person is None:
            self.waiting.add(value)
        else:
            yield person[3], person[4], person[5], value[2]


def q3(events):
    """Who sells something of category 10 in three states (a join without an end)."""
    people = events.filter(lambda e: e[0] == PERSON and e[5] in ("OR", "ID", "CA"))
    auctions = events.filter(lambda e: e[0] == AUCTION and e[4] == 10)
    return people.connect(auctions).key_by(lambda p: p[2], lambda a: a[3]).process(SellersNearby())


class WinningBid(KeyedProcessFunction):
    """The highest bid of an auction, when it expires; keyed by auction."""

    def open(self, runtime_context):
        self.auction = runtime_context.get_state(ValueStateDescriptor("auction", ANY))
        self.best = runtime_context.get_state(ValueStateDescriptor("best", ANY))

    def process_element(self, value, ctx):
        if value[0] == AUCTION:
            self.auction.update(value)
            ctx.timer_service().register_event_time_timer(value[7])
        else:
            auction = self.auction.value()
            if auction is not None and value[1] < auction[7] and value[4] >= auction[6]:
                best = self.best.value()
                if best is None or value[4] > best:
                    self.best.update(value[4])

    def on_timer(self, timestamp, ctx):
        auction, best = self.auction.value(), self.best.value()
        self.auction.clear()
        self.best.clear()
        if best is not None:
            yield auction[4], auction[3], best, timestamp


def winning_bids(events):
    return events.filter(lambda e: e[0] != PERSON).key_by(lambda e: e[2]).process(WinningBid())


class RunningMean(KeyedProcessFunction):
    def open(self, runtime_context):
        self.sums = runtime_context.get_state(ValueStateDescriptor("sums", ANY))

    def process_element(self, value, ctx):
        total, count = self.sums.value() or (0, 0)
        total, count = total + value[2], count + 1
        self.sums.update((total, count))
        yield value[0], total // count


def q4(events):
    """Mean price of closed auctions by category."""
    return winning_bids(events).key_by(lambda w: w[0]).process(RunningMean())


class Count(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + 1

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class WithKeyAndEnd(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield key, context.window().end, next(iter(elements))

    def clear(self, context):
        pass


class Hottest(ProcessAllWindowFunction):
    def process(self, context, elements):
        elements = list(elements)
        most = max(count for _, _, count in elements)
        for auction, end, count in elements:
            if count == most:
                yield auction, end, count

    def clear(self, context):
        pass


def q5(events):
    """The auctions with the most bids of the last 10 s, every 2 s."""
    windows = SlidingEventTimeWindows.of(Time.seconds(10), Time.seconds(2))
    counts = bids(events).key_by(lambda b: b[2]).window(windows).aggregate(Count(), WithKeyAndEnd())
    return counts.window_all(TumblingEventTimeWindows.of(Time.seconds(2))).process(Hottest())


class MeanOfLastTen(KeyedProcessFunction):
    def open(self, runtime_context):
        self.last = runtime_context.get_state(ValueStateDescriptor("last", ANY))

    def process_element(self, value, ctx):
        last = ((self.last.value() or ()) + (value[2],))[-10:]
        self.last.update(last)
        yield value[1], sum(last) // len(last)


def q6(events):
    """Mean price of the last ten closed auctions of each seller."""
    return winning_bids(events).key_by(lambda w: w[1]).process(MeanOfLastTen())


def q7(events):
    """The highest bid of every 10 s."""
    windows = TumblingEventTimeWindows.of(Time.seconds(10))
    return bids(events).window_all(windows).reduce(lambda a, b: b if b[4] > a[4] else a)


class NewSellers(ProcessWindowFunction):
    def process(self, key, context, elements):
        person = None
        selling = False
        for element in elements:
            if element[0] == PERSON:
                person = element
            else:
                selling = True
        if person is not None and selling:
            yield key, person[3], context.window().start

    def clear(self, context):
        pass


def q8(events):
    """Who came and opened an auction within the same 10 s."""
    windows = TumblingEventTimeWindows.of(Time.seconds(10))
    both = events.filter(lambda e: e[0] != BID)
    return both.key_by(lambda e: e[2] if e[0] == PERSON else e[3]).window(windows).process(NewSellers())


def q11(events):
    """Bids of each bidder in a session with gaps of at most 1 s."""
    windows = EventTimeSessionWindows.with_gap(Time.seconds(1))
    return bids(events).key_by(lambda b: b[3]).window(windows).aggregate(Count(), WithKeyAndEnd())


def q12(events):
    """Bids of each bidder in every second of processing time."""
    windows = TumblingProcessingTimeWindows.of(Time.seconds(1))
    return bids(events).key_by(lambda b: b[3]).window(windows).aggregate(Count(), WithKeyAndEnd())


def build(env, query, count):
    numbers = env.from_source(
        NumberSequenceSource(0, count - 1), WatermarkStrategy.no_watermarks(), "numbers"
    )
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(EventTime())
    return globals()[query](numbers.map(event).assign_timestamps_and_watermarks(strategy))


def main():
    query, count = sys.argv[1], int(sys.argv[2])
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    results = build(env, query, count)
    if "--check" in sys.argv:
        from loops import digest

        with results.execute_and_collect(query) as collected:
            print(*digest(collected))
    else:
        env.execute(query)


if __name__ == "__main__":
    main()
