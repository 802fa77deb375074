"""A stream without an end that is stopped in order: ``python examples/orderly-stop/meter.py``.

``stop()`` of a job client does the same, and under ``isthmus run --stop-on SIGTERM`` so does the signal.
"""

import time
from collections.abc import Iterator
from typing import Any

from isthmus.common import WatermarkStrategy
from isthmus.common.time import Time
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream.window import TumblingEventTimeWindows


class Minutes(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[0]) * 60_000


def meter(ctx: Any) -> Iterator[tuple[int, int]]:
    """A reading every 10 minutes, for two hours; then it waits for more."""
    for minute in range(0, 120, 10):
        yield minute, 100 + minute
    while not ctx.is_stopping:
        time.sleep(0.01)
    print("the meter is closed", flush=True)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
hours = (
    env.from_source(meter)
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Minutes())
    )
    .key_by(lambda reading: "house")
    .window(TumblingEventTimeWindows.of(Time.hours(1)))
    .reduce(lambda a, b: (a[0], a[1] + b[1]))
    .map(lambda reading: f"hour of minute {reading[0]}: {reading[1]}")
)
with hours.execute_and_collect("meter") as results:
    print(next(results))
    # The second hour is not over, as far as the job knows: closing the results here would lose it.
    results.stop()
    for hour in results:
        print(hour)
