"""A small payment followed by a large one within a minute, as somebody does who tries out a stolen card.

python examples/fraud-detection/fraud.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from isthmus.common import Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner, WatermarkGenerator
from isthmus.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from isthmus.datastream.state import ValueStateDescriptor

SMALL = 1.00
LARGE = 500.00
WITHIN_MS = 60_000


class Payment(NamedTuple):
    time: int
    card: str
    amount: float


PAYMENTS = [
    Payment(1_000, "card 1", 25.00),
    Payment(2_000, "card 2", 0.50),
    Payment(31_000, "card 2", 720.00),  # Half a minute after the small one.
    Payment(40_000, "card 3", 0.80),
    Payment(50_000, "card 1", 900.00),  # Large, but nothing small before it.
    Payment(70_000, "card 3", 12.00),  # What comes between makes it an ordinary card.
    Payment(75_000, "card 3", 800.00),
    Payment(80_000, "card 4", 0.99),
    Payment(150_000, "card 4", 640.00),  # More than a minute later.
    Payment(151_000, "card 2", 0.10),
    Payment(155_000, "card 2", 610.00),
]


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: Payment, record_timestamp: int) -> int:
        return value.time


class EveryPayment(WatermarkGenerator):
    """A watermark with each payment: a collection is read faster than the periodic ones come."""

    def on_event(self, event: Payment, event_timestamp: int) -> int:
        return event_timestamp - 1


class Fraud(KeyedProcessFunction[str, Payment, str]):
    """Keyed by card."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.small_at = runtime_context.get_state(ValueStateDescriptor("small payment at", Types.LONG()))

    def process_element(self, value: Payment, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        small_at = self.small_at.value()
        if small_at is not None:
            # The timer below clears late: event time passes it only with the next payment of anybody.
            if value.amount > LARGE and value.time - small_at <= WITHIN_MS:
                seconds = (value.time - small_at) / 1000
                yield f"{value.card}: {value.amount:.2f}, {seconds:.0f} s after a small payment"
            ctx.timer_service().delete_event_time_timer(small_at + WITHIN_MS)
            self.small_at.clear()
        if value.amount <= SMALL:
            self.small_at.update(value.time)
            # Forgotten after a minute, also where no further payment comes: state that only grows is a leak.
            ctx.timer_service().register_event_time_timer(value.time + WITHIN_MS)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> None:
        self.small_at.clear()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
strategy = WatermarkStrategy.for_generator(EveryPayment()).with_timestamp_assigner(EventTime())
(
    env.from_collection(PAYMENTS)
    .assign_timestamps_and_watermarks(strategy)
    .key_by(lambda payment: payment.card)
    .process(Fraud())
    .name("fraud")
    .print()
)
env.execute("fraud detection")
