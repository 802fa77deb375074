"""Forecasts the next month of a real series as it arrives, learns from each, and shows its error as it goes.

python examples/prediction/forecast.py
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from isthmus.common import Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat
from isthmus.datastream.state import ValueStateDescriptor

SHOW_EVERY = 60
LEVEL, TREND, SEASON = 0.5, 0.02, 0.2


class Reading(NamedTuple):
    time: int
    ppm: float


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: Reading, record_timestamp: int) -> int:
        return value.time


class Model:
    """Holt and Winters' exponential smoothing: a level, a trend, and how each month differs from them."""

    def __init__(self) -> None:
        self.level = 0.0
        self.trend = 0.0
        self.season = [0.0] * 12
        self.seen = 0
        # Of forecasts, and of the naive one that says "as last month".
        self.error = self.naive_error = 0.0
        self.last = 0.0
        #: The month it has come to, counted from the year 0.
        self.month = 0

    def forecast(self, month: int) -> float:
        """Of any month to come."""
        return self.level + self.trend * (month - self.month) + self.season[month % 12]

    def learn(self, month: int, value: float) -> None:
        if self.seen == 0:
            self.level, self.month = value, month - 1
        season = self.season[month % 12]
        before, months = self.level, month - self.month
        self.level = LEVEL * (value - season) + (1 - LEVEL) * (before + self.trend * months)
        self.trend = TREND * (self.level - before) / months + (1 - TREND) * self.trend
        self.season[month % 12] = SEASON * (value - self.level) + (1 - SEASON) * season
        self.seen += 1
        self.last = value
        self.month = month


class Forecast(KeyedProcessFunction[str, Reading, str]):
    """The model is the state of its key; any object that can be pickled will do, a scikit-learn estimator too."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.model = runtime_context.get_state(ValueStateDescriptor("model", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: Reading, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        model = self.model.value() or Model()
        date = datetime.fromtimestamp(ctx.timestamp() / 1000, timezone.utc)
        month = date.year * 12 + date.month - 1
        if model.seen:
            forecast = model.forecast(month)
            model.error += abs(value.ppm - forecast)
            model.naive_error += abs(value.ppm - model.last)
            if model.seen % SHOW_EVERY == 0:
                error, naive = model.error / model.seen, model.naive_error / model.seen
                yield (
                    f"{date:%Y-%m} forecast {forecast:.2f}, came {value.ppm:.2f} ppm; "
                    f"mean error so far {error:.2f} (as last month: {naive:.2f})"
                )
        model.learn(month, value.ppm)
        self.model.update(model)


def parse(line: str) -> Reading:
    day, ppm = line.split(",")
    return Reading(int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp() * 1000), float(ppm))


path = str(Path(__file__).with_name("co2.csv"))
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), path).build()
(
    env.from_source(source, WatermarkStrategy.no_watermarks(), "CO2 at Mauna Loa")
    .filter(lambda line: not line.startswith("Date"))
    .map(parse)
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(EventTime())
    )
    .key_by(lambda reading: "Mauna Loa")
    .process(Forecast())
    .name("forecast")
    .print()
)
env.execute("prediction")
